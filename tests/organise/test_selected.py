"""Which variants an evaluation takes, whatever params.yaml has, and what it says of the others."""

from pathlib import Path

import numpy as np
import pytest

from latentspace.images import image_set
from latentspace.organise import circular, codes, explorer, packets
from latentspace.organise.params import Variant, Variants
from latentspace.organise.selected import AUTHORS, DIAL, DISKS, ELLIPSES, LONG, PCA_AE, folders, load_set, on, swept
from latentspace.pipeline import available
from latentspace.pipeline.available import NothingToDoError
from latentspace.pipeline.bases import completed
from latentspace.pipeline.params import read_yaml
from latentspace.pipeline.stage import Stage

from .samples import black_images


class Named(Stage):
    """A stage whose params.yaml has the given variants."""

    def __init__(self, variants=()):
        self.variants, self.left_out = variants, {}

    def leave_out(self, reasons):
        self.left_out |= reasons

    def available(self, paths, key):
        names, reasons = available.split(paths, self.variants, key)
        self.leave_out(reasons)
        if not names:
            raise NothingToDoError
        return {name: Path(paths[name]) for name in names}

    def input(self, path):
        return Path(path)


@pytest.fixture(scope="module")
def variants(root):
    found = completed(read_yaml(root / "params.yaml"))["organise_train"]["variants"]
    return {name: Variant.model_validate(values) for name, values in found.items()}


def taken(variants):
    """Variants by evaluation, as the stages select them."""
    of = Variants(variants)
    return {
        "codes": codes.compared(of),
        "sweep": [*swept(of), *(name for name in [LONG] if name in on(of, ELLIPSES))],
        "packets": on(of, DISKS),
        "circular": on(of, DIAL),
        "explorer": [name for name in explorer.SHOWN if name in on(of, ELLIPSES)],
        "like_for_like": on(of, AUTHORS),
    }


def test_the_variants_of_the_talk_are_those_of_the_comparisons(variants):
    found = taken(variants)
    assert found | {"codes": sorted(found["codes"])} == {
        "codes": sorted(codes.KNOWN),
        "sweep": ["grown", "no_cov", "lambda_1", "lambda_10", "components_6"],
        "packets": list(packets.VARIANTS),
        "circular": list(circular.VARIANTS),
        "explorer": ["pca_ae"],
        "like_for_like": ["authors_ellipses"],
    }


@pytest.mark.parametrize("seed", range(20))
def test_every_variant_of_any_subset_is_evaluated_on_its_images(variants, seed):
    rng = np.random.default_rng(seed)
    every = variants | {"mine": Variant(images=ELLIPSES, packet_sizes=[5]), "yours": Variant(images=DISKS, weight=3.0)}
    names = rng.permutation(list(every))[: rng.integers(1, len(every) + 1)].tolist()
    found = taken({name: every[name] for name in names})
    evaluated = {name for group in found.values() for name in group}
    assert evaluated == {name for name in names if every[name].images in {ELLIPSES, AUTHORS, DISKS, DIAL}}
    assert all(found[stage] == sorted(found[stage], key=names.index) for stage in ("codes", "packets", "circular"))


def test_variants_that_are_not_there_or_on_other_images_are_left_out():
    variants = {"pca_ae": Variant(images=DISKS), "mine": Variant(images=ELLIPSES)}
    run = Named(variants)
    assert folders(run, Variants(variants), ELLIPSES, ["mine", "pca_ae", "plain", "mine"]) == {
        "mine": Path("models/organise/ellipses/mine")
    }
    assert run.left_out == {"pca_ae": "not on ellipses", "plain": "not in organise_train.variants"}
    with pytest.raises(NothingToDoError):
        folders(Named(variants), Variants(variants), DIAL, [PCA_AE])
    assert not swept(Variants(variants)), "a sweep is of ellipses"


def test_images_without_the_factors_of_an_evaluation_are_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/organise").mkdir(parents=True)
    image_set.save(black_images({"x": np.arange(5.0)}), Path("data/organise/disks.npz"))
    run = Named()
    assert list(load_set(run, DISKS, ["x"]).test_factors) == ["x"] and not run.left_out
    with pytest.raises(NothingToDoError):
        load_set(run, DISKS, packets.FACTORS)
    assert run.left_out == {"disks": "its images have no known y, radius"}
