"""Labelled images as files, batches and contact sheets."""

import numpy as np
import pytest
import torch

from latentspace.images import labelled
from latentspace.images.labelled import LabelledImages


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), dtype=np.uint8)


def test_sets_come_back_and_damaged_files_are_named(tmp_path, images):
    data = LabelledImages(images, np.ones((10, 2), np.float32), ["a", "b"])
    labelled.save(data, tmp_path / "x.npz")
    labelled.save(data, tmp_path / "y.npz")
    assert (tmp_path / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    again = labelled.load(tmp_path / "x.npz")
    assert np.array_equal(again.images, images) and again.names == ["a", "b"]
    (tmp_path / "x.npz").write_bytes((tmp_path / "y.npz").read_bytes()[:50])
    with pytest.raises(ValueError, match=r"x\.npz: damaged"):
        labelled.load(tmp_path / "x.npz")
    with pytest.raises(ValueError, match=r"z\.npz: no such file; `dvc repro` in pretraining/ makes it"):
        labelled.load(tmp_path / "z.npz")


def test_images_without_factors_come_back(tmp_path, images):
    labelled.save(labelled.without_factors(images), tmp_path / "x.npz")
    again = labelled.load(tmp_path / "x.npz")
    assert again.factors.shape == (10, 0) and again.names == []


def test_pooled_and_centred_keep_the_mean(images):
    small = labelled.pooled(images, 4)
    assert small.shape == (10, 3, 4, 4)
    assert abs(float(small.float().mean()) - images.mean()) < 1
    assert torch.equal(labelled.pooled(images, 16)[3, 1], torch.from_numpy(images[3, :, :, 1].copy()))
    assert np.array_equal(labelled.to_pixels(labelled.centred(labelled.pooled(images, 16))), images)
    with pytest.raises(ValueError, match="cannot be averaged down to 5"):
        labelled.pooled(images, 5)


def test_a_contact_sheet_has_a_white_rest(images):
    sheet = labelled.contact_sheet(images, 4)
    assert sheet.shape == (48, 64, 3)
    assert np.array_equal(sheet[16:32, 16:32], images[5]) and (sheet[32:, 32:] == 255).all()
