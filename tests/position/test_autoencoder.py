"""How codes relate to the position, on constructed codes and small networks."""

import numpy as np
import pytest

from latentspace.pipeline.measured import value_of
from latentspace.position import dataset
from latentspace.position.autoencoder import (
    Coded,
    affine_r2,
    autoencoder_numbers,
    code,
    codes_image,
    codes_line,
    correlations,
    experiment,
    outputs_image,
    outputs_line,
    spearman,
)
from latentspace.position.measures import diracs
from latentspace.position.train import build
from latentspace.position.train_autoencoder import AUTOENCODERS, autoencoder_jobs


def test_spearman_sees_any_monotone_function_and_nothing_in_a_fold():
    a = np.linspace(-1, 1, 201)
    assert spearman(-np.exp(3 * a), a) == pytest.approx(1)
    assert spearman(a**2, a) == pytest.approx(0, abs=0.01)


def test_affine_r2_is_blind_to_affine_maps_and_zero_for_noise():
    a = dataset.held_out(400, 16, 2)
    mixed = a @ np.array([[1.0, 2.0], [-1.0, 0.5]]) + 3
    assert affine_r2(mixed, a) == pytest.approx(1)
    assert affine_r2(np.random.default_rng(0).standard_normal((400, 2)), a) < 0.05
    assert affine_r2(a[:, :1], a) == pytest.approx(0.5, abs=0.05), "one number tells one coordinate of two"


def coded(dimensions, function):
    a = dataset.held_out(400, 8, dimensions)
    x = diracs(a, 8)
    return Coded(a, x, {0: function(a)}, {0: x})


def test_a_code_that_is_the_position_and_one_that_folds():
    rows = autoencoder_numbers("line", coded(1, lambda a: 3 - 2 * a))
    assert [row.method for row in rows] == ["autoencoder.line"] * 4
    numbers = {row.measure: row.value for row in rows}
    assert numbers["spearman"] == pytest.approx(1) and numbers["position_r2"] == pytest.approx(1)
    assert numbers["relative_l2"] == 0 and numbers["peak_error_px"] == 0
    folded = {row.measure: row.value for row in autoencoder_numbers("x", coded(1, lambda a: (a - 3.5) ** 2))}
    assert folded["spearman"] < 0.1 and folded["position_r2"] < 0.1
    image = {row.measure: row.value for row in autoencoder_numbers("image", coded(2, lambda a: a[:, ::-1]))}
    assert image["position_r2"] == pytest.approx(1) and "spearman" not in image


def test_correlations_name_their_rows():
    table = correlations(coded(2, lambda a: -a[:, ::-1]), 0)
    assert list(table.columns) == list(table.index) == ["row", "column", "code 1", "code 2"]
    assert table.loc["row", "code 2"] == pytest.approx(-1) and abs(table.loc["row", "code 1"]) < 0.1
    assert list(correlations(coded(1, lambda a: a), 0).columns) == ["position", "code 1"]


def test_autoencoder_figures_draw():
    line, image = coded(1, lambda a: a), coded(2, lambda a: a)
    found = {"line": line, "line_random": line, "image": image, "image_random": image}
    assert len(codes_line(found).axes) == 2 and len(codes_image(found).axes) == 4
    assert len(outputs_line(found, 0).axes) == 8 and len(outputs_image(found, 0).axes) == 24


def networks(section):
    found = {}
    for job in autoencoder_jobs(section, [0, 1]):
        found.setdefault(job.name, {})[job.seed] = build(job)[0].eval()
    return found


def test_the_averaging_start_codes_the_position(small_autoencoder):
    found = code("image", networks(small_autoencoder)["image"], small_autoencoder)
    assert np.array_equal(found.positions, dataset.held_out(49, 8, 2))
    assert np.allclose(found.codes[1], 1 - found.positions / 8, atol=1e-6)
    assert found.outputs[1].shape == found.pictures.shape == (49, 8, 8)


def test_experiment(small_autoencoder, complete):
    findings = experiment(networks(small_autoencoder), small_autoencoder)
    each = ["relative_l2", "peak_error_px", "position_r2"]
    measures = {f"autoencoder.{name}": each + ["spearman"] * ("line" in name) for name in AUTOENCODERS}
    pictures = ["codes_line.png", "codes_image.png", "outputs_line.png", "outputs_image.png"]
    assert not complete(findings, measures, pictures)
    assert value_of(findings.rows, "autoencoder.line", "spearman", 1) == pytest.approx(1), "not trained yet"
    assert set(findings.matrices) == {"correlation_line", "correlation_image"}
    assert findings.matrices["correlation_image"].shape == (4, 4)
