"""What a variant uses beside its own lines in params.yaml: the content of files that it names, and values of its base.

DVC compares the lines. The stage `inputs` therefore writes the rest, in a file per variant that its stage depends on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from latentspace.pipeline import bases, digests, files, flat
from latentspace.pipeline.own_paths import own_path
from latentspace.pipeline.params import ParamsError, lookup

FOLDER = Path("data/inputs")
DEFINITIONS = ("variants", "sets", "sources")  # keys of a section under which it defines its variants
# Parameters that name a file or folder, or several.
PATHS = ("path", "file", "anchors_file", "anchors_from", "exported", "torchscript", "onnx")


def contents(params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Content of the file of every variant that runs, by its path below `FOLDER`.

    Args:
        params: params.yaml as it is, without completed variants.

    Raises:
        ParamsError: naming a variant that is missing or has a wrong base, or a file that is missing.
        OSError: naming a file that cannot be read.
    """
    complete = bases.completed(params)
    return {
        f"{section}/{name}.json": _content(f"{section}.{definitions}.{name}", params, complete)
        for section, definitions, name in _variants(complete)
    }


def _variants(params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Section, key of the definitions, and name of every variant that runs."""
    for section, values in params.items():
        for definitions in DEFINITIONS:
            if isinstance(values, Mapping) and definitions in values:
                names = values.get("names", values[definitions])
                yield from ((section, definitions, name) for name in names or ())


def _content(key: str, params: Mapping[str, Any], complete: Mapping[str, Any]) -> dict[str, Any]:
    own, whole = lookup(params, key), lookup(complete, key)
    if not isinstance(own, Mapping):
        raise ParamsError(f"params.yaml: {key}: expected a mapping")
    named = {name: value for name, value in flat.flatten(whole) if name.rpartition(".")[2] in PATHS}
    return {
        "base": {name: value for name, value in whole.items() if name not in own},
        "content_of": {name: _digests(f"{key}.{name}", path) for name, path in named.items() if path is not None},
    }


def _digests(key: str, path: Any) -> Any:
    return [_digests(key, each) for each in path] if isinstance(path, list) else _digest(key, path)


def _digest(key: str, path: str) -> str:
    try:
        return digests.digest(own_path(path), own_path(digests.MEMORY))
    except FileNotFoundError as error:
        raise ParamsError(f"params.yaml: {key}: {error.filename}: no such file or folder") from None


def write(folder: Path, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the files of all variants to `folder`, leave equal ones as they are, and delete all others there."""
    for name, values in wanted.items():
        path, text = folder / name, files.as_json(values)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            files.write_text(path, text)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
