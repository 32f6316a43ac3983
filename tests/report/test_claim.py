"""Claims: samples, statistics, relations, and claims that are not measured."""

from dataclasses import replace

import pytest

from latentspace.pipeline import files
from latentspace.report.claim import Claim, evaluate, met, not_measured, samples, tally, unmeasured

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
    rows = {"a": {"met": True}, "b": {"met": False}, "c": {"met": None}, "d": {"met": False}}
    assert tally(rows) == "1 claims met, 2 not met: b, d"
    assert tally({"a": {"met": True}}) == "1 claims met, 0 not met"
    unknown = {"met": None, "not_measured": "x (not there)"}
    assert tally({"a": {"met": True}, "b": unknown, "c": unknown}) == "1 claims met, 0 not met; 2 not measured"
