"""Render faces to pre-train on, as no data set of faces may be shipped (the talk used CelebA-HQ, slide 41)."""

from latentspace.core.stage import stage
from latentspace.gan.pretraining import dataset, faces
from latentspace.gan.pretraining.params import Faces


def main() -> None:
    with stage(__file__) as run:
        data, quality = faces.make(run.read(Faces, "gan_faces"), run.input("data/teacher"))
        path = run.output("data/faces.npz")
        dataset.save(data, path)
        run.dataset("faces", path)
        run.image("examples", 0, dataset.contact_sheet(data.images[:96], 16))
        run.metrics({"shortcut_psnr": quality})
        run.say(f"{len(data.images)} faces of {faces.SIZE} pixels; {quality:.1f} dB beside the full-size rendering")


if __name__ == "__main__":
    main()
