"""Write our generators in the formats of other people's, read them back, and compare the images (slide 42)."""

from latentspace.gan.formats import check
from latentspace.gan.inputs import load_any
from latentspace.gan.network import Generator
from latentspace.gan.params import Formats
from latentspace.pipeline.available import NothingToDoError
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        names = run.read_value("gan_generator.names")
        folder = run.input("models/gan/generator")
        found = {name: load_any(folder / name / "generator.safetensors") for name in names}
        ours = {name: each for name, each in found.items() if isinstance(each, Generator)}
        run.leave_out(dict.fromkeys(found.keys() - ours.keys(), "from a file of such a format"))
        if not ours:
            raise NothingToDoError
        run.record(check.experiment(ours, run.read(Formats, "gan_formats")))


if __name__ == "__main__":
    main()
