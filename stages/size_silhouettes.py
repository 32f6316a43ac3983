"""Draw each silhouette at many sizes: real MNIST digits and the corpus callosum of an MRI template (slide 20)."""

from latentspace.core.stage import stage
from latentspace.figures import strip
from latentspace.size import dataset
from latentspace.size.figures import spread
from latentspace.size.params import Silhouettes
from latentspace.size.shapes import shape


def main() -> None:
    with stage(__file__) as run:
        sampling = run.read(Silhouettes, "size_silhouettes")
        rows = []
        for name in sampling.names:
            data = dataset.make(shape(name), sampling)
            path = run.output(f"data/size/silhouettes/{name}.npz")
            dataset.save(data, path)
            run.dataset(name, path)
            chosen = spread(len(data.test), 10)
            rows.append((name.replace("_", " "), data.test[chosen]))
        run.figure("examples.png", strip(rows, [f"r = {data.test_radii[i]:.1f}" for i in chosen]))
        run.metrics({"silhouettes": len(sampling.names), "train_images": sampling.train_images})
        run.say(f"{len(sampling.names)} silhouettes at {sampling.train_images} sizes each")


if __name__ == "__main__":
    main()
