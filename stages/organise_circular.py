"""Encode a circular factor, whose components can be uncorrelated but dependent, with two penalties (slide 36)."""

from latentspace.organise import circular
from latentspace.organise.coded import load_models
from latentspace.organise.selected import DIAL, folders, load_set, on, variants_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = variants_of(run)
        found = folders(run, variants, DIAL, [*on(variants, DIAL), *circular.VARIANTS])
        models = load_models(found, variants, run.seeds)
        run.record(circular.experiment(models, load_set(run, DIAL, circular.FACTORS)))


if __name__ == "__main__":
    main()
