"""`make status`: states of stages and differences of claims."""

import pytest

from latentspace.status import changed_claims, record_of, state_of


@pytest.fixture
def ran(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = record_of("size_train@bias")
    record.parent.mkdir(parents=True)
    record.write_text("{}")


def test_a_stage_that_dvc_does_not_name_is_up_to_date(ran):
    assert state_of("size_train@bias", {}) == "up to date"


def test_a_stage_without_a_record_never_ran(ran):
    assert state_of("size_airy", {"size_airy": [{"changed outs": {"figures/size_airy": "deleted"}}]}) == "never run"


def test_what_changed_is_named(ran):
    changes = [
        {"changed deps": {"params.yaml": {"size_train.training": "modified"}, "src/latentspace/core": "modified"}},
        {"changed outs": {"a": "deleted", "b": "deleted"}},
        "changed command",
    ]
    said = state_of("size_train@bias", {"size_train@bias": changes})
    assert said == "changed: params.yaml: size_train.training, src/latentspace/core, a and 1 more"


def test_differences_of_claims():
    before = {"a": {"mean": 1.0, "met": True}, "b": {"mean": 2.0, "met": None}, "c": {"mean": 3.0, "met": True}}
    now = {"a": {"mean": 1.5, "met": False}, "b": {"mean": 2.0, "met": None}, "d": {"mean": 4.0, "met": None}}
    assert changed_claims(before, now) == ["a: 1 → 1.5 (met → not met)", "c: gone", "d: new"]
    assert changed_claims(before, before) == []
