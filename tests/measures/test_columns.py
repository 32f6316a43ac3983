"""Codes and factors that no measure can take are named."""

import numpy as np
import pytest

from latentspace.measures.agreement import agreement
from latentspace.measures.dependence import correlation_table, covariance_table, distance_correlations, max_correlation
from latentspace.measures.factors import dci, mutual_information_gap, sap
from latentspace.measures.infomec import infomec
from latentspace.measures.matching import association, best_rotation, leakage
from latentspace.measures.regression import linear_r2

from .samples import FACTORS, GRID


@pytest.mark.parametrize(
    "measure",
    [
        lambda one: max_correlation(one),
        lambda one: mutual_information_gap(one, FACTORS),
        lambda one: sap(one, FACTORS),
        lambda one: dci(one, FACTORS),
        lambda one: infomec(one, FACTORS),
        lambda one: leakage(association(one, FACTORS), "u", "z1"),
    ],
    ids=["max_correlation", "mig", "sap", "dci", "infomec", "leakage"],
)
def test_one_component_is_too_few(measure):
    with pytest.raises(ValueError, match="at least two components, not 1"):
        measure(GRID[:, :1])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(bad):
    codes = GRID.copy()
    codes[7, 1] = bad
    calls = [covariance_table, correlation_table, max_correlation, distance_correlations]
    calls += [
        lambda z, score=score: score(z, FACTORS) for score in (association, mutual_information_gap, sap, dci, infomec)
    ]
    for call in [*calls, lambda z: best_rotation(z, GRID), lambda z: agreement({0: z, 1: GRID})]:
        with pytest.raises(ValueError, match="z2 holds a value that is not finite"):
            call(codes)
    with pytest.raises(ValueError, match="v holds a value"):
        association(GRID, {"u": GRID[:, 0], "v": codes[:, 1]})
    with pytest.raises(ValueError, match="input 2 holds a value"):
        linear_r2(codes, GRID)


def test_factors_that_are_missing_too_long_or_unknown():
    with pytest.raises(ValueError, match="no factors are given"):
        association(GRID, {})
    with pytest.raises(ValueError, match="factor v does not have one value per row"):
        association(GRID, {"u": GRID[:, 0], "v": GRID[:7, 0]})
    with pytest.raises(KeyError, match="area"):
        leakage(association(GRID, FACTORS), "area", "z1")
