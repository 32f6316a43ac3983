"""A circular factor, where uncorrelated is not independent: covariance against distance correlation (slide 36)."""

from latentspace.core.stage import stage
from latentspace.organise import dataset, figures
from latentspace.organise.experiments import code, dial_numbers
from latentspace.organise.params import TrainSet


def main() -> None:
    with stage(__file__) as run:
        names = run.read(TrainSet, "organise_train_dial").names
        data = dataset.load(run.input("data/organise/dial.npz"))
        all_ = code(run, "models/organise_dial", names, data)
        metrics = dial_numbers(all_)
        run.metrics(metrics)
        codes = {name: by_seed[min(by_seed)].codes for name, by_seed in all_.items()}
        run.figure("codes.png", figures.circle_codes(codes, data.test_factors["angle"]))
        values = {name: metrics[f"circular.{name}.max_distance_correlation/seed_{min(all_[name])}"] for name in names}
        run.say("distance correlation: " + ", ".join(f"{name} {value:.3f}" for name, value in values.items()))


if __name__ == "__main__":
    main()
