"""Names of components, and error curves."""

import numpy as np
import pandas as pd

from latentspace.plots.naming import colour
from latentspace.plots.tables import COLUMNS, axis_names, error_per_component, heat_maps


def test_axes_are_named_by_the_factor_they_follow():
    table = pd.DataFrame({"area": [0.9, 0.1], "log_ratio_cos": [0.2, 0.3]}, index=["z1", "z2"])
    assert axis_names(table) == ["z1: area (0.90)", "z2: mixed (0.30)"]


def test_axes_have_words_and_no_plain_name_twice():
    table = pd.DataFrame({"hair_colour": [0.6, 0.9, 0.1], "log_ratio_cos": [0.2, 0.3, 0.7]}, index=["z1", "z2", "z3"])
    assert axis_names(table) == ["z1: also hair colour (0.60)", "z2: hair colour (0.90)", "z3: wide or tall (0.70)"]


def test_components_that_follow_nothing_do_not_claim_a_name():
    table = pd.DataFrame({"skin": [0.3, 0.4], "roll": [0.1, 0.1]}, index=["z1", "z2"])
    assert axis_names(table) == ["z1: mixed (0.30)", "z2: mixed (0.40)"]


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


def test_many_heat_maps_are_in_several_rows_and_titled_in_words():
    table = pd.DataFrame(np.full((3, 3), -0.001), index=["z1", "z2", "z3"], columns=list("abc"))
    figure = heat_maps({"pca_ae": table, **{f"method_{i}": table for i in range(COLUMNS)}}, "Pearson")
    drawn = [cell for cell in figure.axes[:-1] if cell.axison]
    assert [cell.get_title() for cell in drawn[:2]] == ["PCA autoencoder", "method 0"] and len(drawn) == COLUMNS + 1
    assert drawn[0].texts[0].get_text() == "0.00"


def test_methods_have_their_colours_and_words():
    figure = error_per_component({"pca_ae": np.ones((1, 2)), "other_one": np.ones((1, 2))})
    lines = figure.axes[0].containers
    assert [line.get_label() for line in lines] == ["PCA autoencoder", "other one"]
    assert lines[0].lines[0].get_color() == colour("pca_ae") != lines[1].lines[0].get_color()


def test_heat_maps_show_every_number():
    table = pd.DataFrame([[0.25, -1.0]], index=["z1"], columns=["area", "log_ratio_cos"])
    figure = heat_maps({"a": table, "b": table}, "Pearson")
    assert [text.get_text() for text in figure.axes[1].texts] == ["0.25", "-1.00"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["area", "wide\nor tall"]
