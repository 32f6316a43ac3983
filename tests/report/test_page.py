"""The report: every claim belongs to a section, nothing is fetched, values are escaped."""

import json
import re

import pytest
from PIL import Image

from latentspace.pipeline.files import read_json
from latentspace.report.claims import EVERY
from latentspace.report.page import filled, number, picture, render, target
from latentspace.report.results import Results
from latentspace.report.sections import CHAPTERS, place
from latentspace.report.size import PENALTIES

ROW = {
    "mean": 0.5,
    "std": 0.01,
    "n": 3,
    "unit": "px",
    "relation": "<=",
    "target": 1.0,
    "statistic": "mean",
    "met": True,
    "margin_std": 50.0,
    "low": None,
    "high": None,
    "budget": 192000,
    "reference": "<script>alert(1)</script>",
    "slide": "11",
    "stage": "size_reconstruction",
}


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """A small picture for every figure, and a file for every explorer."""
    folder = tmp_path_factory.mktemp("figures")
    for section in (section for chapter in CHAPTERS.values() for section in chapter):
        for name in (name.replace("*", "mine") for name in section.figures):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 10), "red").save(folder / name)
        for name in (name.replace("*", "mine") for name in section.explorers):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            view = {"title": "it's </script><b>", "place": "", "labels": ['"a"'], "networks": []}
            (folder / f"{name}.json").write_text(
                json.dumps({"views": [view], "networks": [], "channels": 1, "note": ""})
            )
    return folder


@pytest.fixture(scope="module")
def stages(figures):
    return sorted(path.name for path in figures.iterdir())


@pytest.fixture(scope="module")
def page(figures, stages):
    rows = {"size.bias.test_mse": ROW, "gan.direct.sharpness_ratio": ROW | {"met": False, "relation": ">="}}
    return render(rows, Results(figures, stages), {"size_reconstruction": "http://127.0.0.1:5000/#/runs/abc"})


def test_every_claim_has_a_section():
    homes = place([claim.id for claim in EVERY])
    chapters = {"size": "Size", "position": "Position", "organise": "Organise", "gan": "Generators"}
    for name, section in homes.items():
        assert section in CHAPTERS[chapters[name.split(".")[0]]]
    used = set(map(id, homes.values()))
    shown = [section for chapter in CHAPTERS.values() for section in chapter if not section.optional]
    idle = [section.title for section in shown if section.claims and id(section) not in used]
    assert not idle, f"sections whose claims all stand elsewhere: {idle}"
    assert place(["gan.mine.pca_ae.explained_k1"])["gan.mine.pca_ae.explained_k1"].optional
    with pytest.raises(ValueError, match="belongs to no section of the report"):
        place(["size.unheard_of"])


def test_an_own_generator_has_an_explorer_and_its_claims(figures, stages):
    page = render({"gan.mine.pca_ae.explained_k1": ROW}, Results(figures, stages), {})
    assert "Explorer: mine" in page and page.count("application/json") == 4
    assert '<a href="#explorer-mine">mine</a>' in page and '<section id="explorer-mine">' in page
    assert "Neighbourhoods of other generators" in page
    assert "Neighbourhoods of other generators" not in render({}, Results(figures, stages), {})


def test_claims_that_are_not_measured_and_figures_that_are_not_drawn_say_why(figures, stages):
    row = ROW | {"mean": None, "n": 0, "met": None, "not_measured": "bias <(not in size_train.names)>"}
    kept = [name for name in stages if name not in {"size_primitive", "size_hole"}]
    results = Results(figures, kept, {"size_primitive": {"bias": "not in size_train.names"}})
    page = render({"size.bias.threshold_r2": row, "size.bias.test_mse": ROW}, results, {})
    assert "1 of 1 claims with a target are met." in page
    assert "1 claims are not measured" in page
    assert "not measured: bias &lt;(not in size_train.names)" in page
    assert "Not drawn: size_primitive/primitive.png: bias (not in size_train.names)" in page
    assert "Not drawn: size_hole/hole.png: not made with these parameters" in page
    assert "figures/size_hole" not in page and "figures/size_primitive" not in page, "of a removed stage"


def test_narrow_claims_intervals_and_budgets_are_shown(figures, stages):
    rows = {"size.bias.test_mse": ROW | {"margin_std": 1.0}, "gan.direct.sharpness_ratio": ROW}
    rows |= {"gan.pca_ae.explained_margin": ROW | {"statistic": "low", "low": 0.125, "high": 0.75, "margin_std": None}}
    page = render(rows, Results(figures, stages), {})
    assert "3 of 3 claims with a target are met, 1 of them narrowly" in page
    assert page.count("<td>narrowly</td>") == 1 and page.count("<td>192 000</td>") == 3
    assert "0.5 ± 0.01 (n = 3) px [0.125, 0.75]" in page
    assert "narrowly" not in render({"size.bias.test_mse": ROW}, Results(figures, stages), {})


def test_texts_have_the_means_of_the_claims_that_they_name():
    assert filled("a {size.bias.test_mse}, b {size.z}", {"size.bias.test_mse": ROW}) == "a 0.5, b (not measured)"
    named = [
        name
        for chapter in CHAPTERS.values()
        for section in chapter
        for name in re.findall(r"\{([\w.]+)\}", section.text)
    ]
    assert named and set(named) <= {claim.id for claim in EVERY}


def test_what_the_text_says_of_the_hole_holds(root):
    rows = read_json(root / "metrics/claims.json")
    error = {name: rows[f"size.hole.{name}.radius_error_px"]["mean"] for name in PENALTIES}
    assert min(error, key=error.get) != "l2_encoder"
    assert max(error["l2_both"], error["contractive"]) < error["none"]
    outside = {key: value for key, value in read_json(root / "metrics/size_hole.json").items() if "_outside_px" in key}
    collapsed = [key.split(".")[1] for key, value in outside.items() if value > 5]
    assert set(collapsed) <= {"l2_encoder"}, "docs/size.md: only the penalty on the encoder's weights is unstable"


def test_nothing_is_fetched(page):
    assert not re.search(r"""(?:src|href)=["'](?!data:|#|http://127\.0\.0\.1:5000/#/runs/)""", page)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|<link(?! rel=\"icon\")", page)


def test_values_are_escaped(page):
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert page.count("<script>") == 1
    data = re.findall(r'<script type="application/json">(.*?)</script>', page)
    assert len(data) == 4 and all(json.loads(text)["views"][0]["title"] == "it's </script><b>" for text in data)


def test_numbers_targets_and_runs_are_shown(page):
    assert "0.5 ± 0.01 (n = 3) px" in page and "≤ 1" in page and "≥ 1" in page
    assert '<td class="missed">no</td>' in page and "1 of 2 claims" in page
    assert '<a href="http://127.0.0.1:5000/#/runs/abc"' in page


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5"), (1.234567, "1.23"), (2.3e-11, "2.3e-11"), (1e-5, "1e-5"), (-0.1, "-0.1")]
)
def test_numbers_are_short(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"relation": "reported", "target": None}, ""),
        ({"relation": "=", "target": 0.0}, "= 0"),
        ({"relation": "in", "target": [0.9, 1.0]}, "within 0.9 … 1"),
    ],
)
def test_targets_are_words(row, text):
    assert target(row) == text


def test_a_missing_figure_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.png: no such image"):
        picture(tmp_path / "gone.png")


def test_wide_figures_are_made_smaller(tmp_path):
    Image.effect_noise((4000, 100), 60).save(tmp_path / "wide.png")
    assert len(picture(tmp_path / "wide.png")) < 60_000
