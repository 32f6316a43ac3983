"""Inputs of the evaluation: the trained variants that params.yaml has, in the groups that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from latentspace.gan.attributes import Measure
from latentspace.gan.inputs import organised
from latentspace.gan.local import Organised
from latentspace.gan.params import Source, Variant
from latentspace.gan.regressor_network import measure_of
from latentspace.gan.roles import AVATARS, NO_COV, PCA_AE, SWEEP
from latentspace.pipeline.stage import Stage

VARIANTS = "gan_train.variants"


def compared(variants: Mapping[str, Variant]) -> dict[str, dict[str, str]]:
    """Variants to evaluate beside the baselines: the method by name of the variant, by the group's name.

    `NO_COV` is a method of the group `AVATARS` where its neighbourhoods are among those of `AVATARS`, and otherwise a
    group like any other. `SWEEP` has an evaluation of its own.
    """
    both = AVATARS in variants and NO_COV in variants and _within(variants[NO_COV], variants[AVATARS])
    found = {name: {name: PCA_AE} for name in variants if name != SWEEP and not (both and name == NO_COV)}
    if both:
        found[AVATARS][NO_COV] = NO_COV
    return found


def _within(inner: Variant, outer: Variant) -> bool:
    """Whether the neighbourhoods of `inner` are among those of `outer`."""
    same = all(getattr(inner, key) == getattr(outer, key) for key in ("generator", "label", "anchors_file", "relative"))
    return same and {*inner.sigmas} <= {*outer.sigmas} and {*inner.anchors} <= {*outer.anchors}


def groups(run: Stage, known: Iterable[str]) -> dict[str, dict[str, Organised]]:
    """The trained variants by method and group, as in `compared`.

    Args:
        run: the stage.
        known: names with a role in the stage, which it states as left out if they are not there.

    Raises:
        NothingToDoError: if params.yaml has no variant to evaluate.
    """
    names = [name for name in run.read_value(VARIANTS) if name != SWEEP]
    _available(run, [*names, *known])
    found = compared({name: run.read(Variant, f"{VARIANTS}.{name}") for name in names})
    return {group: {how: organised(run, name) for name, how in methods.items()} for group, methods in found.items()}


def one(run: Stage, name: str) -> Organised:
    """The trained variant `name`; raises NothingToDoError if params.yaml does not have it."""
    _available(run, [name])
    return organised(run, name)


def _available(run: Stage, names: Iterable[str]) -> None:
    run.available({name: f"models/gan/{name}" for name in names}, VARIANTS)


def measure(run: Stage, trained: Organised, regressor: Path) -> Measure:
    """The function that measures attributes of the images of a variant's generator."""
    source = run.read(Source, f"gan_generator.sources.{trained.variant.generator}")
    return measure_of(source.attributes, regressor)
