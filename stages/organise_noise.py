"""Compute the best code under noise on the code, and lay the learnt first components over it (slides 36-39)."""

from latentspace.organise import noise
from latentspace.organise.coded import load_models
from latentspace.organise.params import Variants
from latentspace.organise.selected import ELLIPSES, GROWN, folders, load_set, on, variants_of
from latentspace.pipeline.available import NothingToDoError
from latentspace.pipeline.stage import Stage, stage


def trained(run: Stage, variants: Variants, images: str, names: list[str]) -> dict[str, noise.Trained]:
    """The image set and its trainings, by name of the set; empty if there are none of the `names`."""
    try:
        found = folders(run, variants, images, names)
        data = load_set(run, images, noise.FACTORS)
    except NothingToDoError:
        return {}
    sigmas = {name: variants.root[name].noise_of(0) for name in found}
    return {images: noise.Trained(data, load_models(found, variants, run.seeds), sigmas)}


def main() -> None:
    with stage(__file__) as run:
        variants = variants_of(run)
        disks = [*on(variants, noise.CENTRED), "centred_noise", "centred_no_noise"]
        sets = trained(run, variants, noise.CENTRED, disks)
        sets |= trained(run, variants, ELLIPSES, [GROWN, noise.NO_NOISE])
        if not sets:
            raise NothingToDoError
        run.record(noise.experiment(sets))


if __name__ == "__main__":
    main()
