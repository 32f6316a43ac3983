"""Translation, a factor of two numbers: components grown by packets [2, 1], [1, 2] and one by one (slide 48)."""

from latentspace.core.stage import stage
from latentspace.organise import dataset, figures, measures
from latentspace.organise.experiments import code, packet_numbers
from latentspace.organise.figures import axis_names
from latentspace.organise.params import TrainSet


def main() -> None:
    with stage(__file__) as run:
        names = run.read(TrainSet, "organise_train_disks").names
        data = dataset.load(run.input("data/organise/disks.npz"))
        all_ = code(run, "models/organise_disks", names, data)
        metrics = packet_numbers(all_, data)
        run.metrics(metrics)
        first = {name: by_seed[min(by_seed)] for name, by_seed in all_.items()}
        tables = {name: measures.association(coded.codes, data.test_factors) for name, coded in first.items()}
        run.figure("factors.png", figures.heat_maps(tables, "|Pearson| with the factors", low=0.0))
        grids = {name: figures.traversals(coded.model, 9) for name, coded in first.items()}
        axes = {name: axis_names(table) for name, table in tables.items()}
        run.figure("traversals.png", figures.traversal_grid(grids, axes))
        r2 = {key: value for key, value in metrics.items() if ".translation_r2/" in key}
        run.say("R² of position: " + ", ".join(f"{key} {value:.3f}" for key, value in r2.items()))


if __name__ == "__main__":
    main()
