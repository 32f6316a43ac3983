"""The linear network E_L: Table 1 cell by cell, E_L(δ_a) = 2^L − a for every a, 2-D, continuous a (slides 24-26)."""

from latentspace.core.stage import stage
from latentspace.position import figures
from latentspace.position.params import Theory
from latentspace.position.theory import theory_numbers


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Theory, "position_theory")
        metrics = theory_numbers(section)
        run.metrics(metrics)
        run.figure("table.png", figures.layer_table(3))
        run.figure("filters_2d.png", figures.filters_2d(5))
        run.say(f"largest |E(δ_a) − (2^L − a)| up to L = {section.levels}: {metrics['theory.max_error']:g}")


if __name__ == "__main__":
    main()
