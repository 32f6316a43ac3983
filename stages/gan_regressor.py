"""Train the regressor that reads an avatar's factors off its picture, so that an axis has a name (slide 46)."""

import numpy as np
import torch

from latentspace.core import models
from latentspace.core.stage import stage
from latentspace.gan.attributes import train_regressor
from latentspace.gan.params import Regressor
from latentspace.gan.pretraining import dataset
from latentspace.organise.measures import r2


def main() -> None:
    with stage(__file__) as run:
        train, test = (dataset.load(run.input("data/gan/avatars") / f"{name}.npz") for name in ("train", "test"))
        section = run.read(Regressor, "gan_regressor")
        regressor = train_regressor(train, section, run.checkpoints, run.compute)
        models.save(regressor, run.output("models/gan/regressor.safetensors"))
        images = dataset.centred(torch.from_numpy(test.images).permute(0, 3, 1, 2))
        found = np.column_stack(list(regressor.measure(images).values()))
        scores = dict(zip(test.names, map(float, r2(found, test.factors.astype(np.float64))), strict=True))
        metrics = {f"regressor.{name}_r2": score for name, score in scores.items()}
        run.metrics(metrics | {"regressor.min_r2": min(scores.values())})
        run.say(", ".join(f"{name} {score:.3f}" for name, score in scores.items()))


if __name__ == "__main__":
    main()
