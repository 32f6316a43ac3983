"""Measure order, decorrelation and match with the factors of the codes of ellipses, with baselines (slides 36-39)."""

from latentspace.nn.latent import LatentModel
from latentspace.nn.models import load_seeds
from latentspace.organise import codes
from latentspace.organise.coded import load_models
from latentspace.organise.factors import FACTORS
from latentspace.organise.selected import ELLIPSES, PLAIN, folders, load_set, variants_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = variants_of(run)
        found = folders(run, variants, ELLIPSES, [*codes.compared(variants), *codes.KNOWN])
        models = load_models(found, variants, run.seeds)
        if PLAIN in models:
            after = run.input("models/organise_post_hoc")
            models[codes.POST_HOC] = load_seeds(after, list(models[PLAIN]), LatentModel)
        else:
            run.leave_out({codes.POST_HOC: f"no {PLAIN} on {ELLIPSES}"})
        run.record(codes.experiment(models, load_set(run, ELLIPSES, FACTORS)))


if __name__ == "__main__":
    main()
