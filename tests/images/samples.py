"""Specifications of small image sets, and folders of images."""

from PIL import Image

from latentspace.images.params import DataSet

DRAWN = ["ellipses", "disks", "dial"]


def drawn(kind, **changes):
    return DataSet(**({"kind": kind, "image_size": 32, "train_images": 96, "test_images": 32, "seed": 3} | changes))


def folder_of(path, **changes):
    return DataSet(**({"kind": "folder", "path": str(path), "image_size": 16} | changes))


def fill(path, n):
    """n grey images of levels 10, 20, …"""
    path.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        Image.new("L", (16, 16), 10 * (i + 1)).save(path / f"{i:02d}.png")
