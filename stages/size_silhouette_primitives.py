"""Compare bias-free decoders of scaled silhouettes with the silhouettes' top eigenfunctions (slide 20)."""

from latentspace.images import scaled
from latentspace.images.params import Silhouettes
from latentspace.nn.models import load_variants
from latentspace.pipeline.stage import stage
from latentspace.size import silhouette_primitives
from latentspace.size.network import ShapeAutoencoder


def main() -> None:
    with stage(__file__) as run:
        names = run.read(Silhouettes, "size_silhouettes").names
        run.leave_out(silhouette_primitives.absent(names))
        folders = {
            name: run.available(
                {variant: f"models/size_silhouette/{name}-{variant}" for variant in silhouette_primitives.VARIANTS},
                "size_train_silhouette.names",
            )
            for name in names
        }
        networks = {name: load_variants(found, run.seeds, ShapeAutoencoder) for name, found in folders.items()}
        data = {name: scaled.load(run.input(f"data/size/silhouettes/{name}.npz")) for name in names}
        run.record(silhouette_primitives.experiment(networks, data))


if __name__ == "__main__":
    main()
