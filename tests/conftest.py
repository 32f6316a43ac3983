import os
from pathlib import Path

import jaxtyping
import pytest

ROOT = Path(__file__).parent.parent
# Shapes and types in annotations are checked while the tests run.
hook = jaxtyping.install_import_hook("latentspace", "beartype.beartype")
hook.__enter__()
os.environ["DVC_NO_ANALYTICS"] = "1"


def pytest_addoption(parser):
    parser.addoption("--faults", action="store_true", help="the whole harness of faults (half an hour), not a sample")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """A smoke-size copy of the project in which `dvc repro` has run once; tests restore what they change."""
    from latentspace import quick

    copy = tmp_path_factory.mktemp("quick") / "project"
    quick.prepare(ROOT, copy)
    quick.run(copy, "git", "add", ".")
    quick.run(copy, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "start")
    quick.run(copy, "dvc", "repro", quiet=True)
    return copy
