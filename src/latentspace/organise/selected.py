"""The variants and image sets that params.yaml has, for the stages that use several of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from latentspace.images import image_set
from latentspace.images.image_set import ImageSet
from latentspace.organise.params import Variants
from latentspace.pipeline.available import NothingToDoError
from latentspace.pipeline.stage import Stage

VARIANTS = "organise_train.variants"
ELLIPSES, DISKS, DIAL = "ellipses", "disks", "dial"  # image sets of the talk
AUTHORS = "authors_ellipses"  # drawn as in the authors' code
PCA_AE, GROWN = "pca_ae", "grown"  # variants on ellipses: organised afterwards, and grown from the images
PLAIN = "plain"  # the autoencoder that `PCA_AE` organises
LONG = "components_6"  # the variant on ellipses with more components than factors


def variants_of(run: Stage) -> Variants:
    """All variants of params.yaml."""
    return run.read(Variants, VARIANTS)


def on(variants: Variants, images: str) -> list[str]:
    """Names of the variants on an image set, in the order of params.yaml."""
    return [name for name, variant in variants.root.items() if variant.images == images]


def swept(variants: Variants) -> dict[str, float]:
    """λ of the variants that differ from ``grown`` in λ and the number of seeds only; empty if it is not there."""
    base = variants.root.get(GROWN)
    if base is None or base.images != ELLIPSES:
        return {}
    return {
        name: other.weight
        for name, other in variants.root.items()
        if other.model_copy(update={"weight": base.weight, "seeds": base.seeds}) == base
    }


def folders(run: Stage, variants: Variants, images: str, names: Iterable[str]) -> dict[str, Path]:
    """Folders of the models of those `names` that params.yaml has on an image set; the stage leaves out the others.

    Raises:
        NothingToDoError: if there are none.
    """
    wanted, here = list(dict.fromkeys(names)), on(variants, images)
    elsewhere = [name for name in wanted if name in variants.root and name not in here]
    run.leave_out(dict.fromkeys(elsewhere, f"not on {images}"))
    return run.available(
        {name: f"models/organise/{images}/{name}" for name in wanted if name not in elsewhere}, VARIANTS
    )


def load_set(run: Stage, images: str, factors: Sequence[str] = ()) -> ImageSet:
    """The image set of that name, which params.yaml has if it has a variant on it.

    Raises:
        NothingToDoError: if its images have not all of the `factors`, as those of a folder.
    """
    data = image_set.load(run.input(f"data/organise/{images}.npz"))
    if missing := [factor for factor in factors if factor not in data.test_factors]:
        run.leave_out({images: f"its images have no known {', '.join(missing)}"})
        raise NothingToDoError
    return data
