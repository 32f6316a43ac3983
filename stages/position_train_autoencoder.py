"""Train autoencoders of Diracs without labels: d = 1 on a line, d = 2 in an image."""

from latentspace.core.stage import stage
from latentspace.position.experiments import autoencoder_jobs
from latentspace.position.params import Autoencoder
from latentspace.position.training import train_and_record


def main() -> None:
    with stage(__file__) as run:
        jobs = autoencoder_jobs(run.read(Autoencoder, "position_train_autoencoder"), run.seeds)
        train_and_record(run, jobs, "models/position/autoencoder")
        run.say(f"{len(jobs)} autoencoders")


if __name__ == "__main__":
    main()
