"""docs/reliability.md holds the tally of a whole run, and it is large enough."""

import re

import pytest
from harness import RELIABILITY

LEAST = {"kills survived": 50, "malformed params.yaml refused": 200, "experiments landed": 6, "full disks survived": 20}


def test_the_tally_that_is_kept_is_that_of_a_whole_run(pytestconfig):
    if pytestconfig.getoption("--faults"):
        pytest.skip("a whole run writes it at its end")
    rows = re.findall(r"(?m)^\| (.+) \| (\d+) \|$", RELIABILITY.read_text(encoding="utf-8"))
    for what, least in LEAST.items():
        assert sum(int(number) for name, number in rows if name.startswith(what)) >= least, what
