"""The theorem in integers: Table 1, every a, the cases of the induction, two dimensions, continuous positions."""

import subprocess
import sys

import numpy as np
import pytest

from latentspace.pipeline.measured import value_of
from latentspace.position import theory
from latentspace.position.filters import PHI, SUMMING
from latentspace.position.params import Theory

# Table 1 of the talk, cell by cell: u(1), u(2), u(3) of every one-hot vector of length 8.
TABLE = {
    0: ([2, 0, 0, 0], [4, 0], [8]),
    1: ([1, 1, 0, 0], [3, 1], [7]),
    2: ([0, 2, 0, 0], [2, 2], [6]),
    3: ([0, 1, 1, 0], [1, 3], [5]),
    4: ([0, 0, 2, 0], [0, 4], [4]),
    5: ([0, 0, 1, 1], [0, 3], [3]),
    6: ([0, 0, 0, 2], [0, 2], [2]),
    7: ([0, 0, 0, 1], [0, 1], [1]),
}


@pytest.mark.parametrize("a", TABLE)
def test_table_1_cell_by_cell(a):
    outputs = theory.layers(theory.one_hot(np.array([a]), 8))
    assert [list(u[0]) for u in outputs] == list(map(list, TABLE[a]))


@pytest.mark.parametrize("levels", range(1, 13))
def test_the_theorem_for_every_position(levels):
    assert theory.max_error(levels) == 0


