"""The PCA autoencoder straight on images, and why the detour through a generator (slides 40-41): blur."""

import torch

from latentspace.core.parallel import side_by_side
from latentspace.core.stage import stage
from latentspace.gan import figures
from latentspace.gan.direct import DirectJob, reconstructed, sharpness, train_direct
from latentspace.gan.experiments import load_local
from latentspace.gan.generators import frozen
from latentspace.gan.neighbourhood import render, sample, seed_of
from latentspace.gan.params import Direct, Train
from latentspace.gan.pretraining import dataset
from latentspace.gan.training import runs_of

SHOWN = 12


def main() -> None:
    with stage(__file__) as run:
        section, train = run.read(Direct, "gan_direct"), run.read(Train, "gan_train")
        drawn = {}
        for name in ("train", "test"):
            pixels = dataset.load(run.input("data/gan/avatars") / f"{name}.npz").images
            drawn[name] = dataset.centred(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        variant = train.variants["avatars"]
        generator = frozen(run.input("models/gan/generator"), variant)
        place, seed = runs_of(variant, generator.latent, run.seeds)[0]
        learnt, fresh = (
            sample(generator, place.neighbourhood, count, seed_of(train.images.seed, test=test))
            for count, test in ((len(drawn["train"]), False), (train.images.test_images, True))
        )
        sets = {"drawn": drawn["train"], "neighbourhood": learnt.images}
        jobs = [DirectJob(x, section, run.compute, run.checkpoints / name, seed) for name, x in sets.items()]
        direct = dict(zip(sets, side_by_side(train_direct, jobs), strict=True))
        model = load_local(run.input("models/gan/avatars") / f"{place.name}_seed_{seed}.safetensors")
        pairs = {
            "drawn": (reconstructed(direct["drawn"], drawn["test"]), drawn["test"]),
            "neighbourhood": (reconstructed(direct["neighbourhood"], fresh.images), fresh.images),
            "generator": (
                render(generator, model.reconstruct(place.neighbourhood.latents(fresh.offsets))),
                fresh.images,
            ),
        }
        kept = {name: sharpness(*pair) for name, pair in pairs.items()}
        metrics = {f"direct.{name}_{kind}": value for name, by in kept.items() for kind, value in by.items()}
        ratio = {name: kept["generator"]["laplacian"] / kept[name]["laplacian"] for name in sets}
        metrics |= {"direct.sharpness_ratio": ratio["drawn"]}
        run.metrics(metrics | {"direct.neighbourhood_sharpness_ratio": ratio["neighbourhood"]})
        rows = [("drawn", drawn["test"]), ("straight on images", pairs["drawn"][0]), ("generator", fresh.images)]
        rows += [("straight on images", pairs["neighbourhood"][0]), ("through the generator", pairs["generator"][0])]
        run.figure("blur.png", figures.rows_of_images([(name, figures.as_shown(x[:SHOWN])) for name, x in rows]))
        run.say(f"{ratio['drawn']:.1f} times as sharp through the generator")


if __name__ == "__main__":
    main()
