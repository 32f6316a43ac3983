"""The import of zoo files in all shapes, key layouts and file formats."""

from latentspace.gan import zoo
from latentspace.gan.params import Zoo


def test_all_shapes_layouts_and_formats_equal_the_zoo(tmp_path):
    assert zoo.worst_difference(tmp_path, divide=32, seed=0) < 1e-5
    assert not list(tmp_path.iterdir())


def test_the_experiment_is_this_difference():
    (row,) = zoo.experiment(Zoo(divide=64, seed=1)).rows
    assert row.key == "zoo.max_difference" and row.value < 1e-5
