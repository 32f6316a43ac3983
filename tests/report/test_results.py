"""Results of variants that params.yaml does not select enter no report."""

import pytest

from latentspace.pipeline.files import write_json, write_text
from latentspace.report.results import Results, records
from latentspace.report.section import Section
from latentspace.report.sections import each


@pytest.fixture
def figures(tmp_path):
    for name in ("size_x/a.png", "organise_set/digits/t.png", "organise_set/removed/t.png", "gan_explorer/mine.json"):
        write_text(tmp_path / "figures" / name, "")
    return tmp_path / "figures"


def test_figures_of_removed_variants_are_left_out(figures):
    found = Results(figures, ["size_x", "organise_set@digits", "organise_set@new"])
    assert found.matching(["organise_set/*/t.png", "size_x/a.png"]) == ["organise_set/digits/t.png", "size_x/a.png"]
    assert found.matching(["organise_set/removed/t.png"]) == []
    assert found.matching(["size_x/a.png", "size_x/*.png"]) == ["size_x/a.png"], "once"


def test_the_reason_of_a_missing_figure_is_what_its_stage_left_out(figures):
    found = Results(figures, ["size_x", "size_y"], {"size_y": {"bias": "not there"}, "size_x": {}})
    patterns = ["size_x/a.png", "size_x/gone.png", "size_y/a.png", "size_y/*.gif", "size_x/*.gif"]
    assert found.missing(patterns) == [
        "size_x/gone.png: not made with these parameters",
        "size_y/a.png, size_y/*.gif: bias (not there)",
    ]


def test_records_of_removed_variants_are_left_out(tmp_path):
    for name in ("size_train@bias", "size_train@removed", "size_hole"):
        write_json(tmp_path / f"{name}.json", {"stage": name})
    found = records([tmp_path], ["size_hole", "size_train@bias", "size_theory"])
    assert [record["stage"] for record in found] == ["size_hole", "size_train@bias"]


def test_a_section_with_a_pattern_is_repeated_for_each_explorer_that_no_other_section_has(figures):
    section = Section(slides="47", title="Explorer: {name}", text="", explorers=("gan_explorer/*",))
    found = each(section, ["gan_explorer/avatars", "gan_explorer/mine"])
    assert [(one.title, one.explorers) for one in found] == [("Explorer: mine", ("gan_explorer/mine",))]
    plain = Section(slides="1", title="{name}", text="", explorers=("gan_explorer/avatars",))
    assert each(plain, ["gan_explorer/avatars"]) == [plain]
