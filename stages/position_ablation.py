"""The encoder with max pooling, average pooling or an even filter instead of stride, at equal budget (slide 29)."""

from latentspace.core.stage import stage
from latentspace.position import figures
from latentspace.position.dataset import held_out
from latentspace.position.experiments import ablate, ablation_numbers
from latentspace.position.params import Ablation


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Ablation, "position_ablation")
        found = ablate(section, run.seeds)
        metrics = ablation_numbers(found)
        run.metrics(metrics)
        first, positions = run.seeds[0], held_out(section.test_positions, 2**section.levels, 1)
        run.figure("errors.png", figures.ablation(found, positions, first))
        pair = (found["max_pool"]["lbfgs"][first], found["stride"]["lbfgs"][first])
        run.figure("max_pool.png", figures.max_pool_layers(*pair, 2 ** (section.levels - 1)))
        names = ("stride", "average_pool", "even_filter", "max_pool")
        run.say(", ".join(f"{name} {metrics[f'{name}.rmse_px/seed_{first}']:.1e} px" for name in names))


if __name__ == "__main__":
    main()
