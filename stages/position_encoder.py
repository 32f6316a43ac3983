"""Learn the encoder's taps from labelled positions, and compare them with [1, 2, 1]; where Adam stalls (slide 27)."""

from latentspace.core.stage import stage
from latentspace.position import figures
from latentspace.position.experiments import encoder_numbers, learn_encoders, stall, stall_numbers
from latentspace.position.params import Encoder


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Encoder, "position_encoder")
        found = learn_encoders(section, run.seeds)
        curves = stall(section, run.seeds)
        run.metrics(encoder_numbers(found) | stall_numbers(curves, section.adam.levels))
        run.figure("taps.png", figures.taps(found))
        run.figure("taps_2d.png", figures.taps_2d(found))
        run.figure("stall.png", figures.stall(curves, section.adam.levels))
        worst = max(one.rmse for one in found)
        adam = max(curve[-1] for curve in curves["adam_random"].values())
        at = f"at L = {section.adam.levels}"
        run.say(f"worst rms error of L-BFGS {worst:.1e} px, of Adam from random taps {at} {adam:.2f} px")


if __name__ == "__main__":
    main()
