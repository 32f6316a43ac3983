"""Look at the filters (slide 12: hard to read), and at what those of a linear encoder multiply to (slide 13)."""

from latentspace.core.models import load_seeds
from latentspace.core.stage import stage
from latentspace.size import dataset, figures
from latentspace.size.experiments import averaging_cosine, linear_share
from latentspace.size.measures import encoder_filter
from latentspace.size.network import ShapeAutoencoder


def main() -> None:
    with stage(__file__) as run:
        data = dataset.load(run.input("data/size/disks.npz"))
        linear = load_seeds(run.input("models/size/linear_encoder"), run.seeds, ShapeAutoencoder)
        filters = {seed: encoder_filter(network, data.test.shape[-1]) for seed, network in linear.items()}
        cosines = {seed: averaging_cosine(image) for seed, image in filters.items()}
        shares = {seed: linear_share(linear[seed], image, data) for seed, image in filters.items()}
        run.metrics(
            {f"linear_encoder.averaging_cosine/seed_{seed}": value for seed, value in cosines.items()}
            | {f"linear_encoder.filter_r2/seed_{seed}": value for seed, value in shares.items()}
        )
        network = load_seeds(run.input("models/size/bias"), run.seeds[:1], ShapeAutoencoder)[run.seeds[0]]
        run.figure("filters.png", figures.filters(network))
        run.figure("linear_encoder.png", figures.effective_filters(filters))
        run.say("cosine of the linear encoder with a plain average " + ", ".join(f"{c:.3f}" for c in cosines.values()))


if __name__ == "__main__":
    main()
