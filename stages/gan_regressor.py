"""Train the regressor of an avatar's factors from its image, accurate enough to label axes (slide 46)."""

from latentspace.gan import regressor
from latentspace.gan.params import TrainRegressor
from latentspace.images import labelled
from latentspace.nn import models
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        section, folder = run.read(TrainRegressor, "gan_regressor"), run.input("data/gan/avatars")
        trained = regressor.train_regressor(labelled.load(folder / "train.npz"), section, run.checkpoints, run.compute)
        models.save(trained, run.output("models/gan/regressor.safetensors"))
        run.record(regressor.experiment(trained, labelled.load(folder / "test.npz")))


if __name__ == "__main__":
    main()
