import os
import shutil
from pathlib import Path

import jaxtyping
import pytest
from filelock import FileLock

ROOT = Path(__file__).parent.parent
# Shapes and types in annotations are checked while the tests run.
hook = jaxtyping.install_import_hook("latentspace", "beartype.beartype")
hook.__enter__()
os.environ["DVC_NO_ANALYTICS"] = "1"

from latentspace.core.parallel import one_thread  # noqa: E402, after the hook

one_thread()  # as in a stage; on tensors this small, threads take more time to meet than to work


def pytest_addoption(parser):
    parser.addoption("--faults", action="store_true", help="the whole harness of faults (half an hour), not a sample")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


CHANGED = ("bench", "own", "project")  # fixtures with files that tests change: those stay in order on one worker


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Begin with what changes the smoke-size project, end with copies of it: one worker makes it, others go on."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: 0 if "project" in item.fixturenames else 2 if "made" in item.fixturenames else 1)


def _group(item) -> str:
    """Tests that one worker runs: of one copy of the project, or of one file, as they share its fixtures."""
    file = item.nodeid.partition("::")[0] + (", of the project" if "made" in item.fixturenames else "")
    return next((name for name in CHANGED if name in item.fixturenames), file)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A folder with `project`, a smoke-size copy in which `dvc repro` has run, and `results`, that without its runs."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "smoke"
    with FileLock(f"{folder}.lock"):
        if not (folder / "results").exists():
            _make(folder)
    return folder


def _make(folder: Path) -> None:
    from latentspace import quick

    project, begun = folder / "project", folder / "begun"
    quick.prepare(ROOT, project)
    quick.run(project, "git", "add", ".")
    quick.run(project, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "start")
    quick.run(project, "dvc", "repro", quiet=True)
    shutil.copytree(
        project, begun, symlinks=True, ignore=shutil.ignore_patterns("mlflow.db*", "mlartifacts", ".tracking")
    )
    begun.replace(folder / "results")  # whole or not at all


@pytest.fixture(scope="session")
def project(made) -> Path:
    """The smoke-size project; tests restore what they change, and those of one worker alone use it."""
    return made / "project"


@pytest.fixture(scope="session")
def results(made) -> Path:
    """The smoke-size project as it was made, with no runs in MLflow: tests copy it."""
    return made / "results"
