"""Decoders of ellipses for the report's explorer."""

import torch

from latentspace.organise.explorer import experiment
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.networks import DenseNetwork, PacketAutoencoder

from .samples import drawn, linear


def test_both_models_are_there_and_share_a_decoder():
    data = drawn("ellipses")
    base = linear(data, 3)
    inner = PacketAutoencoder([DenseNetwork(3, 4, 3)], [DenseNetwork(3, 4, 3)], [3]).eval()
    torch.manual_seed(0)
    model = OrganisedLatents(base, inner)
    findings = experiment({"pca_ae": {0: model}, "plain": {0: base}}, data)
    assert set(findings.pictures) == {"ellipses.json"} and not findings.rows and findings.summary == "pca_ae, plain"
    found = findings.pictures["ellipses.json"].described()
    assert [view["networks"] for view in found["views"]] == [[0, 1], [1]] and found["channels"] == 1
    assert [len(view["labels"]) for view in found["views"]] == [3, 3]


def test_one_model_is_enough():
    data = drawn("ellipses")
    found = experiment({"pca_ae": {0: linear(data, 2)}}, data).pictures["ellipses.json"].described()
    assert [view["title"] for view in found["views"]] == ["PCA autoencoder"]
