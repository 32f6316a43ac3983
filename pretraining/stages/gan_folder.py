"""Read a folder of the user's images, cropped to squares and averaged down to the generator's image size."""

import sys

from latentspace.images import labelled
from latentspace.images.folder import read_averaged
from latentspace.pipeline.measured import Findings
from latentspace.pipeline.stage import stage
from latentspace.pretraining.params import Folder
from latentspace.pretraining.samples import sheet


def main(name: str) -> None:
    with stage(__file__, name) as run:
        section = run.read(Folder, f"gan_folder.{name}")
        data = labelled.without_factors(read_averaged(run.input(section.path), section.image_size))
        path = run.output(f"data/{name}.npz")
        labelled.save(data, path)
        run.dataset(name, path)
        summary = f"{len(data.images)} images of {section.image_size} pixels"
        run.record(Findings(pictures={"examples.png": sheet(data.images)}, summary=summary))


if __name__ == "__main__":
    main(sys.argv[1])
