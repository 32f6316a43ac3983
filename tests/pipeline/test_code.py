"""Which stages an edit of the code makes stale, through the real DVC at smoke size."""

import shutil
from pathlib import Path

import pytest

from latentspace.pipeline import quick

from ..smoke import dvc, stale

pytestmark = pytest.mark.pipeline

# One evaluation of each chapter; its stage and its module have the same name.
EVALUATIONS = ["size_reconstruction", "position_ablation", "organise_circular", "gan_sweep"]


@pytest.fixture(scope="module")
def own(results, tmp_path_factory) -> Path:
    copy = tmp_path_factory.mktemp("code") / "project"
    shutil.copytree(results, copy, symlinks=True)
    return copy


def append(project: Path, text: str) -> None:
    """Add a line to the modules of the four evaluations, and let DVC digest the code again."""
    for stage in EVALUATIONS:
        chapter, _, experiment = stage.partition("_")
        with (project / "src/latentspace" / chapter / f"{experiment}.py").open("a", encoding="utf-8") as module:
            module.write(text)
    dvc(project, "repro", "code")


def told(project: Path) -> dict[str, str]:
    """What `make status` says of the stages that are not up to date."""
    said = quick.run(project, "python", "-m", "latentspace.pipeline.status", quiet=True).stdout
    lines = [line.split(maxsplit=1) for line in said.partition("\n\n")[0].splitlines()]
    return {stage: state.partition("  ")[0] for stage, state in lines if not state.startswith("up to date")}


def test_an_edit_of_an_experiment_makes_its_stage_stale_and_then_the_report(own):
    append(own, "\n# A comment.\n")
    assert stale(own) == set() and told(own) == {}, "a comment changes no result"
    append(own, "\nUNUSED = 0\n")
    assert stale(own) == set(EVALUATIONS)
    modules = {stage: f"latentspace/{stage.replace('_', '/', 1)}.py" for stage in EVALUATIONS}
    assert told(own) == {stage: f"changed: {module}" for stage, module in modules.items()}
    dvc(own, "repro", *EVALUATIONS)
    assert stale(own) == {"report"}


def test_status_names_stages_whose_code_dvc_has_not_digested_yet(own):
    dvc(own, "repro")
    with (own / "stages/size_theory.py").open("a", encoding="utf-8") as script:
        script.write("\nUNUSED = 0\n")
    assert told(own) == {"size_theory": "changed: stages/size_theory.py"}
