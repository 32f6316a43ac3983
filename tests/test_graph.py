"""dvc.yaml against the code: stages and scripts, digests of code, parameters, DVC's own reading of the declarations."""

import os
import re
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from latentspace.pipeline.declaration import KINDS, declaration, paths
from latentspace.pipeline.dependencies import EXEMPT, code_of
from latentspace.pipeline.params import ParamsError, read_yaml

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
FOLDERS = {"project": ROOT, "pretraining": ROOT / "pretraining", "photos": ROOT / "photos"}


def stages(folder: Path) -> dict[str, dict]:
    return {name: stage.get("do", stage) for name, stage in read_yaml(folder / "dvc.yaml")["stages"].items()}


def scripts(folder: Path) -> list[Path]:
    return sorted((folder / "stages").glob("*.py"))


STAGES = stages(ROOT)
SCRIPTS = scripts(ROOT)
ALL_SCRIPTS = [script for folder in FOLDERS.values() for script in scripts(folder)]
in_both = pytest.mark.parametrize("folder", FOLDERS.values(), ids=list(FOLDERS))


@in_both
def test_every_stage_has_its_script_and_every_script_its_stage(folder):
    assert {path.stem for path in scripts(folder)} == set(stages(folder)) - {"code"}
    for name, stage in stages(folder).items():
        if name != "code":
            assert stage["cmd"].split(" stages/")[0] in {"python", "${launch}"}
            assert re.match(rf"\S+ stages/{name}\.py( |$)", stage["cmd"])


@in_both
def test_every_stage_depends_on_the_digests_of_its_code_and_on_no_code_itself(folder):
    for name, stage in stages(folder).items():
        if name == "code":
            assert stage["outs"] == ["data/code"]
            continue
        deps = paths(stage["deps"])
        assert [dep for dep in deps if dep.startswith("data/code")] == [f"data/code/{name}.json"]
        assert not [dep for dep in deps if re.match(r"(\.\./)?(src|stages)(/|$)", dep)]


@in_both
def test_declarations_are_those_that_dvc_resolves(folder, monkeypatch):
    from dvc.dvcfile import load_file
    from dvc.repo import Repo

    monkeypatch.chdir(folder)
    with Repo(str(folder)) as repo:
        graph = load_file(repo, str(folder / "dvc.yaml"))
        resolved = {name: graph.resolver.resolve_one(name)[name] for name in graph.stages}
    assert len(resolved) >= 5
    for name in resolved:
        listed = {kind: paths(resolved[name].get(kind, [])) for kind in KINDS}
        found = declaration(name)
        assert list(found.params) == listed["params"], name
        assert list(found.deps) == listed["deps"], name
        assert list(found.outs) == listed["outs"] + listed["metrics"] + listed["plots"], name
        assert bool(found.own) <= ("@" in name), name
    lock = read_yaml(folder / "dvc.lock")["stages"]
    assert not set(lock) - set(resolved), "entries of stages that are gone"
    written = {out for name in resolved for out in declaration(name).outs}
    committed = {path.relative_to(folder).as_posix() for path in (folder / "metrics").rglob("*.json")}
    assert committed <= written, "metrics of stages that are gone"


