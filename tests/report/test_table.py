"""Claims as Markdown: every cell, and characters that would end a cell."""

from dataclasses import replace

import pytest

from latentspace.report.claim import Claim, row, unmeasured
from latentspace.report.table import markdown, obtained, page, table, target

CLAIMS = [
    Claim(id="size.x.error", stage="size_x", formula="largest |e|", slide="11", relation="<=", target=0.1, unit="px"),
    Claim(id="gan.y", stage="gan_y", formula="share", slide="45", reference="|cos|: 1"),
    Claim(id="size.z", stage="size_z", formula="not run", slide="12"),
]
ROWS = {
    "gan.y": row(CLAIMS[1], [0.25]) | {"budget": None},
    "size.x.error": row(CLAIMS[0], [0.05, 0.25]) | {"budget": 192000},
}


def test_the_short_table():
    assert table(ROWS) == (
        "| claim | obtained ± std | target | met | reference | slide |\n"
        "|---|---|---|---|---|---|\n"
        "| `gan.y` | 0.25 |  |  | \\|cos\\|: 1 | 45 |\n"
        "| `size.x.error` | 0.15 ± 0.14 px | ≤ 0.1 | **no** |  | 11 |\n"
    )


def test_the_page_has_every_claim_that_was_evaluated_by_chapter_and_in_the_order_of_the_slides():
    text = page(CLAIMS, ROWS)
    assert text.index("## Size") < text.index("`size.x.error`") < text.index("## Generators") < text.index("`gan.y`")
    assert (
        "| `size.x.error` | largest \\|e\\| | 0.15 ± 0.14 px | 2 | 192 000 | ≤ 0.1 | **no** |  | 11 | `size_x` |"
        in text
    )
    assert "| `gan.y` | share | 0.25 | 1 |  |  |  | \\|cos\\|: 1 | 45 | `gan_y` |" in text
    assert "size.z" not in text


def test_cells_cannot_end_a_row_early():
    line = markdown(["a", "b"], [["x | y", "z"]]).splitlines()[-1]
    assert line == "| x \\| y | z |"


@pytest.mark.parametrize(
    ("relation", "wanted", "statistic", "text"),
    [
        ("reported", None, "mean", ""),
        ("<=", 1e-5, "max", "≤ 1e-05 (max)"),
        (">=", 50.0, "min", "≥ 50 (min)"),
        ("=", 0.0, "mean", "= 0"),
        ("=", [7.83735, 1e-5], "mean", "7.83735 ± 1e-05"),
        ("in", [0.998, 1.000001], "mean", "[0.998, 1.000001]"),
    ],
)
def test_targets(relation, wanted, statistic, text):
    assert target({"relation": relation, "target": wanted, "statistic": statistic}) == text


def test_a_claim_that_is_not_measured_says_why():
    rows = {**ROWS, "size.z": unmeasured(CLAIMS[2], {"z": "not in size_train.names"}) | {"budget": None}}
    line = "| `size.z` | not run | not measured: z (not in size_train.names) | 0 |  |  |  |  | 12 | `size_z` |"
    assert line in page(CLAIMS, rows)


def test_one_value_has_no_spread():
    assert obtained({"mean": 2.0, "std": 0.0, "n": 1, "unit": "px", "low": None}) == "2 px"


def test_an_interval_is_shown_where_it_is_compared():
    claim = replace(CLAIMS[0], statistic="low", relation=">=")
    found = row(claim, [1.0, 3.0])
    assert obtained(found) == "2 ± 1.4 px [1, 3]" and target(found) == "≥ 0.1 (low)"


def test_a_narrow_claim_says_so():
    assert "| ≤ 0.1 | narrowly |" in table({"size.x.error": row(CLAIMS[0], [0.05, 0.09])})
