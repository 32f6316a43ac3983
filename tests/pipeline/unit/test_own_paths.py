"""Files and folders that params.yaml names: relative to the project, wherever a stage runs."""

from pathlib import Path

import pytest

from latentspace.pipeline import quick
from latentspace.pipeline.own_paths import ROOTS, OwnFile, OwnFolder, own_path
from latentspace.pipeline.params import ParamsError, Section, parse


class Named(Section):
    path: OwnFile | None = None
    folder: OwnFolder | None = None


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A project with files of the user, and a copy of it in which commands run."""
    for name in ROOTS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "project/photos").mkdir(parents=True)
    (tmp_path / "project/celeba.pth").touch()
    (tmp_path / "project/.dvc/tmp/exps/copy").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def test_a_relative_path_stays_relative_in_the_project(folder, monkeypatch):
    assert own_path("celeba.pth") == Path("celeba.pth")
    monkeypatch.setenv("DVC_ROOT", str(folder))
    assert own_path("celeba.pth") == Path("celeba.pth")


@pytest.mark.parametrize("name", ROOTS)
def test_in_a_copy_it_is_that_of_the_project(folder, monkeypatch, name):
    monkeypatch.chdir(folder / ".dvc/tmp/exps/copy")
    monkeypatch.setenv("DVC_ROOT", str(Path.cwd()))  # what DVC sets in the copy of `make quick`
    monkeypatch.setenv(name, str(folder))
    assert own_path("celeba.pth") == folder / "celeba.pth"
    assert own_path("/elsewhere/celeba.pth") == Path("/elsewhere/celeba.pth")
    assert parse(Named, {"path": "celeba.pth", "folder": "photos"}).folder == folder / "photos"


def test_the_copy_of_make_quick_uses_the_files_of_the_project(folder, monkeypatch):
    environments = []
    monkeypatch.setattr(quick, "prepare", lambda *_: None)
    monkeypatch.setattr(quick.repro, "in_turn", lambda *words: environments.append(words[2]) or 0)
    monkeypatch.setenv(ROOTS[0], "/elsewhere")
    with pytest.raises(SystemExit):
        quick.main(".quick")
    assert environments[0][ROOTS[0]] == str(folder)
    assert not {*ROOTS} & {*quick.environment(folder)}, "in the copies of tests, their own files"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"path": "gone.pth"}, "path: gone.pth: no such file"),
        ({"path": "photos"}, "path: photos: no such file"),
        ({"folder": "celeba.pth"}, "folder: celeba.pth: no such folder"),
        ({"folder": ""}, "folder: input should be the path of a folder"),
        ({"folder": "  "}, "folder: input should be the path of a folder"),
        ({"path": 3}, "path: input should be the path of a file"),
        ({"path": ["celeba.pth"]}, "path: input should be the path of a file"),
        ({"path": "x" * 5000}, "no such file"),
        ({"path": "nul\0"}, "no such file"),
        ({"folder": "."}, "contains this project"),
        ({"folder": "/"}, "contains this project"),
    ],
)
def test_what_is_not_there_is_named_in_one_line(values, says):
    with pytest.raises(ParamsError) as caught:
        parse(Named, values)
    assert says in str(caught.value) and str(caught.value).startswith("params.yaml: ")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700
