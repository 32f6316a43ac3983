"""The code as a whole: imports go one way and not too deep, modules and functions are short."""

import ast
import statistics
from functools import cache
from pathlib import Path

from latentspace.pipeline import dependencies

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "latentspace"
PUBLIC = PACKAGE / "__init__.py"  # the interface of the library, above all rooms
SCRIPTS = sorted(path for graph in (".", "pretraining", "photos") for path in (ROOT / graph / "stages").glob("*.py"))
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.stat().st_size)
CHAPTERS = {"size", "position", "organise", "gan"}
RANKS = {
    "pipeline": 0,
    "nn": 1,
    **dict.fromkeys(("measures", "images", "plots"), 2),
    "pca": 3,
    **dict.fromkeys(CHAPTERS, 4),
    **dict.fromkeys(("photos", "schema"), 5),
    **dict.fromkeys(("pretraining", "report"), 6),  # on what photos renders and measures
    "stages": 7,
}
DEEPEST = 7  # imports in a row, from a stage script on
EXEMPT = tuple(path.removeprefix("latentspace/") for path in dependencies.EXEMPT)


def imports(path: Path) -> tuple[Path, ...]:
    return dependencies.imports(path, SOURCE)


def room(path: Path) -> str:
    """The folder of a module below the package, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py") if path.is_relative_to(PACKAGE) else "stages"


def short(path: Path) -> str:
    return path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).as_posix()


def test_every_room_has_its_rank():
    assert {room(path) for path in MODULES if path != PUBLIC} == set(RANKS) - {"stages"}


def test_an_import_goes_to_a_lower_rank_or_stays_in_its_room():
    wrong = [
        f"{short(path)} → {short(module)}"
        for path in [*MODULES, *SCRIPTS]
        for module in imports(path)
        if path != PUBLIC and not may_import(path, module)
    ]
    assert not wrong


def may_import(path: Path, module: Path) -> bool:
    if module == PUBLIC:  # to read models of any kind
        return short(path) == "pipeline/tracking/sending.py"
    return room(module) == room(path) or RANKS[room(module)] < RANKS[room(path)]


def test_modules_are_imported_by_statements():
    """`dependencies` finds no others; nn/models.py loads the class of a saved model by its kind."""
    by_text = {
        short(path)
        for path in [*MODULES, *SCRIPTS]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) in {"import_module", "__import__"}
    }
    assert by_text == {"nn/models.py"}


def test_packages_hold_no_code():
    assert [path for path in PACKAGE.rglob("__init__.py") if path.stat().st_size] == [PUBLIC]


def test_imports_have_no_cycle():
    done: set[Path] = set()

    def visit(path: Path, above: tuple[Path, ...]) -> None:
        assert path not in above, " → ".join(map(short, (*above[above.index(path) :], path)))
        if path not in done:
            for module in imports(path):
                visit(module, (*above, path))
            done.add(path)

    for path in [*MODULES, *SCRIPTS]:
        visit(path, ())


@cache
def chain(path: Path) -> tuple[Path, ...]:
    """The longest row of imports that begins with a module, through code that results depend on."""
    below = [chain(module) for module in imports(path) if module != PUBLIC and not short(module).startswith(EXEMPT)]
    return (path, *max(below, key=len, default=()))


def test_imports_are_not_too_deep():
    found = [chain(script) for script in SCRIPTS]
    assert not [" → ".join(map(short, row)) for row in found if len(row) - 1 > DEEPEST]


def test_modules_are_short():
    lengths = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {name: length for name, length in lengths.items() if length > 300}
    assert max(len(script.read_text(encoding="utf-8").splitlines()) for script in SCRIPTS) <= 60, "a screen"


def test_functions_are_short():
    lengths = {
        f"{short(path)}: {node.name}": node.end_lineno - node.lineno + 1
        for path in [*MODULES, *SCRIPTS]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert statistics.median(lengths.values()) <= 8
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 20
    assert not {name: length for name, length in lengths.items() if length > 45}


def test_theory_needs_no_networks():
    for path in PACKAGE.rglob("theory.py"):
        imported = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
        assert not [name for name in imported if name.split(".")[0] == "torch"], path
