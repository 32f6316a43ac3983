"""Compare the code of a position autoencoder with the position, on a line and in an image (slides 24-28)."""

from latentspace.nn.models import load_variants
from latentspace.pipeline.stage import stage
from latentspace.position import autoencoder
from latentspace.position.networks import PositionAutoencoder
from latentspace.position.params import Autoencoder
from latentspace.position.train_autoencoder import AUTOENCODERS


def main() -> None:
    with stage(__file__) as run:
        folders = run.inputs("models/position/autoencoder", AUTOENCODERS)
        networks = load_variants(folders, run.seeds, PositionAutoencoder)
        section = run.read(Autoencoder, "position_train_autoencoder")
        run.record(autoencoder.experiment(networks, section))


if __name__ == "__main__":
    main()
