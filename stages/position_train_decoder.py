"""Train decoders from one-hot or continuous positions to Diracs, with CoordConv as the baseline (slide 28)."""

from latentspace.pipeline.stage import stage
from latentspace.position.params import Decoder
from latentspace.position.train import train_and_record
from latentspace.position.train_decoder import decoder_jobs


def main() -> None:
    with stage(__file__) as run:
        jobs = decoder_jobs(run.read(Decoder, "position_train_decoder"), run.seeds)
        train_and_record(run, jobs, "models/position/decoder")
        run.say(f"{len(jobs)} decoders")


if __name__ == "__main__":
    main()
