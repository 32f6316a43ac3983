"""Decoders at positions they have not seen: image norm and peak, over the training set, beside CoordConv (slide 28)."""

from latentspace.core.stage import stage
from latentspace.position import figures
from latentspace.position.experiments import decoder_numbers, decoder_table, place
from latentspace.position.params import Decoder


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Decoder, "position_train_decoder")
        placed = place(run, section)
        metrics = decoder_numbers(placed)
        run.metrics(metrics)
        table = decoder_table(section, metrics, run.seeds)
        run.table("decoders", table)
        first = run.seeds[0]
        run.figure("decoded.png", figures.decoded(placed, ["one_hot", "continuous", "coordconv"], first))
        run.figure("decoded_images.png", figures.decoded_images(placed, first))
        run.figure("errors.png", figures.errors(table))
        shown = [
            f"{name} {metrics[f'decoder.{name}.relative_l2/seed_{first}']:.3f}" for name in ("one_hot", "continuous")
        ]
        run.say("relative L2 on unseen positions: " + ", ".join(shown))


if __name__ == "__main__":
    main()
