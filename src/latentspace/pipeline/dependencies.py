"""Digests of the code that a stage's results depend on: one file per stage, which dvc.yaml lists as a dependency.

    python -m latentspace.pipeline.dependencies data/code

DVC does not follow imports. The stage `code` does: for every script in stages/ it writes the modules that the script
imports, directly or not, each with a digest of its statements. Comments, docstrings and layout do not count, so
editing them makes no stage stale.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from latentspace.pipeline import files

SCRIPTS = Path("stages")
SOURCE = Path("src")
PACKAGE = "latentspace"
# Modules that change no result: the sending of runs, and the table of the classes of saved models.
EXEMPT = ("latentspace/pipeline/tracking/", "latentspace/nn/kinds.py")


def code_of(script: Path, source: Path = SOURCE) -> dict[str, str]:
    """Digests of a script, of all modules that it reaches and of the templates beside them, sorted by path.

    Raises:
        ValueError: naming the file and line of a syntax error or of a relative import.
    """
    modules = reached(script, source)
    templates = {template for module in modules for template in module.parent.glob("*.j2")}
    found = {path.relative_to(source).as_posix(): digest(path) for path in modules | templates}
    found[f"{script.parent.name}/{script.name}"] = digest(script)
    return dict(sorted(found.items()))


def reached(script: Path, source: Path = SOURCE) -> set[Path]:
    """Files of the modules of this package that `script` imports, directly or not, except those in `EXEMPT`."""
    found: set[Path] = set()
    todo = [script]
    while todo:
        modules = {module for module in imports(todo.pop(), source) if not _is_exempt(module, source)}
        todo += modules - found
        found |= modules
    return found


def _is_exempt(module: Path, source: Path) -> bool:
    return module.relative_to(source).as_posix().startswith(EXEMPT)


@cache
def imports(path: Path, source: Path) -> tuple[Path, ...]:
    """Non-empty files of this package that `path` imports, at the top or inside functions.

    Raises:
        ValueError: naming the file and line of a syntax error or of a relative import.
    """
    names: list[str] = []
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                raise ValueError(f"{path}: line {node.lineno}: a relative import, which is not followed")
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    ours = {part for name in names if name.partition(".")[0] == PACKAGE for part in _with_packages(name)}
    candidates = {_file(source, name) for name in ours}
    return tuple(sorted(file for file in candidates if file and file.stat().st_size))


def _with_packages(name: str) -> set[str]:
    """A module and the packages that contain it; the root package only if it is imported by name."""
    parts = name.split(".")
    return {name, *(".".join(parts[:length]) for length in range(2, len(parts)))}


def _file(source: Path, name: str) -> Path | None:
    base = source.joinpath(*name.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


@cache
def digest(path: Path) -> str:
    """First 32 hex digits of the SHA-256 of a module's statements without docstrings; of other files, of their bytes.

    It is the same for every supported version of Python.
    """
    content = "\n".join(_statements(_parsed(path))).encode() if path.suffix == ".py" else path.read_bytes()
    return hashlib.sha256(content).hexdigest()[:32]


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise ValueError(f"{path}: line {error.lineno}: {error.msg}") from None


def _statements(node: object) -> Iterator[str]:
    """A syntax tree as text: names of nodes and the values of their fields, without positions and empty fields."""
    if isinstance(node, list):
        for item in node:
            yield from _statements(item)
        yield ";"
    elif isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if name == "body" and _has_docstring(node):
                value = value[1:]
            if value not in (None, []):
                yield name
                yield from _statements(value)
    else:
        yield repr(node)


def _has_docstring(node: ast.AST) -> bool:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None


def write(folder: Path, scripts: Path = SCRIPTS, source: Path = SOURCE) -> None:
    """Write ``<folder>/<stage>.json`` for every script; raises ValueError as `code_of` does."""
    for script in sorted(scripts.glob("*.py")):
        files.write_json(folder / f"{script.stem}.json", code_of(script, source))


def main(folder: str) -> None:
    """Write the digests of the project in the working directory."""
    try:
        source = SOURCE if SOURCE.is_dir() else Path("..") / SOURCE  # pretraining/ is a subfolder
        write(Path(folder), source=source)
    except ValueError as error:
        print(f"error: code: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1])
