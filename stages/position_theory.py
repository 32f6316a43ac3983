"""Check the linear network E_L: Table 1, E_L(δ_a) = 2^L − a for all a, also in 2-D and continuous (slides 24-26)."""

from latentspace.pipeline.stage import stage
from latentspace.position import theory
from latentspace.position.params import Theory


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Theory, "position_theory")
        run.record(theory.experiment(section))


if __name__ == "__main__":
    main()
