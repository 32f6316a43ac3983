"""Neighbourhoods of one's own grey generator, with any number of components, through the stages to the report."""

import json
import shutil

import pytest
import torch
from ruamel.yaml import YAML

from latentspace.gan.network import Generator
from latentspace.nn import models
from latentspace.pipeline.params import read_yaml

from ..smoke import dvc, stale

pytestmark = pytest.mark.pipeline

# Components of the variants; the order of names and variants is not that of params.yaml.
COMPONENTS = {"ten": [1] * 10, "sweep": [2], "one": [1], "avatars": [2, 1, 1, 2], "three": [1, 2]}


@pytest.fixture(scope="module")
def printed(own):
    return dvc(own, "repro", "report")


@pytest.fixture(scope="module")
def own(results, tmp_path_factory):
    """A copy of the smoke-size project with another generator and other variants."""
    copy = tmp_path_factory.mktemp("generator") / "project"
    shutil.copytree(results, copy, symlinks=True)
    torch.manual_seed(0)
    models.save(Generator(12, [6, 6, 6], channels=1), copy / "mine.safetensors")
    params = read_yaml(copy / "params.yaml")
    generators = params["gan_generator"]
    generators["names"] = ["mine", "avatars"]
    generators["sources"]["mine"] = {"path": "mine.safetensors"}
    of = {"avatars": "avatars"}
    params["gan_train"]["variants"] = {
        name: {"generator": of.get(name, "mine"), "anchors": [1], "sigmas": [2.0], "packet_sizes": sizes}
        for name, sizes in COMPONENTS.items()
    }
    params["gan_train"]["variants"]["three"] |= {"anchors": [2, 1], "seeds": 2}
    params["gan_direct"] |= {"packet_sizes": [1], "shares": [1]}
    YAML(typ="safe", pure=True).dump(params, copy / "params.yaml")
    return copy


def test_every_number_of_components_is_measured_and_drawn(own, printed):
    metrics = json.loads((own / "metrics/gan_codes.json").read_text())
    for group, prefix, count in [("ten", "ten.", 10), ("one", "one.", 1), ("avatars", "", 6), ("three", "three.", 3)]:
        place = "sigma_2_anchor_1"
        assert f"{prefix}pca_ae.explained_k{count}/{place}_seed_0" in metrics
        assert f"{prefix}pca_ae.explained_k{count + 1}/{place}_seed_0" not in metrics
        assert f"{prefix}sefa.attribute_purity/{place}" in metrics
        for figure in ("gan_codes/traversals_{}.png", "gan_codes/traversals_{}.gif", "gan_explorer/{}.json"):
            assert (own / "figures" / figure.format(group)).stat().st_size > 0
    assert "three.pca_ae.explained_k3/sigma_2_anchor_2_seed_1" in metrics
    assert "sweep.sigma_2.pca_ae.explained_k2/sigma_2_anchor_1_seed_0" in (own / "metrics/gan_sweep.json").read_text()
    assert stale(own) == set()


def test_the_report_has_them_and_says_what_is_missing(own, printed):
    assert "left out: faces, no_cov (not in gan_train.variants)" in printed
    rows = json.loads((own / "metrics/claims.json").read_text())
    assert rows["gan.ten.pca_ae.explained_k10"]["n"] == 1 and rows["gan.three.pca_ae.explained_k3"]["n"] == 4
    assert "faces" in rows["gan.faces.pca_ae.explained_k1"]["not_measured"]
    page = (own / "report/index.html").read_text()
    for name in ("ten", "one", "three"):
        assert f"<h3>Explorer: {name}" in page and f"gan_codes/traversals_{name}.png" in page
    assert "gan_codes/traversals_faces.png" not in page, "results of a removed variant stay on disk"
    assert "gan_generator/faces/samples.png" not in page and "gan_generator/mine/samples.png" in page
