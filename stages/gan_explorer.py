"""Grids for the report's latent explorer: two of five components of a neighbourhood at a time (slide 47)."""

import torch

from latentspace import explorer
from latentspace.core.stage import stage
from latentspace.gan import figures
from latentspace.gan.attributes import measure_of
from latentspace.gan.experiments import load_local
from latentspace.gan.generators import frozen
from latentspace.gan.neighbourhood import render, sample, seed_of
from latentspace.gan.params import Generators, Train
from latentspace.gan.training import runs_of
from latentspace.organise import measures
from latentspace.organise.figures import axis_names

NAMES = ["avatars", "faces"]


@torch.no_grad()
def main() -> None:
    with stage(__file__) as run:
        section, sources = run.read(Train, "gan_train"), run.read(Generators, "gan_generator").sources
        for name in NAMES:
            variant = section.variants[name]
            generator = frozen(run.input("models/gan/generator"), variant)
            place, seed = runs_of(variant, generator.latent, run.seeds)[0]
            model = load_local(run.input(f"models/gan/{name}") / f"{place.name}_seed_{seed}.safetensors")
            fresh = seed_of(section.images.seed, test=True)
            data = sample(generator, place.neighbourhood, section.images.test_images, fresh)
            kind = sources[variant.generator].attributes
            known = measure_of(kind, run.input("models/gan/regressor.safetensors"))(data.images.float())
            codes = model.encode(place.neighbourhood.latents(data.offsets)).double().numpy()
            pictures = figures.as_shown(render(generator, model.decode(explorer.planes(model.components))))
            facts = {"title": f"{name.capitalize()}, about an anchor", "kind": "planes"}
            explorer.write(run, name, pictures, facts, axis_names(measures.association(codes, known)))
            run.say(f"{name}: {len(pictures)} pictures")


if __name__ == "__main__":
    main()
