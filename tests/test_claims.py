"""Claims: statistics, relations, and a table that says when a target is missed."""

import pytest

from latentspace.core import files
from latentspace.report.table import Claim, evaluate, met, samples, table

CLAIM = Claim("size.x.error", "size_x", "formula", "11", "px", "<=", 0.1)


@pytest.mark.parametrize(
    ("relation", "target", "value", "wanted"),
    [
        ("<=", 0.1, 0.1, True),
        ("<=", 0.1, 0.11, False),
        (">=", 5.0, 4.9, False),
        ("=", 1.0, 1.0, True),
        ("=", (7.8, 0.1), 7.91, False),
        ("=", (7.8, 0.1), 7.89, True),
        ("in", (0.998, 1.0), 1.01, False),
        ("reported", None, 3.0, None),
    ],
)
def test_relations(relation, target, value, wanted):
    assert met(Claim("a.b", "a", "f", "1", "", relation, target), value) is wanted


def test_rows_carry_mean_spread_and_the_chosen_statistic(tmp_path):
    files.write_json(
        tmp_path / "size_x.json", {"x.error/seed_0": 0.05, "x.error/seed_1": 0.13, "x.error_other/seed_0": 9}
    )
    row = evaluate([CLAIM], tmp_path)["size.x.error"]
    assert row["mean"] == pytest.approx(0.09)
    assert row["std"] == pytest.approx(0.08 / 2**0.5)
    assert row["n"] == 2 and row["met"] is True
    worst = Claim("size.x.error", "size_x", "formula", "11", "px", "<=", 0.1, "max")
    rows = evaluate([worst], tmp_path)
    assert rows["size.x.error"]["met"] is False
    assert "**no**" in table(rows) and "≤ 0.1 (max)" in table(rows)


def test_a_claim_whose_experiment_is_left_out_has_no_row(tmp_path, capsys):
    files.write_json(tmp_path / "size_x.json", {"x.error/seed_0": 0.05})
    gone = Claim("size.y.error", "size_x", "formula", "11")
    assert list(evaluate([CLAIM, gone], tmp_path)) == ["size.x.error"]
    assert "claim size.y.error: stage size_x wrote no metric y.error; its row is left out" in capsys.readouterr().out


def test_a_claim_without_its_metric_is_an_error():
    with pytest.raises(ValueError, match=r"claim size\.x\.error: stage size_x wrote no metric x\.error"):
        samples(CLAIM, {"x.errors/seed_0": 1.0})
