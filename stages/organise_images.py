"""Draw one image set: ellipses (slide 38), translated disks (slide 48), or a dial."""

import sys
from pathlib import Path

from latentspace.core.stage import stage
from latentspace.organise import dataset, figures
from latentspace.organise.params import DataSet


def main(variant: str) -> None:
    with stage(__file__, variant) as run:
        data = dataset.make(run.read(DataSet, f"organise_images.sets.{variant}"))
        path = Path(f"data/organise/{variant}.npz")
        dataset.save(data, run.output(str(path)))
        run.dataset(path.stem, path)
        spread = {name: float(values.std()) for name, values in data.test_factors.items()}
        run.metrics({"train_images": len(data.train), "test_images": len(data.test), **spread})
        run.figure("examples.png", figures.examples({variant: data.test[:24]}))
        run.say(f"{len(data.train)} training and {len(data.test)} test images")


if __name__ == "__main__":
    main(sys.argv[1])
