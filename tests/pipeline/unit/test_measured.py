"""Results as records: their keys, selections and means."""

import math

import pytest

from latentspace.pipeline.measured import Measured, as_table, means, measured, select, value_of

ROWS = [
    *measured("pca_ae", {"mse": 1.0, "purity": 0.5}, seed=0),
    *measured("pca_ae", {"mse": 3.0}, seed=1),
    *measured("sefa", {"mse": 5.0}, place="anchor_0"),
]


@pytest.mark.parametrize(
    ("row", "name", "key"),
    [
        (Measured("", "test_mse", 1.0), "test_mse", "test_mse"),
        (Measured("", "test_mse", 1.0, 0), "test_mse", "test_mse/seed_0"),
        (Measured("bias", "test_mse", 1.0, 2), "bias.test_mse", "bias.test_mse/seed_2"),
        (Measured("sefa", "mse", 1.0, None, "anchor_1"), "sefa.mse", "sefa.mse/anchor_1"),
        (Measured("sefa", "mse", 1.0, 0, "anchor_1"), "sefa.mse", "sefa.mse/anchor_1_seed_0"),
    ],
)
def test_keys_name_method_measure_place_and_seed(row, name, key):
    assert (row.name, row.key) == (name, key)


def test_rows_are_selected_by_what_is_given():
    assert [row.value for row in select(ROWS, method="pca_ae", measure="mse")] == [1.0, 3.0]
    assert [row.value for row in select(ROWS, seed=0)] == [1.0, 0.5]
    assert select(ROWS) == ROWS


def test_one_number_is_found_by_all_its_names():
    assert value_of(ROWS, "pca_ae", "mse", 1) == 3.0
    assert value_of(ROWS, "sefa", "mse", place="anchor_0") == 5.0
    with pytest.raises(KeyError, match=r"sefa\.mse/seed_0"):
        value_of(ROWS, "sefa", "mse", 0)


def test_means_are_over_seeds_but_not_over_places():
    rows = [*ROWS, Measured("sefa", "mse", 7.0, 0, "anchor_0"), Measured("sefa", "mse", 9.0, 1, "anchor_1")]
    assert means(rows) == {"pca_ae.mse": 2.0, "pca_ae.purity": 0.5, "sefa.mse/anchor_0": 6.0, "sefa.mse/anchor_1": 9.0}


def test_a_table_has_a_row_per_method_seed_and_place_and_a_column_per_measure():
    table = as_table(ROWS)
    assert list(table.columns) == ["method", "seed", "place", "mse", "purity"]
    assert list(table["mse"]) == [1.0, 3.0, 5.0]
    assert table["purity"][0] == 0.5 and math.isnan(table["purity"][1])
