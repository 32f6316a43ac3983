"""Digests of the code that a script reaches: what counts as a change, and which imports are followed."""

import ast
import json

import pytest

from latentspace.pipeline import dependencies
from latentspace.pipeline.dependencies import code_of, digest, reached

MODULE = '''"""What it is."""

from __future__ import annotations

SIZE = 3


def area(radius: float, *, name: str = "disk") -> float:
    """Square pixels."""
    return 3.14 * radius**2  # of the disk


class Disk:
    """One disk."""

    radius: int = 1
'''


@pytest.fixture
def write(tmp_path):
    """Makes files of a project; returns the digests of stages/size_x.py."""

    def make(**texts: str) -> dict[str, str]:
        for name, text in texts.items():
            path = tmp_path / (
                "stages/size_x.py"
                if name == "script"
                else f"src/latentspace/{name.replace('__', '/').replace('init', '__init__')}.py"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        dependencies.digest.cache_clear()
        dependencies.imports.cache_clear()
        return code_of(tmp_path / "stages/size_x.py", tmp_path / "src")

    return make


def names(found: dict[str, str]) -> list[str]:
    return [path.removeprefix("latentspace/").removesuffix(".py") for path in found]


SAME = {
    "a comment": ("# of the disk", "# px²"),
    "a docstring of the module": ("What it is.", "Something else."),
    "a docstring of a function": ("Square pixels.", "Square pixels,\n\n    of the disk."),
    "a docstring of a class": ("One disk.", "A disk."),
    "no docstring": ('    """Square pixels."""\n', ""),
    "layout": ("SIZE = 3\n", "\n\n\nSIZE = (\n    3\n)\n"),
    "another way to write a string": ('"disk"', "'disk'"),
}
OTHER = {
    "a number": ("SIZE = 3", "SIZE = 4"),
    "an integer made a float": ("SIZE = 3", "SIZE = 3.0"),
    "a string": ('"disk"', '"ball"'),
    "an operator": ("radius**2", "radius*2"),
    "a default": ("radius: int = 1", "radius: int = 2"),
    "a name": ("SIZE", "WIDTH"),
    "a statement": ("SIZE = 3\n", "SIZE = 3\nUNUSED = 0\n"),
    "a string that is no docstring": ("    return 3.14", '    "a statement"\n    return 3.14'),
}


@pytest.mark.parametrize("change", SAME)
def test_what_changes_no_result_changes_no_digest(write, change):
    before = write(script="from latentspace.size import disk\n", size__disk=MODULE)
    assert MODULE.replace(*SAME[change]) != MODULE
    assert write(size__disk=MODULE.replace(*SAME[change])) == before


@pytest.mark.parametrize("change", OTHER)
def test_a_changed_statement_changes_the_digest_of_its_module_alone(write, change):
    before = write(script="from latentspace.size import disk\n", size__disk=MODULE)
    after = write(size__disk=MODULE.replace(*OTHER[change]))
    assert [path for path in after if after[path] != before[path]] == ["latentspace/size/disk.py"]


def test_imports_are_followed_through_modules_and_into_functions(write):
    found = write(
        script="def main():\n    from latentspace.size import a\n",
        size__a="import latentspace.size.b\nif False:\n    from latentspace.nn.d import x\n",
        size__b="import latentspace.nn.c as c, json\n",
        nn__c="from latentspace.size.a import f\n",
        nn__d="x = 1\n",
        nn__e="x = 1\n",
    )
    assert names(found) == ["nn/c", "nn/d", "size/a", "size/b", "stages/size_x"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import latentspace.size.a", ["size/a"]),
        ("import latentspace.size.a as b", ["size/a"]),
        ("import numpy, latentspace.size.a", ["size/a"]),
        ("from latentspace.size import a", ["size/a"]),
        ("from latentspace.size import a, b as c", ["size/a", "size/b"]),
        ("from latentspace.size.a import x", ["size/a"]),
        ("from latentspace import size", ["__init__"]),
        ("import latentspace", ["__init__"]),
        ("from latentspace.full import a", ["full/__init__", "full/a"]),
        ("import latentspace.full.a", ["full/__init__", "full/a"]),
        ("import latentspace_other.size.a", []),
        ("from json import a", []),
    ],
)
def test_every_form_of_import(write, line, found):
    """The packages of a module count too, unless their files are empty; the root only where it is named."""
    made = dict.fromkeys(("size__a", "size__b", "full__init", "full__a", "init"), "x = 1\n") | {"size__init": ""}
    assert names(write(script=f"{line}\n", **made)) == [*found, "stages/size_x"]


def test_a_relative_import_is_refused(write):
    with pytest.raises(ValueError, match=r"size/a\.py: line 2: a relative import"):
        write(script="import latentspace.size.a\n", size__a="x = 1\nfrom . import b\n", size__b="x = 1\n")


def test_modules_that_change_no_result_are_left_out_with_what_they_alone_import(write):
    found = write(
        script="from latentspace.pipeline.tracking import outbox\nfrom latentspace.nn import kinds\n",
        pipeline__tracking__outbox="import latentspace.size.a\n",
        nn__kinds="x = 1\n",
        size__a="x = 1\n",
    )
    assert names(found) == ["stages/size_x"]


def test_the_templates_beside_a_module_count(write, tmp_path):
    write(script="import latentspace.report.page\n", report__page="x = 1\n")
    template = tmp_path / "src/latentspace/report/page.html.j2"
    template.write_text("<p>")
    before = write()
    template.write_text("<b>")
    after = write()
    assert [path for path in after if after[path] != before[path]] == ["latentspace/report/page.html.j2"]


def test_a_syntax_error_is_one_line_that_names_file_and_line(write, tmp_path, monkeypatch, capsys):
    with pytest.raises(ValueError, match=r"disk\.py: line 2: "):
        write(script="from latentspace.size import disk\n", size__disk="x = 1\nx = = 2\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        dependencies.main("data/code")
    said = capsys.readouterr().err
    assert said.startswith("error: code: ") and said.count("\n") == 1
    assert "src/latentspace/size/disk.py: line 2: " in said


def test_every_script_has_its_file(write, tmp_path):
    found = write(script="from latentspace.size import disk\n", size__disk=MODULE)
    (tmp_path / "stages/size_y.py").write_text("import json\n")
    dependencies.write(tmp_path / "code", tmp_path / "stages", tmp_path / "src")
    assert sorted(path.name for path in (tmp_path / "code").iterdir()) == ["size_x.json", "size_y.json"]
    assert json.loads((tmp_path / "code/size_x.json").read_text()) == found


def test_fields_that_only_some_versions_of_python_have_do_not_count(tmp_path, monkeypatch):
    """Python 3.12 has added type parameters to functions and classes; a later version may add other empty fields."""
    (tmp_path / "disk.py").write_text(MODULE)
    dependencies.digest.cache_clear()
    before = digest(tmp_path / "disk.py")
    parse = ast.parse

    def parsed(text):
        tree = parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                node.type_params, node.later = [], None
                node._fields = (*node._fields, "type_params", "later")
            if isinstance(node, ast.Constant):
                node.kind = None
        return tree

    monkeypatch.setattr(dependencies.ast, "parse", parsed)
    dependencies.digest.cache_clear()
    assert digest(tmp_path / "disk.py") == before


def test_reached_modules_are_those_of_the_digests(write, tmp_path):
    found = write(script="from latentspace.size import disk\n", size__disk=MODULE)
    modules = reached(tmp_path / "stages/size_x.py", tmp_path / "src")
    assert {path.relative_to(tmp_path / "src").as_posix() for path in modules} == set(found) - {"stages/size_x.py"}
