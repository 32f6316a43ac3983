"""Learn the encoder's taps from labelled positions, compare them with [1, 2, 1], show that Adam stalls (slide 27)."""

from latentspace.pipeline.stage import stage
from latentspace.position import encoder
from latentspace.position.params import Encoder


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Encoder, "position_encoder")
        run.record(encoder.experiment(section, run.seeds))


if __name__ == "__main__":
    main()
