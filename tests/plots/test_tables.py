"""Names of components, and error curves."""

import numpy as np
import pandas as pd

from latentspace.plots.tables import axis_names, error_per_component, heat_maps


def test_axes_are_named_by_the_factor_they_follow():
    table = pd.DataFrame({"area": [0.9, 0.1], "log_ratio_cos": [0.2, 0.3]}, index=["z1", "z2"])
    assert axis_names(table) == ["z1: area (0.90)", "z2: mixed (0.30)"]


def test_errors_are_drawn_as_mean_and_range_over_seeds():
    figure = error_per_component({"a": np.array([[4.0, 1.0], [2.0, 1.0]]), "b": np.array([[3.0, 2.0, 1.0]])})
    first, second = figure.axes[0].containers
    assert first.lines[0].get_xydata().tolist() == [[1, 3], [2, 1]]
    assert [segment[:, 1].tolist() for segment in first.lines[2][0].get_segments()] == [[2, 4], [1, 1]]
    assert second.get_label() == "b" and len(second.lines[0].get_xdata()) == 3


def test_heat_maps_of_many_rows_are_higher():
    def height(rows):
        table = pd.DataFrame(np.zeros((rows, 3)), index=[f"z{i + 1}" for i in range(rows)], columns=list("abc"))
        return heat_maps({"a": table}, "Pearson").get_size_inches()[1]

    assert height(1) == height(6) < height(7) < height(10)


def test_heat_maps_show_every_number():
    table = pd.DataFrame([[0.25, -1.0]], index=["z1"], columns=["area", "log_ratio_cos"])
    figure = heat_maps({"a": table, "b": table}, "Pearson")
    assert [text.get_text() for text in figure.axes[1].texts] == ["0.25", "-1.00"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["area", "log\nratio\ncos"]
