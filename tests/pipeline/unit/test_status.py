"""`make status`: states of stages and differences of claims."""

from types import SimpleNamespace

import pytest

from latentspace.pipeline.status import CODE, INPUTS, changed_claims, changed_values, of_last_run, record_of, state_of


@pytest.fixture
def ran(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = record_of("size_train@bias")
    record.parent.mkdir(parents=True)
    record.write_text("{}")


def test_a_stage_without_changes_is_up_to_date(ran):
    assert state_of("size_train@bias", [], {CODE: [], INPUTS: []}) == "up to date"
    assert state_of("size_train@bias", [], {CODE: None, INPUTS: None}) == "up to date"


def test_a_stage_without_a_record_never_ran(ran):
    assert state_of("size_airy", [{"changed outs": {"figures/size_airy": "deleted"}}], {}) == "never run"


def test_what_changed_is_named(ran):
    changes = [
        {"changed deps": {"params.yaml": {"size_train.training": "modified"}, "data/size/disks.npz": "modified"}},
        {"changed outs": {"a": "deleted", "b": "deleted"}},
        "changed command",
    ]
    said = state_of("size_train@bias", changes, {CODE: []})
    assert said == "changed: params.yaml: size_train.training, data/size/disks.npz, a and 2 more"
    assert state_of("size_train@bias", ["changed command"], {CODE: []}) == "changed: command"


def test_changed_modules_are_named_instead_of_their_digests(ran):
    changes = [{"changed deps": {"data/code/size_train.json": "modified"}}]
    known = {CODE: ["latentspace/nn/fit.py"]}
    assert state_of("size_train@bias", changes, known) == "changed: latentspace/nn/fit.py"
    assert state_of("size_train@bias", [], known) == "changed: latentspace/nn/fit.py"
    unknown = state_of("size_train@bias", changes, {CODE: None, INPUTS: []})
    assert unknown == "changed: data/code/size_train.json", "not in DVC's cache"
    assert state_of("size_train@bias", changes, {CODE: []}) == "up to date", "DVC's stage `code` has not run since"


def test_changed_files_and_values_of_a_base_are_named(ran):
    changes = [{"changed deps": {"data/inputs/size_train/bias.json": "modified"}}]
    assert state_of("size_train@bias", changes, {CODE: [], INPUTS: ["base.steps"]}) == "changed: base.steps"
    assert state_of("size_train@bias", changes, {CODE: [], INPUTS: []}) == "up to date"
    assert state_of("size_train@bias", changes, {CODE: [], INPUTS: None}).endswith("data/inputs/size_train/bias.json")


def test_modules_that_changed_came_or_went():
    before, now = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert changed_values(before, now) == ["b", "c", "d"]
    assert changed_values(None, now) is None


def test_the_code_and_inputs_of_the_last_run_are_those_in_dvcs_cache(tmp_path):
    (tmp_path / "1234").write_text('{"stages/size_x.py": "1"}')
    cache = SimpleNamespace(oid_to_path=lambda digest: str(tmp_path / digest))

    def found(path, digest, folder=CODE):
        dep = SimpleNamespace(def_path=path, hash_info=SimpleNamespace(value=digest) if digest else None)
        return of_last_run(SimpleNamespace(deps=[dep]), cache, folder)

    assert found("data/code/size_x.json", "1234") == {"stages/size_x.py": "1"}
    assert found("data/code/size_x.json", "5678") is None
    assert found("data/code/size_x.json", None) is None, "the stage has not run"
    assert found("data/size/disks.npz", "1234") is None
    (tmp_path / "9").write_text('{"base": {"steps": 3, "a": {}}, "content_of": {"zoo": {"file": "1"}}}')
    wanted = {"base.steps": 3, "content_of.zoo.file": "1"}
    assert found("data/inputs/size_x/y.json", "9", INPUTS) == wanted
    assert found("data/inputs/size_x/y.json", "9") is None


def test_differences_of_claims():
    before = {"a": {"mean": 1.0, "met": True}, "b": {"mean": 2.0, "met": None}, "c": {"mean": 3.0, "met": True}}
    now = {"a": {"mean": 1.5, "met": False}, "b": {"mean": 2.0, "met": None}, "d": {"mean": 4.0, "met": None}}
    assert changed_claims(before, now) == ["a: 1 → 1.5 (met → not met)", "c: gone", "d: new"]
    assert changed_claims(before, before) == []


def test_claims_that_are_not_measured():
    some, none = {"mean": 1.0, "met": True}, {"mean": None, "met": None, "not_measured": "bias (not there)"}
    assert changed_claims({"a": some}, {"a": none}) == ["a: not measured: bias (not there)"]
    assert changed_claims({"a": none}, {"a": some}) == ["a: now measured, 1 (met)"]
    assert changed_claims({"a": none}, {"a": none}) == []
    assert changed_claims({}, {"a": none}) == ["a: new"]
