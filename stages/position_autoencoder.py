"""What the code of a position autoencoder turns out to be, on a line and in an image."""

from latentspace.core.stage import stage
from latentspace.position import figures
from latentspace.position.experiments import autoencoder_numbers, code, correlations
from latentspace.position.params import Autoencoder


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Autoencoder, "position_train_autoencoder")
        found, first = code(run, section), run.seeds[0]
        metrics = autoencoder_numbers(found)
        run.metrics(metrics)
        run.figure("codes_line.png", figures.codes_line(found))
        run.figure("codes_image.png", figures.codes_image(found))
        run.figure("outputs_line.png", figures.outputs_line(found, first))
        run.figure("outputs_image.png", figures.outputs_image(found, first))
        for name in ("line", "image"):
            run.matrix(f"correlation_{name}", correlations(found[name], first))
        shown = [f"{metrics[f'autoencoder.line.spearman/seed_{seed}']:.3f}" for seed in run.seeds]
        run.say("|Spearman| of code and position on a line " + ", ".join(shown))


if __name__ == "__main__":
    main()
