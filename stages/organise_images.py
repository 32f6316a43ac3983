"""Draw or read one image set: ellipses (slide 38), translated disks (slide 48), a dial (slide 36), digits, a folder."""

import sys

from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.organise import images
from latentspace.pipeline.stage import stage


def main(name: str) -> None:
    with stage(__file__, name) as run:
        path = run.output(f"data/organise/{name}.npz")
        data = make.make_set(run.read(DataSet, f"organise_images.sets.{name}"), path.parent)
        image_set.save(data, path)
        run.dataset(name, path)
        run.record(images.experiment(name, data))


if __name__ == "__main__":
    main(sys.argv[1])
