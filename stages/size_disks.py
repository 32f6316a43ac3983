"""Draw the training and the test set of centred disks (slide 8)."""

from latentspace.images import scaled
from latentspace.images.params import Sampling
from latentspace.images.shapes import shape
from latentspace.pipeline.stage import stage
from latentspace.size import disks


def main() -> None:
    with stage(__file__) as run:
        data = scaled.make(shape("disk"), run.read(Sampling, "size_disks"))
        path = run.output("data/size/disks.npz")
        scaled.save(data, path)
        run.dataset("disks", path)
        run.record(disks.experiment(data))


if __name__ == "__main__":
    main()
