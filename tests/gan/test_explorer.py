"""Generators for the latent explorer."""

from dataclasses import replace

import torch

from latentspace.gan import explorer
from latentspace.gan.directions import Directions
from latentspace.gan.formats.program import Program
from latentspace.gan.local import LocalModel
from latentspace.gan.network import Generator
from latentspace.gan.roles import AFFINE, PCA_AE


def group(organised, methods):
    def models(shift):
        axes = torch.eye(8)[:, shift : shift + 4]
        return {(place.name, 0): LocalModel.about(place, Directions.along(axes)) for place in organised.places}

    return {method: replace(organised, models=models(shift)) for shift, method in enumerate(methods)}


def test_every_neighbourhood_has_trained_models_and_raw_axes_side_by_side(organised, sizes, measure):
    groups = {"tiny": group(organised, [PCA_AE, AFFINE]), "alone": group(organised, [PCA_AE])}
    found = explorer.experiment(groups, dict.fromkeys(groups, measure), sizes)
    assert set(found.pictures) == {"tiny.json", "alone.json"} and found.summary == "tiny, alone"
    tiny, alone = found.pictures["tiny.json"], found.pictures["alone.json"]
    places = [f"anchor 1, σ = {sigma}" for sigma in (0.1, 0.4)]
    assert [(v.place, v.method) for v in tiny.views] == [(p, m) for p in places for m in (PCA_AE, AFFINE, "raw")]
    assert [v.method for v in alone.views] == [PCA_AE, "raw"] * 2
    assert all(len(view.axes) == 4 for view in tiny.views)
    assert tiny.channels == 3 and len(tiny.described()["networks"]) == 6 + 1, "one generator for all"


def test_generators_that_the_page_cannot_compute_are_refused(organised, monkeypatch):
    faded = Generator(8, [6, 4], alpha=0.5).eval().fold()
    groups = {"fine": organised, "faded": replace(organised, generator=faded)}
    foreign = Program("[]", {}, "z", [1, 48], "z", 4, 3)
    groups["foreign"] = replace(organised, generator=foreign)
    groups = {name: {PCA_AE: each} for name, each in groups.items()}
    found = explorer.refused(groups)
    assert set(found) == {"faded", "foreign"} and found["foreign"] == "the page cannot compute a Program"
    monkeypatch.setattr(explorer, "WEIGHTS", 100)
    assert "weights; the page takes 100" in explorer.refused(groups)["fine"]
