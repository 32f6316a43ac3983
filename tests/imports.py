"""Which modules a stage script imports, directly or not: what dvc.yaml must list, as DVC does not look."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXEMPT = {"src/latentspace/tracking.py"}  # changes no result; see CONTRIBUTING.md


def module_file(name: str) -> Path | None:
    """File of a module of this package, or None."""
    base = ROOT / "src" / Path(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def imported(path: Path) -> set[Path]:
    """Files of this package that `path` imports by name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found |= {file for name in names if name.startswith("latentspace.") and (file := module_file(name))}
    return found


def modules_of(script: Path) -> list[str]:
    """All non-empty modules that `script` reaches, as paths relative to the root, sorted."""
    seen: set[Path] = set()
    todo = [script]
    while todo:
        for file in imported(todo.pop()) - seen:
            seen.add(file)
            todo.append(file)
    paths = (file.relative_to(ROOT).as_posix() for file in seen if file.read_text(encoding="utf-8").strip())
    return sorted(set(paths) - EXEMPT)


if __name__ == "__main__":
    for script in sys.argv[1:] or sorted(map(str, (ROOT / "stages").glob("*.py"))):
        print(script, *(f"    - {path}" for path in modules_of(Path(script).resolve())), sep="\n")
