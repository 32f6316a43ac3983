"""Radii left out of training: which regulariser lets the autoencoder interpolate them (generalisation study)."""

from latentspace.core.stage import stage
from latentspace.size import dataset, figures
from latentspace.size.experiments import hole, radius_deviation, responses
from latentspace.size.params import TrainDisks


def main() -> None:
    with stage(__file__) as run:
        study = run.read(TrainDisks, "size_train")
        names = [name for name in study.names if study.variants[name].hole is not None]
        gap = study.variants[names[0]].hole or []
        data = dataset.load(run.input("data/size/disks.npz"))
        all_ = responses(run, "models/size", names, data)
        metrics = hole(all_, data, gap)
        run.metrics(metrics)
        deviations = {name.removeprefix("hole_"): radius_deviation(all_[name], data) for name in names}
        run.figure("hole.png", figures.hole_errors(deviations, data.test_radii, gap))
        means = {n: sum(metrics[f"hole.{n}.radius_error_px/seed_{s}"] for s in run.seeds) for n in deviations}
        best = min(means, key=lambda name: means[name])
        run.say(f"smallest error inside the hole: {best}, {means[best] / len(run.seeds):.2f} px")


if __name__ == "__main__":
    main()
