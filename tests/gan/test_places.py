"""The neighbourhoods of a variant, and its settings."""

import numpy as np
import pytest
import torch

from latentspace.gan.neighbourhood import drawn_anchors
from latentspace.gan.params import Variant
from latentspace.gan.places import places, runs_of


def test_every_sigma_about_every_anchor_is_a_place():
    variant = Variant(generator="tiny", anchors=[1, 5], sigmas=[0.4, 1.0], relative=True)
    found = places(variant, 8)
    assert [place.name for place in found] == [f"sigma_{s}_anchor_{a}" for s in ("0.4", "1") for a in (1, 5)]
    assert torch.equal(found[1].anchor, drawn_anchors(8, [5])[0])
    assert found[2].sigma == 1.0 and found[2].relative
    runs = runs_of(variant.model_copy(update={"seeds": 2}), found, [7, 8, 9])
    assert [(place.name, seed) for place, seed in runs[:2]] == [("sigma_0.4_anchor_1", 7), ("sigma_0.4_anchor_1", 8)]


def test_anchors_come_from_the_rows_of_a_file(tmp_path):
    path = tmp_path / "mine.npy"
    np.save(path, np.eye(8)[:3])
    variant = Variant(generator="tiny", anchors=[2], anchors_file=str(path))
    assert torch.allclose(places(variant, 8)[0].anchor, 8**0.5 * torch.eye(8)[2])
    with pytest.raises(ValueError, match=r"mine\.npy: 3 anchors"):
        places(variant.model_copy(update={"anchors": [3]}), 8)
    with pytest.raises(ValueError, match=r"mine\.npy: anchors of shape \(3, 8\), where \(anchors, 9\)"):
        places(variant, 9)


def test_a_place_names_the_file_of_its_model():
    (place,) = places(Variant(generator="tiny", anchors=[3]), 8)
    assert place.file(2) == "sigma_0.7_anchor_3_seed_2.safetensors"


def test_anchors_of_normal_latents_keep_their_length(tmp_path):
    variant = Variant(generator="tiny", anchors=[1, 2])
    for place, seed in zip(places(variant, 8, "normal"), (1, 2), strict=True):
        assert torch.equal(place.anchor, torch.randn(8, generator=torch.Generator().manual_seed(seed)))
    np.save(tmp_path / "mine.npy", np.zeros((1, 8)))
    (place,) = places(Variant(generator="tiny", anchors=[0], anchors_file=str(tmp_path / "mine.npy")), 8, "normal")
    assert torch.equal(place.anchor, torch.zeros(8))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "give anchors, their seeds or rows, or anchors_from, pictures"),
        ({"anchors": [1], "anchors_from": ["me.png"]}, "give anchors_from, or anchors, not both"),
        ({"anchors_file": "me.png", "anchors_from": ["me.png"]}, "not both"),
        ({"anchors_from": []}, "at least 1"),
        ({"anchors_from": ["you.png"]}, "no such file"),
    ],
)
def test_anchors_come_from_one_place(tmp_path, monkeypatch, more, says):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    (tmp_path / "me.png").touch()
    with pytest.raises(ValueError, match=says):
        Variant(generator="tiny", **more)
