"""Which images figures show."""

import numpy as np

from latentspace.size.pictures import input_output_strip, spread


def test_spread_leaves_out_the_first_share_and_keeps_the_last():
    assert spread(101, 5, first=0.2) == [20, 40, 60, 80, 100]
    assert spread(1, 3) == [0, 0, 0]
    assert len(set(spread(300, 10))) == 10


def test_a_strip_has_a_row_per_variant_below_the_inputs(disks):
    figure = input_output_strip(disks.test, disks.test_radii, {"a": disks.test, "b": 0 * disks.test}, columns=4)
    assert len(figure.axes) == 3 * 4
    assert [axes.get_ylabel() for axes in figure.axes[::4]] == ["input", "a", "b"]
    assert figure.axes[3].get_title() == f"r = {disks.test_radii[-1]:.1f}"
    assert np.array_equal(figure.axes[3].images[0].get_array(), disks.test[-1])
