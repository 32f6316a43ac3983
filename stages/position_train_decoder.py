"""Train decoders from a position to a Dirac: one-hot or continuous positions, CoordConv as the rival (slide 28)."""

from latentspace.core.stage import stage
from latentspace.position.experiments import decoder_jobs
from latentspace.position.params import Decoder
from latentspace.position.training import train_and_record


def main() -> None:
    with stage(__file__) as run:
        jobs = decoder_jobs(run.read(Decoder, "position_train_decoder"), run.seeds)
        train_and_record(run, jobs, "models/position/decoder")
        run.say(f"{len(jobs)} decoders")


if __name__ == "__main__":
    main()
