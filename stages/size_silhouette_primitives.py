"""Compare bias-free decoders of scaled silhouettes with the silhouettes' top eigenfunctions (slide 20)."""

from latentspace.images import scaled
from latentspace.images.params import Silhouettes
from latentspace.nn.models import load_seeds
from latentspace.pipeline.stage import stage
from latentspace.size import silhouette_primitives
from latentspace.size.network import ShapeAutoencoder


def main() -> None:
    with stage(__file__) as run:
        names, seeds = run.read(Silhouettes, "size_silhouettes").names, run.seeds
        data = {name: scaled.load(run.input(f"data/size/silhouettes/{name}.npz")) for name in names}
        networks = {
            name: {
                variant: load_seeds(run.input(f"models/size_silhouette/{name}-{variant}"), seeds, ShapeAutoencoder)
                for variant in silhouette_primitives.VARIANTS
            }
            for name in names
        }
        run.record(silhouette_primitives.experiment(networks, data))


if __name__ == "__main__":
    main()
