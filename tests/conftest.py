import os
import shutil
import sys
from pathlib import Path

import jaxtyping
import pytest
from filelock import FileLock

ROOT = Path(__file__).parent.parent
# Shapes and types in annotations are checked while the tests run.
hook = jaxtyping.install_import_hook("latentspace", "beartype.beartype")
hook.__enter__()
os.environ["DVC_NO_ANALYTICS"] = "1"

from latentspace.pipeline.workers import one_thread  # noqa: E402, after the hook

one_thread()  # as in a stage; on tensors this small, threads take more time to meet than to work


def pytest_addoption(parser):
    parser.addoption("--faults", action="store_true", help="all faults (45 minutes of processor time), not a sample")


@pytest.fixture(autouse=True)
def no_figures_left():
    """Close the figures of a test, as a warning of many open ones would fail a later test."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


# They change one smoke-size project, so that one worker runs them all.
TOGETHER = ("tests/browser/test_browser.py", "tests/pipeline/test_pipeline.py")
# The longest, up to ten minutes: they begin first of those that copy it, so that neither worker is left with one alone.
LONG = ("tests/pipeline/test_own_generator.py", "tests/pipeline/test_readme_commands.py")


def pytest_collection_modifyitems(items):
    """Files that change the smoke-size project run first, files that copy it last: one worker makes it meanwhile."""
    ranks = {}
    for item in items:
        file = item.nodeid.partition("::")[0]
        assert "project" not in item.fixturenames or file in TOGETHER, f"{file} is not in tests/conftest.py: TOGETHER"
        ranks[file] = max(ranks.get(file, 1), 3 if "made" in item.fixturenames else 1)
    ranks |= dict.fromkeys(TOGETHER, 0) | dict.fromkeys(LONG, 2)
    items.sort(key=lambda item: ranks[item.nodeid.partition("::")[0]])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Workers take whole files, in the order above: tests of a file share what its fixtures made."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "project" if file in TOGETHER else file

        def _reschedule(self, node):
            """Give a worker its next file with the last test of the one before, not with the last but one.

            A test begins when the next is known. Earlier, a file of two long tests would bind the next one to the same
            worker for as long as both take.
            """
            if not self.workqueue or self._pending_of(self.assigned_work[node]) <= 1:
                super()._reschedule(node)

    config.option.loadscopereorder = False
    return Files(config, log)


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
    from latentspace.pipeline import quick

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


@pytest.fixture
def complete(tmp_path):
    """A function that checks the measures of findings, by method, and that each picture can be written."""

    def check(findings, measures, pictures, seeds=(0, 1)):
        wanted = {
            f"{method}.{measure}/seed_{seed}"
            for method, names in measures.items()
            for measure in names
            for seed in seeds
        }
        found = [row.key for row in findings.rows]
        assert len(set(found)) == len(found)
        assert wanted <= set(found)
        assert set(findings.pictures) == set(pictures)
        for name, picture in findings.pictures.items():
            picture.save(tmp_path / name)
            assert (tmp_path / name).stat().st_size > 1000
        assert findings.summary
        return set(found) - wanted

    return check
