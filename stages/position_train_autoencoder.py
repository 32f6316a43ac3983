"""Train autoencoders of Diracs without labels: d = 1 on a line, d = 2 in an image."""

from latentspace.pipeline.stage import stage
from latentspace.position.params import Autoencoder
from latentspace.position.train import train_and_record
from latentspace.position.train_autoencoder import autoencoder_jobs


def main() -> None:
    with stage(__file__) as run:
        jobs = autoencoder_jobs(run.read(Autoencoder, "position_train_autoencoder"), run.seeds)
        train_and_record(run, jobs, "models/position/autoencoder")
        run.say(f"{len(jobs)} autoencoders")


if __name__ == "__main__":
    main()