@pytest.mark.parametrize("levels", range(1, 8))
def test_induction_even_position_puts_2_at_half_of_it(levels):
    length = 2 ** (levels + 1)
    k = np.arange(2**levels)
    first = theory.layer(theory.one_hot(2 * k, length))
    assert (first == 2 * theory.one_hot(k, length // 2)).all()
    assert (theory.encode(first) == 2 * (2**levels - k)).all()


@pytest.mark.parametrize("levels", range(1, 8))
def test_induction_odd_position_puts_1_at_both_neighbours(levels):
    length = 2 ** (levels + 1)
    k = np.arange(2**levels - 1)
    first = theory.layer(theory.one_hot(2 * k + 1, length))
    assert (first == theory.one_hot(k, length // 2) + theory.one_hot(k + 1, length // 2)).all()
    assert (theory.encode(first) == 2 ** (levels + 1) - (2 * k + 1)).all()


@pytest.mark.parametrize("levels", range(1, 8))
def test_induction_last_position_puts_1_at_the_end(levels):
    length = 2 ** (levels + 1)
    first = theory.layer(theory.one_hot(np.array([length - 1]), length))
    assert (first == theory.one_hot(np.array([length // 2 - 1]), length // 2)).all()
    assert theory.encode(first) == 1


@pytest.mark.parametrize("c", [-3, 2, 5])
def test_any_multiple_of_phi_up_to_scale(c):
    x = theory.one_hot(np.arange(32), 32)
    assert (theory.encode(x, [c, 2 * c, c]) == c**5 * (32 - np.arange(32))).all()


def test_the_encoder_is_the_linear_form_of_eq_18():
    x = np.random.default_rng(0).integers(-9, 9, (20, 64))
    assert (theory.encode(x) == x @ (64 - np.arange(64))).all()


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_two_dimensions_pixel_by_pixel(levels):
    n = 2**levels
    images = np.eye(n * n, dtype=np.int64).reshape(-1, n, n)
    rows, columns = theory.encode_2d(images)
    a, b = np.divmod(np.arange(n * n), n)
    assert (rows == n - a).all() and (columns == n - b).all()
    assert (theory.filter_2d(levels)[0].ravel() == rows).all()
    assert (theory.filter_2d(levels)[1].ravel() == columns).all()


def test_two_dimensions_up_to_256():
    assert max(theory.max_error_2d(levels) for levels in range(1, 9)) == 0
    images = np.zeros((3, 256, 256), dtype=np.int64)
    images[[0, 1, 2], [0, 255, 77], [255, 255, 130]] = 1
    rows, columns = theory.encode_2d(images)
    assert list(rows) == [256, 1, 179] and list(columns) == [1, 1, 126]


def test_phi_along_both_axes_gives_the_product():
    image = np.zeros((16, 16), dtype=np.int64)
    image[5, 9] = 1
    assert theory._encode_axes(image, PHI, PHI) == (16 - 5) * (16 - 9)


def test_the_summing_filter_keeps_the_sum():
    x = np.random.default_rng(0).integers(0, 9, (5, 64))
    assert (theory.encode(x, SUMMING) == x.sum(1)).all()


def test_fractional_diracs_sum_to_one_with_their_centroid_at_a():
    a = np.random.default_rng(0).random(200) * 63
    x = theory.fractional(a, 64)
    assert np.allclose(x.sum(1), 1) and np.allclose(x @ np.arange(64), a)
    assert ((x > 0).sum(1) <= 2).all()
    assert (theory.fractional(np.arange(64.0), 64) == theory.one_hot(np.arange(64), 64)).all()


def test_the_encoder_is_exact_for_dyadic_positions():
    a = np.arange(0, 63 * 8 + 1) / 8  # multiples of 1/8 are exact in floating point
    assert (theory.encode(theory.fractional(a, 64)) == 64 - a).all()


def test_a_continuous_point_in_an_image():
    a = np.array([[2.25, 11.5], [0.0, 15.0]])
    rows, columns = theory.encode_2d(theory.fractional_2d(a, 16))
    assert (rows == 16 - a[:, 0]).all() and (columns == 16 - a[:, 1]).all()


@pytest.mark.parametrize("levels", range(1, 9))
def test_the_explicit_decoder_is_exact(levels):
    n = 2**levels
    a = np.arange(0, (n - 1) * 8 + 1) / 8
    assert (theory.decode(a, levels) == theory.fractional(a, n)).all()
    assert (n - theory.encode(theory.decode(a, levels)) == a).all(), "encoder and decoder undo one another"


@pytest.mark.parametrize("length", [0, 3, 12, -8])
def test_length_must_be_a_power_of_two(length):
    with pytest.raises(ValueError, match="power of two"):
        theory.levels_of(length)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="power of two"):
        theory.encode(np.ones((2, 12)))
    for levels in (0, 13):
        with pytest.raises(ValueError, match=r"L = \d+ must be in 1 … 12"):
            theory.max_error(levels)
    with pytest.raises(ValueError, match="an even filter has no middle tap"):
        theory.layer(np.ones(8), [1, 1])
    with pytest.raises(ValueError, match="empty set"):
        theory.layer(np.ones((0, 8)))
    with pytest.raises(ValueError, match="empty set"):
        theory.one_hot(np.array([], dtype=int), 8)
    with pytest.raises(ValueError, match="must lie in"):
        theory.fractional(np.array([7.5]), 8)
    with pytest.raises(ValueError, match="must be even"):
        theory.layer(np.ones(7))


def test_experiment(complete):
    findings = theory.experiment(Theory(levels=4, levels_2d=3))
    names = [
        "max_error",
        "max_error_2d",
        "continuous_error",
        "decoder_error",
        *(f"max_error_L{n}" for n in range(1, 5)),
    ]
    assert complete(findings, {}, ["table.png", "filters_2d.png"]) == {f"theory.{name}" for name in names}
    assert value_of(findings.rows, "theory", "max_error") == value_of(findings.rows, "theory", "max_error_2d") == 0
    assert value_of(findings.rows, "theory", "continuous_error") < 1e-10


def test_table_1_is_drawn_cell_by_cell():
    figure = theory.layer_table(3)
    drawn = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert len(drawn) == 4 * 8
    for a, outputs in TABLE.items():
        assert [list(map(int, drawn[8 * level + a])) for level in (1, 2, 3)] == list(map(list, outputs))


def test_the_theory_is_imported_without_torch():
    code = "import sys, latentspace.position.theory; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
