"""Files of the report's explorer."""

import base64
import io
import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from latentspace.measures.matching import association
from latentspace.plots.decoder import layers_of
from latentspace.plots.explorer import GRIDDED, Explorer, Sheet, View, grid, upward


def test_a_network_that_views_share_is_in_the_file_once(tmp_path):
    image, inner = layers_of(nn.Linear(3, 4)), layers_of(nn.Linear(3, 3))
    axes = pd.DataFrame({"area": [0.9, 0.2, 0.8], "background_lightness": [0.1, 0.7, 0.2]}, index=["z1", "z2", "z3"])
    views = [View("pca_ae", axes, [inner, image], "anchor 1", [1, -1, 1]), View("plain", axes, [image], "anchor 1")]
    Explorer(views, 1).save(tmp_path / "mine.json")
    found = json.loads((tmp_path / "mine.json").read_text())
    assert [view["networks"] for view in found["views"]] == [[0, 1], [1]] and len(found["networks"]) == 2
    assert [view["title"] for view in found["views"]] == ["PCA autoencoder", "plain autoencoder"]
    assert found["views"][0]["labels"] == ["area (0.90)", "background lightness (0.70)", "also area (0.80)"]
    assert found["views"][0]["place"] == "anchor 1" and found["channels"] == 1 and found["span"] == 2.0
    assert found["networks"][1]["layers"] == [["linear", 4, 3]]
    assert [view["signs"] for view in found["views"]] == [[1, -1, 1], [1, 1, 1]]


def test_to_the_right_there_is_more_of_what_names_a_component():
    area, lean = np.random.default_rng(0).normal(size=(2, 50)) + 3
    codes = np.stack([-area, lean, 0.1 * lean - area], axis=1)
    factors = {"area": area, "lean": lean}
    assert upward(codes, factors, association(codes, factors)) == [-1, 1, -1]


@pytest.mark.parametrize(("components", "columns", "rows"), [(1, 7, 1), (2, 49, 1), (3, 49, 7), (4, 9, 9), (5, 9, 27)])
def test_a_sheet_has_a_picture_for_every_code_of_the_grid(components, columns, rows):
    codes = grid(components)
    assert components <= GRIDDED and torch.equal(codes[0], torch.full((components,), -2.0))
    pictures = np.zeros((len(codes), 8, 8, 3), np.float32)
    pictures[len(codes) // 2] = 1
    assert codes[len(codes) // 2].abs().max() < 1e-6, "the middle of the grid is the mean"
    found = Sheet(components, pictures).described()
    with Image.open(io.BytesIO(base64.b64decode(found["sheet"].partition(",")[2]))) as image:
        assert image.size == (8 * columns, 8 * rows)
        row, column = divmod(len(codes) // 2, columns)
        bright = np.asarray(image.convert("L"))[8 * row + 4, 8 * column + 4]
    assert bright > 250 and found["steps"] ** components == len(codes)