@pytest.mark.parametrize("name", ["size_nothing", "size_train@nothing", "size_train", "size_disks@bias"])
def test_a_stage_that_is_not_declared_is_refused(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(ParamsError, match=f"dvc.yaml: no stage {name}"):
        declaration(name)


def test_products_of_pretraining_stay_in_its_folder():
    """One in assets/, on which the project's stages depend, would make its `dvc repro` train for hours."""
    for stage in (stage for name in ("pretraining", "photos") for stage in stages(FOLDERS[name]).values()):
        assert not [out for out in paths(stage["outs"]) if out.startswith(("..", "/"))]


def test_every_root_stage_waits_for_the_check():
    outs = [out for stage in STAGES.values() for kind in ("outs", "metrics") for out in paths(stage.get(kind, []))]
    made = [fixed(out) for out in outs if out != "data/code"]
    for name, stage in STAGES.items():
        deps = [fixed(dep) for dep in paths(stage["deps"])]
        waits = any(dep == out or within(dep, out) or within(out, dep) for dep in deps for out in made)
        assert waits or name in {"code", "check"}, name


def fixed(path: str) -> str:
    """A path of dvc.yaml up to its first template."""
    return path.partition("${")[0].rstrip("/")


def within(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def test_params_sections_are_named_after_stages():
    assert set(read_yaml(ROOT / "params.yaml")) - {"seeds", "device", "precision", "launch"} <= set(STAGES)


def test_every_claim_comes_from_a_stage_and_has_its_formula():
    from latentspace.report.claims import EVERY

    assert len({claim.id for claim in EVERY}) == len(EVERY)
    known = {*STAGES, *stages(FOLDERS["photos"])}
    for claim in EVERY:
        assert claim.stage in known
        assert claim.formula and claim.slide
        assert (claim.target is None) == (claim.relation == "reported")


# ---- Which code makes which stage stale ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reaching() -> dict[Path, set[str]]:
    """Scripts that import a module, directly or not, by module, as the compiled code says."""
    found: dict[Path, set[str]] = {}
    direct: dict[Path, set[Path]] = {}

    def imported(path: Path) -> set[Path]:
        if path not in direct:
            direct[path] = imported_by_bytecode(path)
        return direct[path]

    for script in ALL_SCRIPTS:
        seen, todo = set(), [script]
        while todo:
            new = imported(todo.pop()) - seen
            seen |= new
            todo += new
        for module in seen:
            found.setdefault(module, set()).add(name_of(script))
    return found


def name_of(script: Path) -> str:
    return script.relative_to(ROOT).as_posix()


def imported_by_bytecode(path: Path) -> set[Path]:
    """Modules of this package that a file imports, read from its compiled code: not how `dependencies` reads them."""
    finder, found = ModuleFinder(), set()
    todo = [compile(path.read_text(encoding="utf-8"), str(path), "exec")]
    while todo:
        code = todo.pop()
        todo += [constant for constant in code.co_consts if hasattr(constant, "co_code")]
        for kind, details in finder.scan_opcodes(code):
            if kind == "absolute_import":
                names, module = details
                found |= {module, *(f"{module}.{name}" for name in names or ())}
            assert kind != "relative_import", path
    files = [SOURCE.joinpath(*name.split(".")) for name in found if name.split(".")[0] == "latentspace"]
    modules = {file.with_suffix(".py") for file in files} | {file / "__init__.py" for file in files}
    return {m for m in modules if m.is_file() and m.stat().st_size and not exempt(m)}


def exempt(module: Path) -> bool:
    return module.relative_to(SOURCE).as_posix().startswith(EXEMPT)


def test_a_module_makes_exactly_the_stages_stale_whose_script_reaches_it(reaching):
    digests = {name_of(script): set(code_of(script, SOURCE)) for script in ALL_SCRIPTS}
    for module in sorted(SOURCE.rglob("*.py")):
        path = module.relative_to(SOURCE).as_posix()
        assert {name for name, found in digests.items() if path in found} == reaching.get(module, set()), path


def test_the_module_of_an_evaluation_belongs_to_its_stage_alone(reaching):
    for script in SCRIPTS:
        chapter, _, experiment = script.stem.partition("_")
        module = SOURCE / "latentspace" / chapter / f"{experiment}.py"
        if module.is_file() and not experiment.startswith("train"):
            assert {name for name in reaching[module] if name.startswith("stages/")} == {name_of(script)}


def test_a_training_does_not_depend_on_drawing():
    for script in SCRIPTS:
        if "_train" in script.stem:
            assert not [path for path in code_of(script, SOURCE) if path.startswith("latentspace/plots/")], script.stem


def test_what_a_script_imports_at_run_time_is_in_its_digests():
    """Also what is imported by name, as strings; the package root and empty modules hold no result."""
    for script in (ROOT / "stages" / f"{name}.py" for name in ("size_reconstruction", "organise_codes", "gan_codes")):
        code = f"import runpy, sys; runpy.run_path({str(script)!r}); print(*sys.modules)"
        loaded = [name for name in python(code).split() if name.startswith("latentspace.")]
        files = [SOURCE.joinpath(*name.split(".")).with_suffix(".py") for name in loaded]
        known = {SOURCE / path for path in code_of(script, SOURCE)}
        assert {file for file in files if file.is_file() and not exempt(file)} <= known


def python(code: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


HEAVY = {"torch", "torch._dynamo", "lightning_fabric", "scipy.stats", "sklearn", "dcor", "numba"}
HEAVY |= {"dvc", "mlflow", "pandas", "matplotlib"}


@pytest.mark.parametrize(
    ("script", "needs"),
    [
        ("stages/check.py", set()),
        ("stages/inputs.py", set()),
        ("stages/size_theory.py", {"matplotlib"}),
        ("stages/size_disks.py", {"matplotlib"}),
        ("stages/position_theory.py", {"matplotlib"}),
        ("stages/size_train.py", {"torch"}),
        ("stages/organise_train.py", {"torch", "sklearn", "scipy.stats", "pandas"}),
        ("stages/gan_train.py", {"torch", "sklearn", "scipy.stats", "pandas"}),
        ("stages/organise_codes.py", {"torch", "matplotlib", "pandas"}),
        ("stages/gan_codes.py", {"torch", "matplotlib", "pandas"}),
    ],
)
def test_a_stage_imports_no_package_that_it_does_not_need(script, needs):
    """Packages that a script has imported when its `main` begins: each takes a second."""
    code = f"import runpy, sys; runpy.run_path({script!r}); print(*sys.modules)"
    assert HEAVY & set(python(code).split()) <= needs


def test_nothing_committed_names_a_machine():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, files):
        path = ROOT / name
        if path.suffix in {".py", ".yaml", ".toml", ".md", ".txt", ".json", ".lock", ""} and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?<![\w.])/(root|home)/[a-z]", text), name
            assert not re.search(r"(index|find)-(url|links)\b", text), name
