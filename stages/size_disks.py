"""Draw the training, the validation and the test set of centred disks (slide 8)."""

from latentspace.images import scaled
from latentspace.images.params import Disks
from latentspace.images.shapes import shape
from latentspace.pipeline.stage import stage
from latentspace.size import disks


def main() -> None:
    with stage(__file__) as run:
        sampling = run.read(Disks, "size_disks")
        data = scaled.make(shape("disk"), sampling, sampling.validation_images)
        path = run.output("data/size/disks.npz")
        scaled.save(data, path)
        run.dataset("disks", path)
        run.record(disks.experiment(data))


if __name__ == "__main__":
    main()
