"""Every experiment on any of its variants, in any order: finite numbers, pictures that can be written."""

import math
import random
from itertools import combinations

import pytest

from latentspace.size import ablation, code, hole, reconstruction, silhouette_primitives, weights
from latentspace.size.params import Variant

PENALISED = {
    "low": Variant(penalty="contractive", weight=0.1, init="edges"),
    "averaging": Variant(penalty="contractive", weight=10.0),
}
HOLES = {"hole_none": [3.0, 5.0], "hole_l2_both": [2.0, 4.0]}


def subsets(names, most=5):
    """Every name alone, and other subsets drawn at random in a random order, at most `most` in all."""
    rng = random.Random(0)
    larger = [rng.sample(chosen, k) for k in range(2, len(names) + 1) for chosen in combinations(names, k)]
    return [[name] for name in names] + rng.sample(larger, min(len(larger), max(0, most - len(names))))


@pytest.fixture(scope="module")
def networks(pair):
    changes = {"linear_encoder": {"linear_encoder": True}, "code_2": {"code_size": 2}, "code_4": {"code_size": 4}}
    names = {*reconstruction.VARIANTS, *ablation.VARIANTS, *code.PLAIN, *PENALISED, *HOLES}
    return {name: pair(**changes.get(name, {"bias": name != "bias_free"})) for name in sorted(names)}


def check(findings, folder, methods):
    assert findings.summary and "left out" not in findings.summary
    assert len({row.key for row in findings.rows}) == len(findings.rows)
    assert all(math.isfinite(row.value) for row in findings.rows)
    assert {row.method for row in findings.rows} <= set(methods)
    for name, picture in findings.pictures.items():
        picture.save(folder / name)


@pytest.mark.parametrize("chapter", [reconstruction, weights, ablation], ids=lambda module: module.__name__)
def test_experiments_on_named_variants(networks, disks, tmp_path, chapter):
    for names in subsets(chapter.VARIANTS):
        check(chapter.experiment({name: networks[name] for name in names}, disks), tmp_path, names)


def test_code(networks, disks, tmp_path):
    for names in subsets([*code.PLAIN, *PENALISED], most=7):
        penalised = {name: PENALISED[name] for name in names if name in PENALISED}
        findings = code.experiment({name: networks[name] for name in names}, penalised, disks)
        check(findings, tmp_path, [*names, "contractive"])
        assert ("trade_off.png" in findings.pictures) == ("low" in names)


def test_hole(networks, disks, tmp_path):
    for names in subsets(list(HOLES)):
        holes = {name: HOLES[name] for name in names}
        findings = hole.experiment({name: networks[name] for name in names}, holes, disks)
        check(findings, tmp_path, [f"hole.{name.removeprefix('hole_')}" for name in names])


def test_silhouettes(networks, disks, tmp_path):
    for shapes in (["corpus_callosum"], ["digit_7", "corpus_callosum"], ["digit_3"]):
        for variants in subsets(silhouette_primitives.VARIANTS):
            found = {name: {variant: networks[variant] for variant in variants} for name in shapes}
            findings = silhouette_primitives.experiment(found, dict.fromkeys(shapes, disks))
            check(findings, tmp_path, [*shapes, "digits"])
            means = {row.measure for row in findings.rows if row.method == "digits"}
            wanted = {"energy_ratio"} if "bias_free" in variants else set()
            wanted |= {"mse_ratio"} if len(variants) == 2 else set()
            assert means == (wanted if shapes != ["corpus_callosum"] else set())


def test_absent_families_of_silhouettes():
    absent = silhouette_primitives.absent
    assert absent(["digit_1", "corpus_callosum"]) == {}
    assert list(absent(["corpus_callosum"])) == ["digits"]
    assert list(absent(["digit_1"])) == ["corpus_callosum"]
