"""A whole graph of few variants in odd orders, from nothing; then of others, beside the results of the first."""

import json
import re

import pytest
from harness import Bench
from ruamel.yaml import YAML

from latentspace.pipeline import bases, quick

pytestmark = [pytest.mark.pipeline, pytest.mark.faults]

# Names by section; those of organise_train and gan_train are of variants.
FEW = {
    "size_train": ["hole_l2_both", "code_4", "contractive_averaging"],
    "size_silhouettes": ["corpus_callosum"],
    "size_train_silhouette": ["bias"],
    "organise_images": ["digits"],
    "organise_set": ["digits"],
    "organise_train": ["digits"],
    "gan_generator": ["faces"],
    "gan_train": ["faces"],
}
OTHERS = {
    "size_train": ["contractive_1", "random_init"],
    "size_silhouettes": ["digit_7", "digit_0"],
    "size_train_silhouette": ["bias_free"],
    "organise_images": ["dial", "ellipses"],
    "organise_set": [],
    "organise_train": ["circular_distance_correlation", "components_6", "pca_ae"],
    "gan_generator": ["avatars"],
    "gan_train": ["sweep", "no_cov"],
}


@pytest.fixture(scope="module")
def fresh(root, tmp_path_factory):
    """A smoke-size copy in which nothing has run."""
    copy = tmp_path_factory.mktemp("subsets") / "project"
    quick.prepare(root, copy)
    return Bench(copy)


def select(fresh, root, names):
    """Write params.yaml with these variants alone."""
    quick.prepare(root, fresh.root)
    path = fresh.root / "params.yaml"
    params = bases.read(path)
    for section, chosen in names.items():
        if section in {"organise_train", "gan_train"}:
            params[section]["variants"] = {name: params[section]["variants"][name] for name in chosen}
        else:
            params[section]["names"] = chosen
    YAML(typ="safe", pure=True).dump(params, path)


@pytest.mark.parametrize("names", [FEW, OTHERS], ids=["few", "others"])
def test_a_graph_of_few_variants(fresh, root, tally, names):
    select(fresh, root, names)
    done = fresh.run("dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    again = fresh.run("dvc", "repro").stdout
    assert set(re.findall(r"Running stage '([^']+)'", again)) <= {"inputs"}, again
    assert "left out: " in done.stdout
    rows = json.loads((fresh.root / "metrics/claims.json").read_text())
    measured = {name for name, row in rows.items() if row["n"]}
    assert f"{len(rows) - len(measured)} not measured" in done.stdout
    size = {name.split(".")[1] for name in measured if name.startswith("size.")}
    assert size <= {*names["size_train"], "hole", "theory", "optimum", "contractive", "digits", "corpus_callosum"}
    page = (fresh.root / "report/index.html").read_text()
    assert "Not drawn: " in page and "<h2" in page
    for generator in {"avatars", "faces"} - set(names["gan_generator"]):
        assert f"figures/gan_generator/{generator}/" not in page
    state = fresh.run("python", "-m", "latentspace.pipeline.status")
    assert state.returncode == 0, state.stderr
    assert "never run" not in state.stdout
    tally.add("subsets of the variants that ran through to the report")
