"""Draw each silhouette at many sizes: real MNIST digits and the corpus callosum of an MRI template (slide 20)."""

from latentspace.images import scaled
from latentspace.images.params import Silhouettes
from latentspace.images.shapes import shape
from latentspace.pipeline.stage import stage
from latentspace.size import silhouettes


def main() -> None:
    with stage(__file__) as run:
        sampling = run.read(Silhouettes, "size_silhouettes")
        data = {name: scaled.make(shape(name), sampling) for name in sampling.names}
        for name, images in data.items():
            path = run.output(f"data/size/silhouettes/{name}.npz")
            scaled.save(images, path)
            run.dataset(name, path)
        run.record(silhouettes.experiment(data))


if __name__ == "__main__":
    main()
