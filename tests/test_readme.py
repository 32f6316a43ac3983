"""What people read is what the pipeline wrote."""

import re

import pytest

from latentspace.core.files import read_json
from latentspace.core.params import read_yaml
from latentspace.report import diagram
from latentspace.report.claims import CLAIMS
from latentspace.report.readme import BEGIN, END, headlines, shown_figures, with_table
from latentspace.report.table import evaluate, glossary, table


def test_the_committed_claims_are_those_of_the_committed_metrics(root):
    rows = evaluate(CLAIMS, root / "metrics")
    assert list(rows) == [claim.id for claim in CLAIMS], "a claim without its run"
    assert read_json(root / "metrics/claims.json") == rows
    assert (root / "metrics/claims.md").read_text() == table(rows)


def test_the_readme_shows_the_pipelines_table_and_committed_pictures(root):
    readme = (root / "README.md").read_text()
    assert readme == with_table(readme, table(headlines(read_json(root / "metrics/claims.json"))))
    copies = shown_figures(readme)
    assert copies and all((root / copy).is_file() for _, copy in copies)
    assert (root / "docs/claims.md").read_text() == glossary(CLAIMS)


def test_the_diagram_is_that_of_the_graph(root):
    stages = read_yaml(root / "dvc.yaml")["stages"]
    text = (root / "docs/graph.md").read_text()
    assert text == diagram.page(stages)
    assert all(f'{name}["' in text for name in stages if name not in {"check", "report"})
    arrows = set(diagram.edges(stages))
    wanted = {("size_disks", "size_train"), ("gan_train", "gan_codes"), ("gan_regressor", "gan_codes")}
    assert (
        wanted <= arrows
        and ("size_airy", "size_train") not in arrows
        and ("size_disks", "organise_train") not in arrows
    )


def test_markers_are_needed():
    assert with_table(f"a{BEGIN}old{END}b", "new") == f"a{BEGIN}\n\nnew\n{END}b"
    with pytest.raises(ValueError, match="markers"):
        with_table("no markers", "new")


def test_every_file_and_make_target_that_the_docs_name_exists(root):
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), flags=re.M))
    for page in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md"))]:
        text = page.read_text()
        assert set(re.findall(r"`make ([a-z-]+)`", text)) <= targets, page.name
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_slides_name_real_stages_and_figures(root):
    from ruamel.yaml import YAML

    stages = YAML(typ="safe").load((root / "dvc.yaml").read_text())["stages"]
    text = (root / "docs/slides.md").read_text()
    for stage in re.findall(r"`((?:size|position|organise|gan)_\w+)`", text):
        assert stage in stages or stage in {"size_train", "organise_train", "gan_train"}, stage
    for stage in re.findall(r"figures/(\w+)/", text):
        assert stage in stages, stage
