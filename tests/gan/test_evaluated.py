"""Grouping of the variants that params.yaml has, whatever their names and order."""

from itertools import chain, combinations, permutations
from pathlib import Path

import pytest

from latentspace.gan.evaluated import compared, groups, one
from latentspace.gan.params import Variant
from latentspace.gan.roles import AFFINE, AVATARS, FACES, NO_COV, PCA_AE, SWEEP, prefix
from latentspace.pipeline.available import NothingToDoError
from latentspace.pipeline.bases import completed
from latentspace.pipeline.params import read_yaml
from latentspace.pipeline.stage import Stage

MINE = Variant(generator="mine", anchors=[0])
LINES = {"avatars_affine": {AVATARS}, "faces_affine": {FACES}}  # variants of affine lines, and where they belong


@pytest.fixture(scope="module")
def variants(root):
    found = completed(read_yaml(root / "params.yaml"))["gan_train"]["variants"]
    return {name: Variant.model_validate(values) for name, values in found.items()} | {"mine": MINE}


def subsets(names):
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


def test_any_subset_in_any_order_is_grouped_and_each_variant_once(variants):
    for names in subsets(variants):
        for order in [names, names[::-1], *list(permutations(names))[:7]]:
            found = compared({name: variants[name] for name in order})
            grouped = [name for methods in found.values() for name in methods]
            alone = {name for name in LINES if name in names and LINES[name].isdisjoint(names)}
            assert sorted(grouped) == sorted(set(names) - {SWEEP} - alone)
            assert all(methods[name] == PCA_AE for name, methods in found.items())
            assert list(found) == [name for name in order if name in found]
            assert (NO_COV in found) == (NO_COV in names and AVATARS not in names)


def test_affine_lines_belong_to_the_neighbourhoods_on_which_they_are_trained(variants):
    found = compared(variants)
    assert found[AVATARS] == {AVATARS: PCA_AE, NO_COV: NO_COV, "avatars_affine": AFFINE}
    assert found[FACES] == {FACES: PCA_AE, "faces_affine": AFFINE}


@pytest.mark.parametrize("change", [{"generator": "mine"}, {"anchors": [9]}])
def test_affine_lines_of_other_neighbourhoods_are_left_out(variants, change):
    lines = variants["avatars_affine"].model_copy(update=change)
    assert compared({"lines": lines, AVATARS: variants[AVATARS]}) == {AVATARS: {AVATARS: PCA_AE}}


def test_a_group_has_the_first_of_two_variants_of_lines(variants):
    lines = variants["avatars_affine"]
    found = compared({"first": lines, "second": lines, AVATARS: variants[AVATARS]})
    assert found == {AVATARS: {AVATARS: PCA_AE, "first": AFFINE}}


@pytest.mark.parametrize("change", [{"generator": "mine"}, {"anchors": [9]}, {"sigmas": [0.1]}, {"relative": True}])
def test_a_variant_without_penalty_elsewhere_is_a_group_of_its_own(variants, change):
    moved = variants[NO_COV].model_copy(update=change)
    found = compared({AVATARS: variants[AVATARS], NO_COV: moved})
    assert found == {AVATARS: {AVATARS: PCA_AE}, NO_COV: {NO_COV: PCA_AE}}


def test_only_the_avatars_have_no_prefix():
    assert [prefix(name) for name in (AVATARS, FACES, "mine")] == ["", "faces.", "mine."]


class OnlySweep(Stage):
    """A stage whose params.yaml has only the sweep."""

    def __init__(self):
        self.asked = {}

    def read_value(self, key):
        assert key == "gan_train.variants"
        return {SWEEP: {}}

    def available(self, folders, key):
        self.asked = folders
        raise NothingToDoError


def test_names_with_a_role_are_asked_for_so_that_the_stage_says_they_are_missing():
    run = OnlySweep()
    with pytest.raises(NothingToDoError):
        groups(run, [AVATARS, NO_COV])
    assert run.asked == {name: f"models/gan/{name}" for name in (AVATARS, NO_COV)}
    with pytest.raises(NothingToDoError):
        one(run, AVATARS)


def test_names_with_a_role_are_written_once(root):
    for path in [*(root / "src/latentspace/gan").glob("*.py"), *(root / "stages").glob("gan_*.py")]:
        if path.name not in {"roles.py", "kinds.py"}:
            text = Path(path).read_text()
            assert not [name for name in (FACES, NO_COV, SWEEP, PCA_AE, AFFINE) if f'"{name}"' in text], path
