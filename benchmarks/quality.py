"""Arithmetic to quality: operations and seconds until a PCA autoencoder is good enough, which no processor changes.

    python benchmarks/quality.py [--ellipses 100 150 200 300] [--avatars 40 80 120 160 240]

On ellipses, good enough is a test MSE of 1e-3 from three components; on the neighbourhood of the first anchor of
avatars, an explained share of .5 with five. Each is trained from the start with ever more steps a component until it
is. Operations are those of matrix products and convolutions, two for a multiplication with its addition, counted by
torch in short trainings and multiplied; seconds are the processor's, one thread.
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

from latentspace.core.compute import CPU
from latentspace.core.parallel import one_thread
from latentspace.core.params import Training, parse, read_yaml
from latentspace.gan import training as gan
from latentspace.gan.generators import read
from latentspace.gan.neighbourhood import render, sample, seed_of
from latentspace.gan.params import Sizes
from latentspace.gan.params import Variant as Place
from latentspace.organise import dataset
from latentspace.organise.network import ConvDecoder, ConvEncoder
from latentspace.organise.params import DataSet, Network, Variant
from latentspace.organise.pca_autoencoder import LatentModel, organise

PARAMS = read_yaml(Path("params.yaml"))
Train = Callable[[int], LatentModel]
FEW = 4  # steps a component that are counted


def ellipses() -> tuple[Train, Callable[[LatentModel], float]]:
    """Training on ellipses by its steps a component, and the test MSE."""
    section = PARAMS["organise_train"]
    network = parse(Network, section["network"], "organise_train.network")
    variant = parse(Variant, section["variants"]["pca_ae"], "organise_train.variants.pca_ae")
    data = dataset.make(parse(DataSet, PARAMS["organise_images"]["sets"]["ellipses"], "organise_images.sets.ellipses"))
    train, test = (torch.from_numpy(dataset.to_batch(part)) for part in (data.train, data.test))
    parts = partial(ConvEncoder, 64, 1, network.encoder_widths), partial(ConvDecoder, 64, 1, network.decoder_widths)

    def trained(steps: int) -> LatentModel:
        schedule = parse(Training, section["training"] | {"steps": steps}, "organise_train.training")
        return organise((train,), *parts, variant, schedule, seed=0)[0]

    return trained, lambda model: float((model.reconstruct(test) - test).square().mean())


def avatars() -> tuple[Train, Callable[[LatentModel], float]]:
    """Training on a neighbourhood of avatars by its steps a component, and the unexplained share."""
    section = PARAMS["gan_train"]
    variant = parse(Place, section["variants"]["avatars"], "gan_train.variants.avatars")
    sizes = parse(Sizes, section["images"], "gan_train.images")
    generator = read(Path("assets/avatars.safetensors")).fold().eval()
    place = gan.places(variant, generator.latent)[0]
    test = sample(generator, place.neighbourhood, sizes.test_images, seed_of(sizes.seed, test=True))
    latents = place.neighbourhood.latents(test.offsets)

    def trained(steps: int) -> LatentModel:
        schedule = parse(Training, section["training"] | {"steps": steps}, "gan_train.training")
        with tempfile.TemporaryDirectory() as folder:
            return gan.train(gan.Job(generator, place, sizes, schedule, variant, CPU, Path(folder), 0))[0]

    def unexplained(model: LatentModel) -> float:
        made = render(generator, model.reconstruct(latents))
        return float((made.float() - test.images.float()).square().mean()) / test.variance

    return trained, unexplained


def operations(train: Train, base: int = 0) -> int:
    """Operations of a short training."""
    with FlopCounterMode(display=False) as counter:
        train(FEW + base)
    return counter.get_total_flops()


def until(
    what: str, train: Train, error: Callable[[LatentModel], float], enough: float, attempts: Sequence[int]
) -> None:
    """Print a row for every number of steps, up to the first that is enough."""
    step = (operations(train, FEW) - operations(train)) / FEW  # what goes before and after the steps drops out
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
    print("| training | steps a component | error | operations | seconds |\n|---|---|---|---|---|")
    until("ellipses, test MSE ≤ 1e-3", *ellipses(), 1e-3, options.ellipses)
    until("avatars, unexplained share ≤ .5", *avatars(), 0.5, options.avatars)


if __name__ == "__main__":
    main()
