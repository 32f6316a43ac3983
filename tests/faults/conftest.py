"""The harness of faults: `pytest --faults tests/faults` (`make faults`) runs all of it, `pytest` alone a sample."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from harness import RELIABILITY, Bench, Tally, may_mount

TALLY = pytest.StashKey[Tally]()


def pytest_configure(config):
    config.stash[TALLY] = Tally()


def pytest_collection_modifyitems(config, items):
    """Without --faults, leave out what only the whole harness does."""
    if config.getoption("--faults"):
        return
    left_out = [item for item in items if item.get_closest_marker("faults")]
    items[:] = [item for item in items if not item.get_closest_marker("faults")]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """Print what was survived; what whole files of the harness tried, and passed, is kept in docs/reliability.md."""
    tally = config.stash[TALLY]
    if not tally.counts:
        return
    terminalreporter.section("faults survived")
    terminalreporter.write_line(tally.table())
    picked = config.option.keyword or config.option.markexpr or any("::" in word for word in config.args)
    if config.getoption("--faults") and exitstatus == 0 and not picked:
        page = RELIABILITY.read_text(encoding="utf-8")
        RELIABILITY.write_text(tally.kept_in(page), encoding="utf-8")


@pytest.fixture(scope="session")
def tally(request) -> Tally:
    return request.config.stash[TALLY]


@pytest.fixture(scope="session")
def bench(results, tmp_path_factory) -> Bench:
    """A copy of the smoke-size project without its MLflow runs, which other tests count."""
    root = tmp_path_factory.mktemp("faults") / "project"
    shutil.copytree(results, root, symlinks=True)
    return Bench(root)


@pytest.fixture(scope="session")
def wanted(bench) -> dict[str, str]:
    """The bytes of the uninterrupted run."""
    return bench.digests()


@pytest.fixture
def disk(tmp_path):
    if not may_mount(tmp_path):
        pytest.skip("mounting a tmpfs needs root; the limit on the size of files is tested without")
