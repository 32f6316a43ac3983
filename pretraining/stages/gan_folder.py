"""Read a folder of the user's images, cropped to squares and averaged to the size of the generator."""

import sys

from latentspace.core.stage import stage
from latentspace.gan.pretraining import dataset, folder
from latentspace.gan.pretraining.params import Folder


def main(name: str) -> None:
    with stage(__file__, name) as run:
        data = folder.make(run.read(Folder, f"gan_folder.{name}"))
        path = run.output(f"data/{name}.npz")
        dataset.save(data, path)
        run.dataset(name, path)
        run.image("examples", 0, dataset.contact_sheet(data.images[:96], 16))
        run.say(f"{len(data.images)} images of {data.images.shape[1]} pixels")


if __name__ == "__main__":
    main(sys.argv[1])
