"""Latents found for held-out images, compared with the nearest drawn ones, and for images of another generator."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.frozen import Frozen
from latentspace.gan.invert import Images, Inversion, invert
from latentspace.gan.neighbourhood import drawn_anchors
from latentspace.gan.params import Inverted
from latentspace.gan.regressor_network import Regressor
from latentspace.gan.rendering import render
from latentspace.images.labelled import LabelledImages, centred
from latentspace.pipeline.measured import Findings, Measured
from latentspace.plots.strips import as_shown, rows_of_images

SHOWN = 12  # images in a row of the picture


def experiment(
    generator: Frozen, drawn: LabelledImages, regressor: Regressor, section: Inverted, others: Frozen | None
) -> Findings:
    """Errors after the search, relative to the nearest of the drawn latents' images.

    Args:
        generator: of avatars.
        drawn: held-out drawn avatars, which the generator has not made.
        regressor: measures factors; their difference is the perceptual statistic, which the search does not use.
        section: sizes of the search.
        others: a generator of other images, all of which should be refused; None for none.
    """
    shape = samples(generator, section).shape
    pixels = drawn.images[-section.images :]  # the first of them were looked at when the limit was chosen
    images = fitted(centred(torch.from_numpy(pixels).permute(0, 3, 1, 2)), shape)
    found = search(generator, images, section)
    factors = [standardised(regressor, each) for each in (images, found.nearest, found.images)]
    before, after = (float((factors[0] - each).square().sum()) for each in factors[1:])
    ratios = (found.errors / found.nearest_errors).tolist()
    rows = [Measured("inversion", "pixel_ratio", each, place=f"head_{number}") for number, each in enumerate(ratios)]
    rows.append(Measured("inversion", "factor_ratio", after / before))
    rows.append(Measured("inversion", "accepted", _share(found.errors <= found.largest)))
    if others is not None:
        far = search(generator, fitted(samples(others, section), shape), section)
        rows.append(Measured("inversion", "foreign_refused", _share(far.errors > far.largest)))
    lines = {"image": images, "nearest of those drawn": found.nearest, "after the search": found.images}
    picture = rows_of_images([(name, as_shown(each[:SHOWN])) for name, each in lines.items()])
    return Findings(
        rows, {"inversion.png": picture}, summary=f"{mean(ratios):.2f} of the error of the nearest of {section.samples}"
    )


def fitted(images: Images, shape: Sequence[int]) -> Float[Tensor, "n _ _ _"]:
    """Images with the channels and the size of a shape (n, channels, size, size)."""
    images = images.mean(1, keepdim=True) if shape[1] == 1 else images.expand(-1, 3, -1, -1)
    if images.shape[2:] == tuple(shape[2:]):
        return images
    return F.interpolate(images, tuple(shape[2:]), mode="bilinear", antialias=True)


def search(generator: Frozen, images: Images, section: Inverted) -> Inversion:
    """Find the latents of images in [−1, 1]; arguments and errors as of `invert`."""
    return invert(
        generator, images, samples=section.samples, starts=section.starts, steps=section.steps, seed=section.seed
    )


def samples(generator: Frozen, section: Inverted) -> Images:
    """Images of a generator, in [−1, 1]."""
    return (
        render(generator, drawn_anchors(generator.latent, range(section.images), generator.prior)).float().clamp(-1, 1)
    )


def standardised(regressor: Regressor, images: Images) -> Float[Tensor, "n factors"]:
    """Estimated factors of images, in units of their standard deviations over avatars."""
    values = [torch.as_tensor(each) for each in regressor.measure(images).values()]
    return torch.stack(values, 1) / regressor.deviation


def _share(which: Tensor) -> float:
    return float(which.double().mean())
