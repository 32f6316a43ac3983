"""Mistakes in the parameters of image sets are named."""

import tempfile

import pytest

from latentspace.images.params import DataSet
from latentspace.pipeline.params import ParamsError, parse


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"kind": "squares"}, "kind"),
        ({"kind": "folder"}, "needs one"),
        ({"path": "somewhere"}, "path: somewhere: no such folder"),
        ({"path": tempfile.gettempdir()}, "path belongs to kind: folder"),
        ({"kind": "folder", "path": ""}, "path: input should be the path of a folder"),
        ({"kind": "folder", "path": "."}, "path: .*: contains this project"),
        ({"kind": "folder", "path": "/"}, "path: /: contains this project"),
        ({"kind": "folder", "path": "x" * 5000}, "path: x+ … x+: no such folder"),
        ({"channels": 3}, "kind: ellipses has channels: 1"),
        ({"kind": "folder", "path": "somewhere", "channels": 2}, "channels"),
        ({"image_size": 48}, "image_size"),
        ({"image_size": "64"}, "image_size"),
        ({"blur": 0.0}, "blur"),
        ({"blur": float("nan")}, "blur"),
        ({"train_images": 1}, "train_images"),
        ({"test_images": 0}, "test_images"),
        ({"seed": -1}, "seed"),
        ({"noise": 0.1}, "unknown key"),
    ],
)
def test_mistakes_in_params_are_named(changes, complaint):
    right = {"kind": "ellipses", "train_images": 4, "test_images": 2}
    assert parse(DataSet, right).image_size == 64
    with pytest.raises(ParamsError, match=complaint):
        parse(DataSet, right | changes, "organise.data")
