"""Find the latents of held-out drawn heads, as anchors that are pictures of one's own (slides 42-43)."""

from latentspace.gan import inversion
from latentspace.gan.inputs import load_frozen
from latentspace.gan.params import Inverted
from latentspace.gan.regressor_network import load_regressor
from latentspace.gan.roles import AVATARS, FACES
from latentspace.images import labelled
from latentspace.pipeline.available import NothingToDoError
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        regressor = load_regressor(run.input("models/gan/regressor.safetensors"))
        drawn = labelled.load(run.input("data/gan/avatars") / "test.npz")
        folders = {name: f"models/gan/generator/{name}" for name in (AVATARS, FACES)}
        found = run.available(folders, "gan_generator.names")
        if AVATARS not in found:
            raise NothingToDoError
        generators = {name: load_frozen(folder / "generator.safetensors") for name, folder in found.items()}
        section = run.read(Inverted, "gan_inversion")
        run.record(inversion.experiment(generators[AVATARS], drawn, regressor, section, generators.get(FACES)))


if __name__ == "__main__":
    main()
