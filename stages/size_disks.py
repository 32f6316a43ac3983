"""Draw the training and the test set of centred disks (slide 8)."""

from latentspace.core.stage import stage
from latentspace.size import dataset
from latentspace.size.figures import input_output_strip
from latentspace.size.params import Sampling
from latentspace.size.shapes import shape


def main() -> None:
    with stage(__file__) as run:
        sampling = run.read(Sampling, "size_disks")
        data = dataset.make(shape("disk"), sampling)
        path = run.output("data/size/disks.npz")
        dataset.save(data, path)
        run.dataset("disks", path)
        run.figure("examples.png", input_output_strip(data.test, data.test_radii, {}))
        run.metrics({"train_images": len(data.train), "test_images": len(data.test), "mean_grey": data.train.mean()})
        run.say(f"{len(data.train)} training and {len(data.test)} test disks, r ≤ {sampling.radius_max} px")


if __name__ == "__main__":
    main()
