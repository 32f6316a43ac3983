"""The MobileStyleGAN of random-face as functions of the latents of two spaces, at its full size of 1024² and small.

A mapping network makes styles of 512 numbers from latents on a sphere, and a synthesis network makes images of styles.
Latents are either those of the mapping network, or of a space of styles: the coordinates of a style along the principal
components of all styles, in units of their standard deviations, so that their prior is normal. Small images are for
training, and traversals are rendered at full size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.formats.openvino_file import Network
from latentspace.gan.formats.program import Program
from latentspace.gan.formats.traced import traced
from latentspace.gan.neighbourhood import drawn_anchors, on_sphere
from latentspace.gan.rendering import render
from latentspace.gan.roles import SPHERE, Prior
from latentspace.photos.params import LATENTS, STYLES, Small, Spaces
from latentspace.photos.shortcut import CUTS, Shortcut, fit_shortcut, psnr
from latentspace.pipeline.measured import Findings, measured
from latentspace.plots.strips import as_shown, rows_of_images

HELD_OUT = 8  # renderings with which the fit is measured
BATCH = 1024  # latents per call of the mapping network
ROW = 16  # samples in a row of the picture; their numbers are those of anchors

Images = Callable[[Tensor], Tensor]  # of latents


@dataclass(frozen=True)
class Space:
    """A latent space of the synthesis network.

    Attributes:
        styles_of: the styles of latents.
        latent: length of a latent.
        prior: distribution of latents.
    """

    styles_of: Callable[[Tensor], Tensor]
    latent: int
    prior: Prior


class Networks:
    """The two networks in a folder of `package.download`.

    Args:
        folder: with the .xml and .bin files.
        cut: name of the layer after which the synthesis network is cut.
    """

    def __init__(self, folder: Path, cut: str = CUTS[64]) -> None:
        synthesis = folder / "SynthesisNetwork.xml"
        self.mapping = Network.of(folder / "MappingNetwork.xml")
        self.synthesis, self.features = Network.of(synthesis), Network.of(synthesis, cut)

    @property
    def latent(self) -> int:
        """Length of a latent of the mapping network."""
        return self.mapping.shape[0]

    def latents(self, seed: int, count: int) -> Float[Tensor, "count latent"]:
        """Latents of the mapping network drawn from `seed`."""
        return on_sphere(torch.randn(count, self.latent, generator=torch.Generator().manual_seed(seed)))


def drawn_styles(networks: Networks, settings: Small) -> Float[Tensor, "n style"]:
    """Styles of latents drawn from the settings' seed."""
    with torch.no_grad():
        drawn = [networks.mapping(part) for part in networks.latents(settings.seed, settings.mean_of).split(BATCH)]
    return torch.cat(drawn)


def truncated(networks: Networks, mean: Float[Tensor, " style"], settings: Small) -> Space:
    """The space of the mapping network's latents, with styles moved towards the mean style."""
    kept = settings.truncation
    return Space(lambda z: mean + kept * (networks.mapping(z) - mean), networks.latent, SPHERE)


def spaces(networks: Networks, settings: Spaces) -> dict[str, Space]:
    """Both spaces by name; their styles are truncated."""
    mean, axes = principal(drawn_styles(networks, settings), settings.dimensions)
    kept = settings.truncation
    return {
        STYLES: Space(lambda u: mean + u @ (kept * axes), len(axes), "normal"),
        LATENTS: truncated(networks, mean, settings),
    }


def principal(
    styles: Float[Tensor, "n style"], dimensions: int
) -> tuple[Float[Tensor, " style"], Float[Tensor, "dimensions style"]]:
    """Mean of styles, and their first principal components, each as long as its standard deviation."""
    exact = styles.double()
    mean = exact.mean(0)
    values, vectors = torch.linalg.eigh((exact - mean).T @ (exact - mean) / len(exact))
    axes = (values.clamp_min(0).sqrt() * vectors).T.flip(0)
    return mean.float(), axes[:dimensions].float().contiguous()


@torch.no_grad()
def fitted(networks: Networks, latents: Space, settings: Small) -> tuple[Shortcut, float]:
    """The convolution from the cut's features to small images, and its PSNR on the last renderings, in dB.

    Args:
        networks: the mapping and the synthesis network, with their cut.
        latents: the space of the mapping network's latents.
        settings: of the fit.
    """
    drawn = latents.styles_of(networks.latents(settings.seed + 1, settings.fit_images)).split(1)
    features = torch.cat([networks.features(style) for style in drawn])
    images = torch.cat([F.adaptive_avg_pool2d(networks.synthesis(style), settings.image_size) for style in drawn])
    shortcut = fit_shortcut(features[:-HELD_OUT], images[:-HELD_OUT], settings.ridge)
    return shortcut, psnr(shortcut(features[-HELD_OUT:]), images[-HELD_OUT:])


def small(networks: Networks, shortcut: Shortcut, space: Space) -> Program:
    """The generator of small images of a space."""
    return traced(lambda z: shortcut(networks.features(space.styles_of(z))), [space.latent], (-1.0, 1.0), space.prior)


def full(folder: Path, settings: Spaces) -> dict[str, Images]:
    """Functions from latents to images (n, 3, 1024, 1024), by latent space; arguments and errors as of `make`.

    Values lie about [−1, 1] and may leave it, as those of the network do.
    """
    networks = Networks(folder)
    return {name: partial(_full, networks, space) for name, space in spaces(networks, settings).items()}


def _full(networks: Networks, space: Space, latents: Tensor) -> Tensor:
    return networks.synthesis(space.styles_of(latents))


def make(folder: Path, settings: Spaces) -> tuple[dict[str, Program], float]:
    """The generators of small images by latent space, and the PSNR of their images, in dB.

    Args:
        folder: of the files of the networks.
        settings: of the spaces and of the fit.

    Raises:
        ValueError: if a file is missing or damaged.
    """
    networks = Networks(folder, CUTS[settings.image_size])
    found = spaces(networks, settings)
    shortcut, quality = fitted(networks, found[LATENTS], settings)
    return {name: small(networks, shortcut, space) for name, space in found.items()}, quality


def teacher(folder: Path, settings: Small) -> tuple[Program, float]:
    """The generator of small images of the mapping network's latents, and the PSNR of its images, in dB.

    Arguments and errors as of `make`.
    """
    networks = Networks(folder, CUTS[settings.image_size])
    latents = truncated(networks, drawn_styles(networks, settings).mean(0), settings)
    shortcut, quality = fitted(networks, latents, settings)
    return small(networks, shortcut, latents), quality


def experiment(made: Mapping[str, Program], quality: float) -> Findings:
    """The PSNR in dB, the lengths of latents, and samples, numbered as anchors are."""
    values = {"shortcut_psnr": quality} | {f"{name}_latent": float(each.latent) for name, each in made.items()}
    rows = [
        (f"{name} 0 …", as_shown(render(each, drawn_anchors(each.latent, range(ROW), each.prior))))
        for name, each in made.items()
    ]
    return Findings(
        measured("", values),
        {"samples.png": rows_of_images(rows)},
        summary=f"{quality:.1f} dB at {next(iter(made.values())).size}²; research use only",
    )
