"""Traversals as grids and as frames."""

import numpy as np
import pytest
import torch

from latentspace.nn.latent import LatentModel
from latentspace.plots.style import DPI
from latentspace.plots.traversals import SIDE, TILE, mosaic, traversal_frames, traversal_grid, traversals


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


def test_a_grid_has_models_below_one_another_with_a_named_row_per_component():
    three = traversals(Means(), 4)
    figure = traversal_grid({"plain": three, "pca_ae": three[:1]}, {"plain": ["a", "b", "c"], "pca_ae": ["d"]})
    labels = [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]
    assert labels == [["a", "b", "c"], ["d"]]
    assert [axes.get_title("left").split(":")[0] for axes in figure.axes] == ["plain autoencoder", "PCA autoencoder"]


@pytest.mark.parametrize(("size", "side"), [(2, SIDE), (64, SIDE), (128, 128)])
def test_images_of_a_grid_are_large_enough_to_see(size, side):
    figure = traversal_grid({"plain": np.zeros((3, 5, size, size))}, {"plain": ["a", "b", "c"]})
    box = figure.axes[0].get_window_extent()
    assert box.width / 5 * DPI / figure.dpi >= side and box.height / 3 * DPI / figure.dpi >= side


def test_rows_of_a_mosaic_are_components_and_columns_steps():
    grid = np.arange(6.0).reshape(2, 3, 1, 1) / 10
    image = mosaic(grid)
    assert image.shape == (6, 9) and np.allclose(image[1::3, 1::3], [[0, 0.1, 0.2], [0.3, 0.4, 0.5]])
