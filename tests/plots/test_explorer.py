"""Files of the report's explorer."""

import json

import pandas as pd
from torch import nn

from latentspace.plots.decoder import layers_of
from latentspace.plots.explorer import Explorer, View


def test_a_network_that_views_share_is_in_the_file_once(tmp_path):
    image, inner = layers_of(nn.Linear(3, 4)), layers_of(nn.Linear(3, 3))
    axes = pd.DataFrame({"area": [0.9, 0.2, 0.8], "background_lightness": [0.1, 0.7, 0.2]}, index=["z1", "z2", "z3"])
    views = [View("pca_ae", axes, [inner, image], "anchor 1"), View("plain", axes, [image], "anchor 1")]
    Explorer(views, 1).save(tmp_path / "mine.json")
    found = json.loads((tmp_path / "mine.json").read_text())
    assert [view["networks"] for view in found["views"]] == [[0, 1], [1]] and len(found["networks"]) == 2
    assert [view["title"] for view in found["views"]] == ["PCA autoencoder", "plain autoencoder"]
    assert found["views"][0]["labels"] == ["area (0.90)", "background lightness (0.70)", "also area (0.80)"]
    assert found["views"][0]["place"] == "anchor 1" and found["channels"] == 1 and found["span"] == 2.0
    assert found["networks"][1]["layers"] == [["linear", 4, 3]]
