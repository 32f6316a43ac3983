"""Baselines: straight lines in the latent space; the methods differ in the choice of the directions.

k orthonormal directions are a latent model of offsets: the code consists of the coordinates along them, and the decoder
returns the point with these coordinates. So baselines and the PCA autoencoder are measured by the same functions.
Offsets are in units of σ.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.frozen import Frozen
from latentspace.gan.ganspace import Columns, flat, ganspace, image_pca, orthonormal, regressed
from latentspace.gan.neighbourhood import Sample
from latentspace.gan.rendering import CHUNK
from latentspace.nn.latent import LatentModel

FIRST = "format_weight"  # of a progressive GAN: the weight of its first layer, which is linear
STEP = 1e-4  # of the central differences, in units of σ


class Directions(LatentModel):
    """Codes along fixed orthonormal directions.

    Args:
        latent: length of an offset.
        components: number of directions.
    """

    columns: Tensor

    def __init__(self, latent: int, components: int) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"latent": latent, "components": components}
        self.components = components
        self.register_buffer("columns", torch.zeros(latent, components))

    @classmethod
    def along(cls, columns: Columns) -> Directions:
        """The directions of `columns`, orthonormalised in their order; at most as many as an offset has numbers."""
        columns = orthonormal(columns)
        model = cls(*columns.shape)
        model.columns.copy_(columns)
        return model.eval()

    def encode(self, x: Float[Tensor, "n latent"]) -> Float[Tensor, "n components"]:
        """Coordinates along the directions."""
        return x @ self.columns

    def decode(self, z: Float[Tensor, "n k"]) -> Float[Tensor, "n latent"]:
        """Offsets along the first k directions."""
        return z @ self.columns[:, : z.shape[1]].T


def raw_axes(generator: Frozen, data: Sample, k: int) -> Columns:
    """The k axes of the latent space that change the image most, according to `jacobian_at` (slide 45)."""
    strength = jacobian_at(generator, data).square().sum(0)
    return torch.eye(len(strength))[:, strength.argsort(descending=True)[:k]]


def latent_pca(_generator: Frozen, data: Sample, k: int) -> Columns:
    """Principal components of the offsets; as these are isotropic, the directions are random: the chance level."""
    centred = (data.offsets - data.offsets.mean(0)).double()
    return torch.linalg.eigh(centred.T @ centred).eigenvectors.flip(1)[:, :k].float()


def ganspace_of_images(_generator: Frozen, data: Sample, k: int) -> Columns:
    """`ganspace`, which needs no generator once it has the images."""
    return ganspace(data, k)


def ganspace_ica(_generator: Frozen, data: Sample, k: int) -> Columns:
    """As `ganspace`, with independent components of the k scores, in the order of the variance that each explains.

    Source: A. Palaev, R. Lukmanov and A. Khan, "Exploring semantic variations in GAN latent spaces via matrix
    factorization", 2023 (arXiv 2305.14551).
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    scores = image_pca(data.images, k).transform(flat(data.images)).astype(np.float64)
    ica = FastICA(whiten="unit-variance", random_state=0, max_iter=1000, tol=1e-3)
    with warnings.catch_warnings():  # scores without independent components have no better ones than the last found
        warnings.simplefilter("ignore", ConvergenceWarning)
        sources = ica.fit_transform(scores)
    order = np.square(ica.mixing_).sum(0).argsort()[::-1]
    return regressed(data, sources[:, order])


def sefa(generator: Frozen, _data: Sample, k: int) -> Columns:
    """Eigenvectors of AᵀA for the generator's first layer A, which must be linear; needs no images.

    Source: Y. Shen and B. Zhou, "Closed-form factorization of latent semantics in GANs", 2021.
    """
    weight = generator.get_buffer(FIRST).double()[:, : generator.latent]
    return torch.linalg.svd(weight, full_matrices=False).Vh[:k].T.float()


def jacobian(generator: Frozen, data: Sample, k: int) -> Columns:
    """Right singular vectors of the generator's Jacobian at the anchor, optimal lines in a small neighbourhood."""
    return torch.linalg.svd(jacobian_at(generator, data), full_matrices=False).Vh[:k].T.float()


@torch.no_grad()
def jacobian_at(generator: Frozen, data: Sample) -> Float[Tensor, "numbers latent"]:
    """∂G/∂(offset) at the anchor, by central differences in float64."""
    exact, place = copy.deepcopy(generator).double(), data.place
    steps = STEP * torch.eye(len(place.anchor), dtype=torch.float64)
    ahead, behind = (
        torch.cat([exact(place.latents(part)) for part in (sign * steps).split(CHUNK)]) for sign in (1, -1)
    )
    return (ahead - behind).flatten(1).T / (2 * STEP)


def methods_for(generator: Frozen, names: Iterable[str]) -> list[str]:
    """Those of the methods `names` that can be had from a generator: SeFa needs a first layer that is linear."""
    linear = FIRST in dict(generator.named_buffers())
    return [name for name in names if linear or METHODS[name] is not sefa]


METHODS: dict[str, Callable[[Frozen, Sample, int], Columns]] = {
    "ganspace": ganspace_of_images,
    "ganspace_ica": ganspace_ica,
    "jacobian": jacobian,
    "sefa": sefa,
    "raw": raw_axes,
    "latent_pca": latent_pca,
}
