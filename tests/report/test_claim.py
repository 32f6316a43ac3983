"""Claims: samples, statistics, relations, and claims that are not measured."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from latentspace.pipeline import files
from latentspace.report.claim import (
    NARROW,
    Claim,
    bootstrap,
    evaluate,
    margin,
    met,
    not_measured,
    row,
    samples,
    tally,
    unmeasured,
    verdict,
)

CLAIM = Claim(id="size.x.error", stage="size_x", formula="formula", slide="11", unit="px", relation="<=", target=0.1)
REPORTED = Claim(id="size.y.error", stage="size_x", formula="formula", slide="11")


@pytest.mark.parametrize(
    ("relation", "target", "value", "wanted"),
    [
        ("<=", 0.1, 0.1, True),
        ("<=", 0.1, 0.11, False),
        (">=", 5.0, 4.9, False),
        (">=", 5.0, 5.0, True),
        ("=", 1.0, 1.0, True),
        ("=", 1.0, 1.1, False),
        ("=", (7.8, 0.1), 7.91, False),
        ("=", (7.8, 0.1), 7.89, True),
        ("in", (0.998, 1.0), 1.01, False),
        ("in", (0.998, 1.0), 0.999, True),
        ("reported", None, 3.0, None),
    ],
)
def test_relations(relation, target, value, wanted):
    assert met(replace(REPORTED, relation=relation, target=target), value) is wanted


@pytest.mark.parametrize(
    ("relation", "target", "value", "wanted"),
    [
        ("<=", 0.1, 0.04, 0.06),
        ("<=", 0.1, 0.3, -0.2),
        (">=", 5.0, 7.0, 2.0),
        ("=", 1.0, 1.2, -0.2),
        ("=", (7.8, 0.1), 7.83, 0.07),
        ("in", (0.9, 1.0), 0.97, 0.03),
        ("in", (0.9, 1.0), 1.02, -0.02),
        ("reported", None, 3.0, None),
    ],
)
def test_the_margin_is_the_distance_to_the_target_and_negative_beyond_it(relation, target, value, wanted):
    claim = replace(REPORTED, relation=relation, target=target)
    assert margin(claim, value) == (None if wanted is None else pytest.approx(wanted))
    assert (margin(claim, value) is None) == (met(claim, value) is None)


def test_a_claim_that_holds_by_less_than_two_standard_deviations_is_narrow():
    wide, narrow, missed = (row(CLAIM, [m - 0.02, m, m + 0.02]) for m in (0.05, 0.07, 0.11))
    assert [r["std"] for r in (wide, narrow, missed)] == pytest.approx([0.02] * 3)
    assert [r["margin_std"] for r in (wide, narrow, missed)] == pytest.approx([2.5, 1.5, -0.5])
    assert [verdict(r) for r in (wide, narrow, missed)] == ["yes", "narrowly", "no"]
    assert row(CLAIM, [0.06, 0.08])["margin_std"] > NARROW > row(CLAIM, [0.06, 0.11])["margin_std"]


@pytest.mark.parametrize(
    "claim",
    [replace(CLAIM, statistic="max"), replace(CLAIM, statistic="low"), REPORTED],
    ids=["max", "low", "reported"],
)
def test_only_means_with_a_target_are_narrow(claim):
    found = row(claim, [0.08, 0.099])
    assert found["margin_std"] is None and verdict(found) == ("" if claim is REPORTED else "yes")


def test_equal_samples_have_no_margin():
    assert row(CLAIM, [0.09])["margin_std"] is None and verdict(row(CLAIM, [0.09, 0.09])) == "yes"


def test_the_bootstrap_interval_of_two_and_three_values():
    """Each of the 2² or 3³ resamples is equally likely, so quantiles at 2.5 and 97.5 % are those of few values."""
    assert bootstrap([1.0, 3.0]) == (1.0, 3.0), "a quarter of the means is at either end"
    values = [0.0, 1.0, 5.0]
    means = sorted(np.mean(drawn) for drawn in product(values, repeat=3))
    assert bootstrap(values) == pytest.approx((means[0], means[-1])), "1 in 27 is more than 2.5 %"
    assert bootstrap([2.0] * 4) == (2.0, 2.0) and bootstrap([2.0]) == (None, None)


def test_the_bootstrap_interval_of_many_values_is_the_normal_one():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    low, high = bootstrap(list(values))
    spread = values.std(ddof=1) / 20
    assert low == pytest.approx(values.mean() - 1.96 * spread, abs=0.1 * spread)
    assert high == pytest.approx(values.mean() + 1.96 * spread, abs=0.1 * spread)
    assert bootstrap(list(values)) == (low, high), "its seed is fixed"


def test_low_compares_the_lower_end_of_the_interval():
    claim = replace(CLAIM, relation=">=", target=0.0, statistic="low")
    sure, unsure, one = row(claim, [0.2, 0.1, 0.3]), row(claim, [0.2, -0.1, 0.3]), row(claim, [0.2])
    assert sure["low"] == pytest.approx(0.1) and sure["high"] == pytest.approx(0.3) and sure["met"] is True
    assert unsure["mean"] > 0 > unsure["low"] and unsure["met"] is False
    assert one["low"] is None and one["met"] is None, "one value has no interval"
    assert row(CLAIM, [0.2, 0.1])["low"] is None


def test_rows_carry_the_budget_of_their_training(tmp_path):
    files.write_json(tmp_path / "size_x.json", {"x.error/seed_0": 0.05})
    rows = evaluate([CLAIM, REPORTED], tmp_path, budgets={"size.x.error": 16, "size.y.error": 8})
    assert [rows[name]["budget"] for name in ("size.x.error", "size.y.error")] == [16, 8]
    assert evaluate([CLAIM], tmp_path)["size.x.error"]["budget"] is None


def test_samples_are_one_value_or_one_per_seed_and_place():
    assert samples(CLAIM, {"x.error": 1.0}) == [1.0]
    assert samples(CLAIM, {"x.error/seed_0": 1.0, "x.error/anchor_1": 2.0, "x.error_other/seed_0": 9.0}) == [1.0, 2.0]


def test_rows_carry_mean_spread_and_the_chosen_statistic(tmp_path):
    files.write_json(tmp_path / "size_x.json", {"x.error/seed_0": 0.05, "x.error/seed_1": 0.13})
    row = evaluate([CLAIM], tmp_path)["size.x.error"]
    assert row["mean"] == pytest.approx(0.09)
    assert row["std"] == pytest.approx(0.08 / 2**0.5)
    assert row["n"] == 2 and row["met"] is True
    assert evaluate([replace(CLAIM, statistic="max")], tmp_path)["size.x.error"]["met"] is False
    assert evaluate([replace(CLAIM, statistic="min")], tmp_path)["size.x.error"]["met"] is True


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ({"y": "not in size_train.names"}, "y (not in size_train.names)"),
        ({"x": "not there", "y": "not in size_train.names"}, "y (not in size_train.names)"),
        ({"x": "not there", "z": "not there"}, "x, z (not there)"),
        ({}, "size_x does not measure it with these parameters"),
    ],
)
def test_a_claim_whose_experiment_is_left_out_is_not_measured(tmp_path, left_out, reason):
    files.write_json(tmp_path / "size_x.json", {"x.error/seed_0": 0.05, "y.errors/seed_0": 1.0})
    rows = evaluate([CLAIM, REPORTED, replace(CLAIM, id="gan.x", stage="gan_x")], tmp_path, {"size_x": left_out})
    assert "not_measured" not in rows["size.x.error"]
    assert rows["size.y.error"]["not_measured"] == reason
    assert rows["size.y.error"]["mean"] is None and rows["size.y.error"]["met"] is None
    assert rows["gan.x"]["not_measured"] == "gan_x does not measure it with these parameters"
    assert not_measured(rows) == ["size.y.error", "gan.x"]


def test_the_reason_is_that_of_the_longest_name():
    reasons = {"hole": "a", "hole_none": "b", "none": "c"}
    assert unmeasured(replace(CLAIM, id="size.hole.none.error"), reasons)["not_measured"] == "hole_none (b)"


def test_damaged_metrics_are_an_error(tmp_path):
    (tmp_path / "size_x.json").write_text("{")
    with pytest.raises(ValueError, match=r"size_x\.json: not JSON"):
        evaluate([CLAIM], tmp_path)


def test_the_line_of_the_stage_names_what_is_not_met():
    held, missed, silent = ({"met": met, "margin_std": None} for met in (True, False, None))
    assert tally({"a": held, "b": missed, "c": silent, "d": missed}) == "1 claims met, 2 not met: b, d"
    assert tally({"a": held, "b": held | {"margin_std": 1.9}}) == "2 claims met (1 narrowly), 0 not met"
    unknown = silent | {"not_measured": "x (not there)"}
    assert tally({"a": held, "b": unknown, "c": unknown}) == "1 claims met, 0 not met; 2 not measured"
