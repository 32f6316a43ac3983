"""Evaluate decoders at held-out positions: relative L2 and peak error, with CoordConv as the baseline (slide 28)."""

from latentspace.nn.models import load_seeds
from latentspace.pipeline.stage import stage
from latentspace.position import decoder
from latentspace.position.params import Decoder
from latentspace.position.train_decoder import decoder_kinds


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Decoder, "position_train_decoder")
        kinds = decoder_kinds(section)
        folders = run.inputs("models/position/decoder", kinds)
        networks = {name: load_seeds(folder, run.seeds, kinds[name]) for name, folder in folders.items()}
        run.record(decoder.experiment(networks, section))


if __name__ == "__main__":
    main()
