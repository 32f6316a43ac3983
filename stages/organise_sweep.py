"""Sweep the weight λ of the penalty and the number of components (slides 37-39)."""

from latentspace.organise import sweep
from latentspace.organise.coded import load_models
from latentspace.organise.factors import FACTORS
from latentspace.organise.selected import ELLIPSES, GROWN, LONG, folders, load_set, swept, variants_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = variants_of(run)
        weights = swept(variants)
        found = folders(run, variants, ELLIPSES, [*weights, GROWN, LONG])
        models = load_models(found, variants, run.seeds)
        run.record(sweep.experiment(models, weights, load_set(run, ELLIPSES, FACTORS)))


if __name__ == "__main__":
    main()
