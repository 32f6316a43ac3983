"""Compress disks to one number and back: inputs over outputs, and whether d = 2 or 4 do better (slides 8 and 11)."""

from latentspace.core.stage import stage
from latentspace.size import dataset, figures
from latentspace.size.experiments import reconstruction, responses

VARIANTS = ["bias", "linear_encoder", "code_2", "code_4"]


def main() -> None:
    with stage(__file__) as run:
        data = dataset.load(run.input("data/size/disks.npz"))
        all_ = responses(run, "models/size", VARIANTS, data)
        first = {name: by_seed[run.seeds[0]] for name, by_seed in all_.items()}
        metrics = reconstruction(all_, data)
        run.metrics(metrics)
        outputs = {"output, d = 1": first["bias"].outputs, "linear encoder": first["linear_encoder"].outputs}
        run.figure("strip.png", figures.input_output_strip(data.test, data.test_radii, outputs))
        run.figure("code_size.png", figures.error_against_radius(figures.residuals(first, data.test), data.test_radii))
        run.say(f"test MSE with d = 1: {metrics[f'bias.test_mse/seed_{run.seeds[0]}']:.1e} per pixel")


if __name__ == "__main__":
    main()
