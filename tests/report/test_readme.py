"""What people read is what the pipeline wrote."""

import re

import pytest

from latentspace.pipeline import bases
from latentspace.pipeline.files import read_json
from latentspace.pipeline.params import read_yaml
from latentspace.report import diagram
from latentspace.report.budgets import of_claims
from latentspace.report.claim import evaluate, not_measured
from latentspace.report.claims import CLAIMS, EVERY
from latentspace.report.page import number
from latentspace.report.readme import BEGIN, END, REPORT, headlines, main, shown_figures, with_table, without_runs
from latentspace.report.table import page, table


def test_the_committed_claims_are_those_of_the_committed_metrics(root):
    params = bases.read(root / "params.yaml")
    rows = evaluate(CLAIMS, root / "metrics", budgets=of_claims(CLAIMS, params))
    assert list(rows) == [claim.id for claim in CLAIMS], "a claim without its run"
    rows |= read_json(root / "photos/published/claims.json")
    assert set(rows) == {claim.id for claim in EVERY}
    assert read_json(root / "metrics/claims.json") == rows
    assert (root / "docs/claims.md").read_text() == page(EVERY, rows)


def test_the_readme_shows_the_pipelines_table_and_committed_pictures(root):
    readme = (root / "README.md").read_text()
    assert readme == with_table(readme, table(headlines(read_json(root / "metrics/claims.json"))))
    copies = shown_figures(readme)
    assert copies and all((root / copy).is_file() for _, copy in copies)


def test_the_committed_report_has_the_committed_numbers_and_needs_nothing_else(root):
    page, rows = (root / REPORT).read_text(), read_json(root / "metrics/claims.json")
    assert len(page.encode()) <= 4_000_000
    assert not not_measured(rows)
    for name, row in rows.items():
        assert f"<code>{name}</code></td><td>{number(row['mean'])}" in page, name
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert page.count('class="explorer"') == 3


def test_the_committed_report_has_no_links_to_runs():
    linked = (
        '<a href="#size">Size</a> <a href="http://127.0.0.1:5000/#/runs/a" target="_blank" rel="noopener">size_a</a>'
    )
    assert without_runs(linked) == '<a href="#size">Size</a> size_a'


def test_headlines_are_the_claims_with_a_target_in_the_order_of_the_slides(root):
    names = list(headlines(read_json(root / "metrics/claims.json")))
    assert names == [claim.id for claim in EVERY if claim.target is not None]
    assert names[0].startswith("size.") and names[-1].startswith("gan.")


def test_the_diagram_is_that_of_the_graph(root):
    stages = read_yaml(root / "dvc.yaml")["stages"]
    text = (root / "docs/graph.md").read_text()
    assert text == diagram.page(stages)
    assert set(re.findall(r"^    (\w+)\[", text, flags=re.M)) == set(stages) - diagram.LEFT_OUT
    arrows = set(diagram.edges(stages))
    assert {("size_disks", "size_train"), ("gan_train", "gan_codes"), ("gan_regressor", "gan_codes")} <= arrows
    assert not {("size_airy", "size_train"), ("size_disks", "organise_train")} & arrows


def test_variants_are_one_box():
    stages = {
        "size_a": {"cmd": "a", "outs": ["models/a"]},
        "size_b": {"foreach": "${b}", "do": {"deps": ["models/a"], "outs": [{"models/b/${key}": {"persist": True}}]}},
        "gan_c": {"matrix": {"v": "${c}"}, "deps": ["models/b"], "outs": ["figures/c/${item.v}"]},
        "gan_d": {"deps": ["models/bb"], "outs": ["figures/d"]},
    }
    assert diagram.edges(stages) == [("size_a", "size_b"), ("size_b", "gan_c")]
    lines = diagram.mermaid(stages).splitlines()
    assert '    size_b["size_b × variants"]' in lines and '    gan_d["gan_d"]' in lines


def test_markers_are_needed():
    assert with_table(f"a{BEGIN}old{END}b", "new") == f"a{BEGIN}\n\nnew\n{END}b"
    with pytest.raises(ValueError, match="markers"):
        with_table("no markers", "new")


def test_only_runs_of_all_variants_are_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text(f"{BEGIN}{END}")
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/claims.json").write_text('{"size.x": {"not_measured": "bias (not in size_train.names)"}}')
    with pytest.raises(SystemExit, match=r"1 claims are not measured, such as size\.x: bias \(not in size_train"):
        main()
    assert (tmp_path / "README.md").read_text() == f"{BEGIN}{END}"


def test_every_file_and_make_target_that_the_docs_name_exists(root):
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), flags=re.M))
    for path in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md"))]:
        text = path.read_text()
        assert set(re.findall(r"`make ([a-z-]+)`", text)) <= targets, path.name
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (path.parent / link).exists(), f"{path.name} links to {link}"


def test_slides_name_real_stages_and_figures(root):
    stages = read_yaml(root / "dvc.yaml")["stages"]
    text = (root / "docs/slides.md").read_text()
    for stage in re.findall(r"`((?:size|position|organise|gan)_\w+)`", text):
        assert stage in stages, stage
    for stage in re.findall(r"figures/(\w+)/", text):
        assert stage in stages, stage
