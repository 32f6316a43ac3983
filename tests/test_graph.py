"""dvc.yaml against the code: every stage lists the modules it uses and exactly the parameters it reads."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from latentspace.core.params import ParamsError, read_yaml
from latentspace.core.stage import KINDS, _paths, declaration

sys.path.insert(0, str(Path(__file__).parent))
from imports import EXEMPT, ROOT, modules_of

STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]
SCRIPTS = sorted((ROOT / "stages").glob("*.py"))


def test_every_stage_has_its_script_and_every_script_its_stage():
    assert {path.stem for path in SCRIPTS} == set(STAGES)
    for name, stage in STAGES.items():
        assert stage["cmd"].startswith((f"python stages/{name}.py", f"${{launch}} stages/{name}.py"))
        assert f"stages/{name}.py" in stage["deps"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_code_dependencies_are_those_imported(script):
    used = set(modules_of(script))
    listed = {dep for dep in STAGES[script.stem]["deps"] if dep.startswith("src/")}
    covered = {module for module in used for dep in listed if module == dep or module.startswith(f"{dep}/")}
    assert used == covered, f"missing in dvc.yaml: {sorted(used - covered)}"
    idle = {dep for dep in listed if not any(m == dep or m.startswith(f"{dep}/") for m in used)}
    assert not idle, f"listed but not imported: {sorted(idle)}"
    assert not listed & EXEMPT


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_parameters_are_those_read(script):
    tree = ast.parse(script.read_text())
    read = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read":
            key = ast.unparse(node.args[1]).removeprefix("f").strip("'\"")
            read.add(re.sub(r"\{\w+\}", "${item.variant}", key))
    text = script.read_text()
    read |= {"seeds"} if "run.seeds" in text or "train_and_record" in text or "responses(run" in text else set()
    read |= {"seeds"} if "trials(run" in text else set()
    read |= {"seeds"} if " code(run" in text else set()
    read |= {"device", "precision"} if "train_and_record" in text or "run.compute" in text else set()
    assert read == set(STAGES[script.stem].get("params", []))


@pytest.mark.parametrize("folder", [ROOT, ROOT / "pretraining"], ids=["project", "pretraining"])
def test_declarations_are_those_that_dvc_resolves(folder, monkeypatch):
    from dvc.dvcfile import load_file
    from dvc.repo import Repo

    monkeypatch.chdir(folder)
    with Repo(str(folder)) as repo:
        graph = load_file(repo, str(folder / "dvc.yaml"))
        names = list(graph.stages)
        resolved = {name: graph.resolver.resolve_one(name)[name] for name in names}
    assert len(names) >= 5
    for name in names:
        listed = {kind: _paths(resolved[name].get(kind, [])) for kind in KINDS}
        found = declaration(name)
        assert list(found.params) == listed["params"], name
        assert list(found.deps) == listed["deps"], name
        assert list(found.outs) == listed["outs"] + listed["metrics"] + listed["plots"], name


@pytest.mark.parametrize("name", ["size_nothing", "size_train@nothing", "size_train", "size_disks@bias"])
def test_a_stage_that_is_not_declared_is_refused(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(ParamsError, match=f"dvc.yaml: no stage {name}"):
        declaration(name)


def imported_by(script: str) -> set[str]:
    """Heavy packages that a stage script has imported when its `main` begins."""
    code = f"import runpy, sys; runpy.run_path({script!r}); print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": "src"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    heavy = "torch torch._dynamo lightning_fabric scipy.stats sklearn dcor numba dvc mlflow pandas matplotlib"
    return set(heavy.split()) & set(done.stdout.split())


@pytest.mark.parametrize(
    ("script", "needs"),
    [
        ("stages/check.py", set()),
        ("stages/size_theory.py", {"matplotlib"}),
        ("stages/size_disks.py", {"matplotlib"}),
        ("stages/position_theory.py", {"matplotlib"}),
        ("stages/size_train.py", {"torch"}),
        ("stages/organise_train.py", {"torch"}),
        ("stages/gan_train.py", {"torch"}),
        ("stages/organise_codes.py", {"torch", "matplotlib", "pandas"}),
        ("stages/gan_codes.py", {"torch", "matplotlib", "pandas"}),
    ],
)
def test_a_stage_imports_no_package_that_it_does_not_need(script, needs):
    assert imported_by(script) <= needs


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_stage_script_fits_a_screen(script):
    assert len(script.read_text().splitlines()) <= 60


def test_every_root_stage_waits_for_the_check():
    outs = {str(next(iter(out)) if isinstance(out, dict) else out) for s in STAGES.values() for out in s["outs"]}
    patterns = [re.compile(re.sub(r"\\\$\\\{item\S*?\\\}", r"[^/]+", re.escape(out)) + "$") for out in outs]
    for name, stage in STAGES.items():
        made = [dep for dep in stage["deps"] if any(out.startswith(dep + "/") for out in outs)]
        made += [dep for dep in stage["deps"] if any(pattern.match(dep) for pattern in patterns)]
        assert made or name == "check" or any("${item" in dep for dep in stage["deps"]), name


def test_every_claim_comes_from_a_stage_and_has_its_formula():
    from latentspace.report.claims import CLAIMS

    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.stage in STAGES
        assert claim.formula and claim.slide
        assert (claim.target is None) == (claim.relation == "reported")


def test_params_sections_are_named_after_stages():
    assert set(read_yaml(ROOT / "params.yaml")) - {"seeds", "device", "precision", "launch"} <= set(STAGES)


def test_arrows_go_one_way():
    """Stages import chapters, chapters import core; `gan` may use `organise`; theory imports no network code."""
    chapters = {"size", "position", "organise", "gan"}
    allowed = {chapter: {chapter} for chapter in chapters} | {"core": set(), "gan": {"gan", "organise"}}
    for folder, known in allowed.items():
        for path in (ROOT / "src/latentspace" / folder).rglob("*.py"):
            imports = re.findall(r"^\s*(?:from|import) latentspace\.(\w+)", path.read_text(), flags=re.M)
            assert chapters & set(imports) <= known, path
    theory = (ROOT / "src/latentspace/size/theory.py").read_text()
    assert "torch" not in re.findall(r"^(?:from|import) (\w+)", theory, flags=re.M)


def test_nothing_committed_names_a_machine():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, files):
        path = ROOT / name
        if path.suffix in {".py", ".yaml", ".toml", ".md", ".txt", ".json", ".lock", ""} and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?<![\w.])/(root|home)/[a-z]", text), name
            assert not re.search(r"(index|find)-(url|links)\b", text), name
