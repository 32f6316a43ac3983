"""pretraining/dvc.yaml against the code: every stage lists the modules it uses and the parameters it reads."""

import re
import sys
from pathlib import Path

import pytest

from latentspace.core.params import read_yaml

sys.path.insert(0, str(Path(__file__).parent.parent))
from imports import EXEMPT, ROOT, modules_of

HERE = ROOT / "pretraining"
STAGES = {name: stage.get("do", stage) for name, stage in read_yaml(HERE / "dvc.yaml")["stages"].items()}
SCRIPTS = sorted((HERE / "stages").glob("*.py"))


def test_every_stage_has_its_script_and_every_script_its_stage():
    assert {path.stem for path in SCRIPTS} == set(STAGES)
    for name, stage in STAGES.items():
        assert stage["cmd"].startswith((f"python stages/{name}.py", f"${{launch}} stages/{name}.py"))
        assert f"stages/{name}.py" in stage["deps"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_code_dependencies_are_those_imported(script):
    used = set(modules_of(script))
    listed = {dep.removeprefix("../") for dep in STAGES[script.stem]["deps"] if dep.startswith("../src/")}
    covered = {module for module in used for dep in listed if module == dep or module.startswith(f"{dep}/")}
    assert used == covered, f"missing in dvc.yaml: {sorted(used - covered)}"
    assert not {dep for dep in listed if not any(m == dep or m.startswith(f"{dep}/") for m in used)}
    assert not listed & EXEMPT


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_parameters_are_those_read(script):
    text = script.read_text()
    read = {key.replace("{name}", "*") for key in re.findall(r'run\.read\(\w+, f?"([^"]+)"\)', text)}
    read |= {"seeds", "device", "precision"} if "train_and_record" in text else set()
    declared = {re.sub(r"\$\{[\w.]+\}", "*", key) for key in STAGES[script.stem].get("params", [])}
    assert read == declared


def test_products_stay_in_this_folder():
    """One in assets/, on which the project's stages depend, would make its `dvc repro` train for hours."""
    for stage in STAGES.values():
        outs = [out if isinstance(out, str) else next(iter(out)) for out in stage["outs"]]
        assert not [out for out in outs if out.startswith(("..", "/"))]
