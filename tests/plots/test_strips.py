"""Rows of images: grey or in colour, channels last."""

import numpy as np
import pytest
import torch

from latentspace.plots.strips import as_shown, examples, shown


def test_images_are_brought_to_0_and_1_with_channels_last():
    images = torch.tensor([-3.0, -1.0, 0.0, 1.0]).view(4, 1, 1, 1).expand(4, 3, 2, 2)
    assert as_shown(images).shape == (4, 2, 2, 3)
    assert as_shown(images)[:, 0, 0, 0].tolist() == [0, 0, 0.5, 1]


def test_grey_images_are_shown_in_colour():
    images = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
    assert as_shown(images).shape == (2, 2, 2, 3)
    assert as_shown(images)[:, 1, 1].tolist() == [[0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize(("channels", "shape"), [(1, (5, 4, 4)), (3, (5, 4, 4, 3))])
def test_one_channel_is_grey_and_three_are_coloured(channels, shape):
    assert shown(np.zeros((5, channels, 4, 4))).shape == shape


def test_examples_have_a_row_per_set():
    sets = {"a": np.zeros((3, 1, 4, 4), np.uint8), "b": np.zeros((9, 3, 4, 4), np.uint8)}
    figure = examples(sets, columns=6)
    assert len(figure.axes) == 12 and sum(len(cell.images) for cell in figure.axes) == 9
    assert [figure.axes[i].get_ylabel() for i in (0, 6)] == ["a", "b"]
