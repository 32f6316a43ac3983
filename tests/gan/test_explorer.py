"""Generators for the latent explorer."""

from dataclasses import replace

import pytest
import torch

from latentspace.gan import explorer
from latentspace.gan.directions import Directions
from latentspace.gan.formats.program import Program
from latentspace.gan.local import LocalModel
from latentspace.gan.network import Generator
from latentspace.gan.pictures import pictures_of
from latentspace.gan.roles import AFFINE, PCA_AE
from latentspace.plots.decoder import UnsupportedError


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


def test_a_generator_that_the_page_cannot_compute_is_interpolated(organised, sizes, measure, monkeypatch):
    faded = replace(organised, generator=Generator(8, [6, 4], alpha=0.5).eval().fold())
    found = explorer.explorer(group(faded, [PCA_AE]), measure, sizes)
    assert found.note == "Interpolated between pictures, as its generator is still fading in its last scale."
    assert [(v.place, v.method) for v in found.views] == [("anchor 1, σ = 0.1", m) for m in (PCA_AE, "raw")]
    place, (sheet,) = organised.places[0], found.views[0].parts
    middle = pictures_of(faded.generator, place.anchor[None])[0]
    assert sheet.pictures.shape == (3**4, 8, 8, 3) and (abs(sheet.pictures[3**4 // 2] - middle) < 1e-3).all()
    assert found.channels == 3
    many = {(place.name, 0): LocalModel.about(place, Directions.along(torch.eye(8)[:, :7])) for place in faded.places}
    found = explorer.explorer({PCA_AE: replace(faded, models=many)}, measure, sizes)
    assert all(len(view.axes) == 5 and len(view.parts[0].pictures) == 3**5 for view in found.views)
    monkeypatch.setattr(explorer, "WEIGHTS", 100)
    note = explorer.explorer(group(organised, [PCA_AE]), measure, sizes).note
    assert note.startswith(
        "Interpolated between pictures, as the page takes generators of 100 weights, and this one has "
    )


def test_generators_of_other_people_are_not_computed():
    with pytest.raises(UnsupportedError, match="cannot compute a Program"):
        explorer.computed(Program("[]", {}, "z", [1, 48], "z", 4, 3))
