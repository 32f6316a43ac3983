"""Compare the code with radius and area, without and with the contractive penalty (slide 13)."""

from latentspace.images import scaled
from latentspace.nn.models import load_variants
from latentspace.pipeline.stage import stage
from latentspace.size import code
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.params import TrainDisks


def main() -> None:
    with stage(__file__) as run:
        penalised = code.contractive(run.read(TrainDisks, "size_train"))
        names = [*code.PLAIN, *(name for name in penalised if name not in code.PLAIN)]
        folders = run.available({name: f"models/size/{name}" for name in names}, "size_train.names")
        networks = load_variants(folders, run.seeds, ShapeAutoencoder)
        penalised = {name: variant for name, variant in penalised.items() if name in folders}
        if not code.weights(penalised):
            run.leave_out({"contractive": "no variant with penalty: contractive and init: edges"})
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(code.experiment(networks, penalised, data))


if __name__ == "__main__":
    main()
