"""Arithmetic to quality: operations and seconds until a PCA autoencoder reaches a given error.

    python benchmarks/quality.py [--ellipses 100 150 200 300] [--avatars 40 80 120 160 240]

On ellipses the target is a test MSE of 1e-3 from three components; on the neighbourhood of the first anchor of avatars,
an explained share of .5 with five. Each is trained from scratch with increasing numbers of steps per component until it
reaches the target. Operations, which do not depend on the processor, are those of matrix products and convolutions, a
multiplication and an addition counting as two; torch counts them in short trainings, and the count is extrapolated.
Seconds are CPU time, one thread.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from latentspace.gan import places, train
from latentspace.gan.inputs import load_frozen
from latentspace.gan.neighbourhood import seed_of
from latentspace.gan.params import Sizes
from latentspace.gan.params import Variant as Place
from latentspace.gan.rendering import render, sample
from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.nn.latent import LatentModel
from latentspace.organise.params import Variant
from latentspace.pca.estimator import PCAAutoencoder
from latentspace.pca.networks import ConvDecoder, ConvEncoder
from latentspace.pca.settings import Network
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.params import Training, parse, read_yaml
from latentspace.pipeline.workers import one_thread

PARAMS = read_yaml(Path("params.yaml"))
Train = Callable[[int], LatentModel]
FEW = 4  # steps per component that are counted


def ellipses() -> tuple[Train, Callable[[LatentModel], float]]:
    """Training on ellipses as a function of the steps per component, and the test MSE."""
    section = PARAMS["organise_train"]
    network = parse(Network, section["network"], "organise_train.network")
    variant = parse(Variant, section["variants"]["pca_ae"], "organise_train.variants.pca_ae")
    data = make.make_set(parse(DataSet, PARAMS["organise_images"]["sets"]["ellipses"], "organise_images.sets.ellipses"))
    train, test = (torch.from_numpy(image_set.to_batch(part)) for part in (data.train, data.test))
    encoder, decoder = (
        partial(ConvEncoder, 64, 1, network.encoder_widths),
        partial(ConvDecoder, 64, 1, network.decoder_widths),
    )

    def trained(steps: int) -> LatentModel:
        schedule = parse(Training, section["training"] | {"steps": steps}, "organise_train.training")
        estimator = PCAAutoencoder.of(variant, training=schedule, encoder=encoder, decoder=decoder, random_state=0)
        return estimator.fit(train).model_

    return trained, lambda model: float((model.reconstruct(test) - test).square().mean())


def avatars() -> tuple[Train, Callable[[LatentModel], float]]:
    """Training on a neighbourhood of avatars as a function of the steps per component, and the unexplained share."""
    section = PARAMS["gan_train"]
    variant = parse(Place, section["variants"]["avatars"], "gan_train.variants.avatars")
    sizes = parse(Sizes, section["images"], "gan_train.images")
    generator = load_frozen(Path("assets/avatars.safetensors"), None)
    place = places.places(variant, generator.latent)[0]
    test = sample(generator, place, sizes.test_images, seed_of(sizes.seed, test=True))
    latents = place.latents(test.offsets)

    def trained(steps: int) -> LatentModel:
        schedule = parse(Training, section["training"] | {"steps": steps}, "gan_train.training")
        with tempfile.TemporaryDirectory() as folder:
            job = train.Job(generator, place, sizes, schedule, variant, section["hidden"], CPU, Path(folder), 0)
            return train.train(job)[0]

    def unexplained(model: LatentModel) -> float:
        made = render(generator, model.reconstruct(latents))
        return float((made.float() - test.images.float()).square().mean()) / test.variance

    return trained, unexplained


def operations(train: Train, base: int = 0) -> int:
    """Operations of a short training of FEW + `base` steps per component."""
    with FlopCounterMode(display=False) as counter:
        train(FEW + base)
    return counter.get_total_flops()


def until(
    what: str, train: Train, error: Callable[[LatentModel], float], enough: float, attempts: Sequence[int]
) -> None:
    """Print a row for every number of steps, up to the first that reaches the error `enough`."""
    step = (operations(train, FEW) - operations(train)) / FEW  # work before and after the steps cancels
    for steps in attempts:
        start = time.process_time()
        model = train(steps)
        spent, reached = time.process_time() - start, error(model)
        print(f"| {what} | {steps} | {reached:.2e} | {step * steps:.2e} | {spent:.0f} |", flush=True)
        if reached <= enough:
            return


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ellipses", type=int, nargs="+", default=[100, 150, 200, 300, 400])
    parser.add_argument("--avatars", type=int, nargs="+", default=[40, 80, 120, 160, 240, 340])
    options = parser.parse_args()
    one_thread()
    print("| training | steps per component | error | operations | seconds |\n|---|---|---|---|---|")
    until("ellipses, test MSE ≤ 1e-3", *ellipses(), 1e-3, options.ellipses)
    until("avatars, unexplained share ≤ .5", *avatars(), 0.5, options.avatars)


if __name__ == "__main__":
    main()
