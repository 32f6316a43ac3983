"""Encode translation, a 2-D factor, with packets of sizes [2, 1], [1, 2] and [1, 1, 1] (slide 48)."""

from latentspace.organise import packets
from latentspace.organise.coded import load_models
from latentspace.organise.selected import DISKS, folders, load_set, on, variants_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = variants_of(run)
        found = folders(run, variants, DISKS, [*on(variants, DISKS), *packets.VARIANTS])
        models = load_models(found, variants, run.seeds)
        run.record(packets.experiment(models, load_set(run, DISKS, packets.FACTORS)))


if __name__ == "__main__":
    main()
