"""Traversals as grids and as frames."""

import numpy as np
import torch

from latentspace.nn.latent import LatentModel
from latentspace.plots.traversals import TILE, traversal_frames, traversal_grid, traversals


class Means(LatentModel):
    """Codes are the first numbers of a 2×2 image, outputs those numbers in place and zeros elsewhere."""

    components = 3

    def encode(self, x):
        return x.flatten(1)[:, :3]

    def decode(self, z):
        return torch.nn.functional.pad(z, (0, 4 - z.shape[1])).view(-1, 1, 2, 2)


def test_traversals_start_from_the_mean_code_and_move_one_component():
    grid = traversals(Means(), 5)
    assert grid.shape == (3, 5, 2, 2)
    assert np.allclose(grid[1].reshape(5, 4), np.linspace(-2, 2, 5)[:, None] * np.eye(4)[1])


def test_frames_walk_there_and_back():
    frames = traversal_frames({"model": traversals(Means(), 4)}, {"model": ["a", "b", "c"]})
    assert len(frames) == 6 and len({frame.shape for frame in frames}) == 1 and frames[0].dtype == np.uint8


def test_labels_of_frames_have_room_and_small_pictures_are_enlarged():
    few = {"a title that is longer than a picture of one component": traversals(Means(), 4)[:1]}
    names = {next(iter(few)): ["z1"]}
    long = {next(iter(few)): ["z1: a name that is longer than a picture"]}
    narrow, wide = (traversal_frames(few, labels)[0] for labels in (names, long))
    assert narrow.shape[0] == wide.shape[0] > TILE and wide.shape[1] >= narrow.shape[1] > TILE + 150


def test_a_grid_has_a_row_per_component_of_the_longer_model():
    three = traversals(Means(), 4)
    figure = traversal_grid({"long": three, "short": three[:1]}, {"long": ["a", "b", "c"], "short": ["d"]})
    shown = [cell for cell in figure.axes if cell.axison]
    assert len(figure.axes) == 6 and [cell.get_ylabel() for cell in shown] == ["a", "d", "b", "c"]
