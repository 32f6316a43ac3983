"""Grids of ellipses for the report's explorer."""

import json

from PIL import Image

from latentspace.organise.explorer import SHOWN, experiment
from latentspace.plots.explorer import STEPS

from .samples import drawn, linear


def test_every_variant_has_a_sheet_and_its_description(tmp_path):
    data = drawn("ellipses")
    findings = experiment({name: {0: linear(data, 3)} for name in SHOWN}, data)
    assert set(findings.pictures) == {f"{name}.{kind}" for name in SHOWN for kind in ("webp", "json")}
    assert not findings.rows and findings.summary == "pca_ae: 343 pictures, plain: 343 pictures"
    for file, picture in findings.pictures.items():
        picture.save(tmp_path / file)
    with Image.open(tmp_path / "plain.webp") as sheet:
        assert sheet.size == (16 * STEPS**2, 16 * STEPS)
    described = json.loads((tmp_path / "plain.json").read_text())
    assert described["kind"] == "cube" and described["size"] == 16 and len(described["labels"]) == 3
    assert described["title"] == "Ellipses: plain autoencoder"
