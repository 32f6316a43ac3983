"""Inputs of the evaluation: the trained variants that params.yaml has, in the groups that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from latentspace.gan.attributes import Measure
from latentspace.gan.directions import methods_for
from latentspace.gan.inputs import organised
from latentspace.gan.local import Organised
from latentspace.gan.params import Source, Variant
from latentspace.gan.regressor_network import measure_of
from latentspace.gan.roles import AFFINE, AVATARS, NO_COV, PCA_AE, SWEEP
from latentspace.gan.trials import Trial
from latentspace.pipeline.available import NothingToDoError
from latentspace.pipeline.stage import Stage

VARIANTS = "gan_train.variants"
ANCHORS = ("anchors_file", "anchors_from")
ALONE = "affine lines, and no variant with these neighbourhoods to which no others belong"


def compared(variants: Mapping[str, Variant]) -> dict[str, dict[str, str]]:
    """Variants to evaluate beside the baselines: the method by name of the variant, by the group's name.

    A variant of affine lines is a method of the first group whose neighbourhoods have its own among them, one for each
    group; others are left out. `NO_COV` is a method of the group `AVATARS` under the same condition, and otherwise a
    group like any other. `SWEEP` has an evaluation of its own.
    """
    lines = [name for name, variant in variants.items() if variant.method == AFFINE]
    found = {name: {name: PCA_AE} for name in variants if name != SWEEP and name not in lines}
    if AVATARS in found and NO_COV in found and _within(variants[NO_COV], variants[AVATARS]):
        del found[NO_COV]
        found[AVATARS][NO_COV] = NO_COV
    for name in lines:
        hosts = [group for group, methods in found.items() if AFFINE not in methods.values()]
        if hosts := [group for group in hosts if _within(variants[name], variants[group])]:
            found[hosts[0]][name] = AFFINE
    return found


def _within(inner: Variant, outer: Variant) -> bool:
    """Whether the neighbourhoods of `inner` are among those of `outer`."""
    same = all(getattr(inner, key) == getattr(outer, key) for key in ("generator", "label", *ANCHORS, "relative"))
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
    left = {*names} - {name for methods in found.values() for name in methods}
    run.leave_out(dict.fromkeys(sorted(left), ALONE))
    if not found:
        raise NothingToDoError
    return {group: {how: organised(run, name) for name, how in methods.items()} for group, methods in found.items()}


def without_sefa(compared: Mapping[str, Sequence[Trial]]) -> dict[str, str]:
    """What is left out as the generator of a group has no first layer that is known to be linear, and this reason."""
    groups = {name: trials[0].generator for name, trials in compared.items()}
    reason = "its generator has no first layer that is known to be linear"
    return {f"{name}.sefa": reason for name, each in groups.items() if "sefa" not in methods_for(each, ["sefa"])}


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
