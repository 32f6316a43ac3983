"""Grids for the latent explorer."""

import json

import torch
from PIL import Image

from latentspace.gan import explorer
from latentspace.gan.directions import Directions
from latentspace.gan.local import LocalModel, Organised
from latentspace.plots.explorer import STEPS


def test_every_pair_of_components_has_a_grid(organised, sizes, measure, tmp_path):
    place = organised.places[0]
    model = LocalModel.about(place, Directions.along(torch.eye(8)[:, :4]))
    trained = Organised(organised.variant, organised.generator, organised.places, {(place.name, 0): model})
    found = explorer.experiment({"tiny": trained}, {"tiny": measure}, sizes)
    assert set(found.pictures) == {"tiny.webp", "tiny.json"}
    for file, picture in found.pictures.items():
        picture.save(tmp_path / file)
    with Image.open(tmp_path / "tiny.webp") as sheet:
        assert sheet.size == (8 * STEPS**2, 8 * 6), "a row of STEPS² images for each of six pairs"
    facts = json.loads((tmp_path / "tiny.json").read_text())
    assert facts["kind"] == "planes" and len(facts["labels"]) == 4
