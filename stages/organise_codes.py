"""Measure order, decorrelation and match with the factors of the codes of ellipses, with baselines (slides 36-39)."""

from latentspace.organise import codes
from latentspace.organise.coded import load_models, with_plain
from latentspace.organise.factors import FACTORS
from latentspace.organise.selected import AUTHORS, ELLIPSES, folders, load_set, on, variants_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = variants_of(run)
        found = folders(run, variants, ELLIPSES, [*codes.compared(variants), *codes.KNOWN])
        models = with_plain(load_models(found, variants, run.seeds))
        findings = codes.experiment(models, load_set(run, ELLIPSES, FACTORS))
        if names := on(variants, AUTHORS):
            like = load_models(folders(run, variants, AUTHORS, names), variants, run.seeds)
            findings.rows += codes.like_for_like(like, load_set(run, AUTHORS, FACTORS))
        run.record(findings)


if __name__ == "__main__":
    main()
