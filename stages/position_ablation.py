"""Train encoders with max pooling, average pooling or an even filter instead of stride, at equal budget (slide 29)."""

from latentspace.pipeline.stage import stage
from latentspace.position import ablation
from latentspace.position.params import Ablation


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Ablation, "position_ablation")
        run.record(ablation.experiment(section, run.seeds))


if __name__ == "__main__":
    main()
