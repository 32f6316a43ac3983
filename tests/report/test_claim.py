"""Claims: samples, statistics, relations, and what a missing metric says."""

from dataclasses import replace

import pytest

from latentspace.pipeline import files
from latentspace.report.claim import Claim, evaluate, met, samples, tally

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


def test_a_claim_whose_experiment_is_left_out_has_no_row(tmp_path, capsys):
    files.write_json(tmp_path / "size_x.json", {"x.error/seed_0": 0.05})
    assert list(evaluate([CLAIM, REPORTED], tmp_path)) == ["size.x.error"]
    assert "claim size.y.error: stage size_x wrote no metric y.error; its row is left out" in capsys.readouterr().out


def test_a_claim_without_its_metric_is_an_error():
    with pytest.raises(ValueError, match=r"claim size\.x\.error: stage size_x wrote no metric x\.error"):
        samples(CLAIM, {"x.errors/seed_0": 1.0})


def test_the_line_of_the_stage_names_what_is_not_met():
    rows = {"a": {"met": True}, "b": {"met": False}, "c": {"met": None}, "d": {"met": False}}
    assert tally(rows) == "1 claims met, 2 not met: b, d"
    assert tally({"a": {"met": True}}) == "1 claims met, 0 not met"
