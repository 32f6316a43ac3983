"""docs/reliability.md holds the tally, and it is large enough."""

import re

import pytest
from harness import RELIABILITY, Tally

LEAST = {"kills survived": 50, "malformed params.yaml refused": 200, "experiments landed": 6, "full disks survived": 20}
LEAST |= {"hostile files of generators": 300}


def test_the_tally_that_is_kept_is_that_of_the_whole_harness(pytestconfig):
    if pytestconfig.getoption("--faults"):
        pytest.skip("the whole harness writes it at its end")
    rows = re.findall(r"(?m)^\| (.+) \| (\d+) \|$", RELIABILITY.read_text(encoding="utf-8"))
    for what, least in LEAST.items():
        assert sum(int(number) for name, number in rows if name.startswith(what)) >= least, what


def test_counts_replace_those_of_the_same_fault():
    page = "# x\n<!-- tally -->\n| kills | 3 |\n| disks | 2 |\n<!-- end -->\n"
    kept = Tally({"kills": 5}).kept_in(page)
    assert kept == "# x\n<!-- tally -->\n| what | times |\n|---|---|\n| disks | 2 |\n| kills | 5 |\n<!-- end -->\n"
