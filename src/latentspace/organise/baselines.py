"""What a user would pick instead of the PCA autoencoder, behind the same `encode` and `decode`.

The plain autoencoder needs no code of its own: it is one packet of all components with λ = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.core import models
from latentspace.core.distributed import mine, noise_like
from latentspace.core.objective import Objective
from latentspace.core.parallel import processes
from latentspace.organise.network import ScaleFreeBatchNorm
from latentspace.organise.pca_autoencoder import LatentModel, MeanSquare

MEAN_SQUARE = MeanSquare()


class LinearPCA(LatentModel):
    """Principal component analysis of the pixels; codes of variance 1.

    Args:
        shape: of an image, (channels, height, width).
        components: how many principal components.
    """

    mean: Tensor
    axes: Tensor
    deviation: Tensor

    def __init__(self, shape: list[int], components: int) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"shape": shape, "components": components}
        self.components = components
        self.register_buffer("mean", torch.zeros(*shape))
        self.register_buffer("axes", torch.zeros(components, self.mean.numel()))
        self.register_buffer("deviation", torch.ones(components))

    def fit(self, images: Float[Tensor, "n channels h w"]) -> None:
        """Take the principal components of `images`."""
        from sklearn.decomposition import PCA

        pca = PCA(self.components, svd_solver="covariance_eigh").fit(images.flatten(1).numpy())
        self.mean.copy_(torch.as_tensor(pca.mean_).view_as(self.mean))
        self.axes.copy_(torch.as_tensor(pca.components_))
        self.deviation.copy_(torch.as_tensor(pca.explained_variance_).sqrt())

    def encode(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n components"]:
        """Projections on the axes, over their standard deviations."""
        return (x - self.mean).flatten(1) @ self.axes.T / self.deviation

    def decode(self, z: Float[Tensor, "n k"]) -> Float[Tensor, "n channels h w"]:
        """Mean image and the first k axes."""
        k = z.shape[1]
        return self.mean + ((z * self.deviation[:k]) @ self.axes[:k]).view(len(z), *self.mean.shape)


class OrganisedLatents(LatentModel):
    """Learn first, organise afterwards (last slide): a PCA autoencoder inside the latent space of a trained model.

    Args:
        base: the trained model; or its description.
        inner: a PCA autoencoder of its codes; or its description.
    """

    def __init__(self, base: nn.Module | Mapping[str, Any], inner: nn.Module | Mapping[str, Any]) -> None:
        super().__init__()
        base, inner = models.build(base), models.build(inner)
        if not (isinstance(base, LatentModel) and isinstance(inner, LatentModel)):
            raise ValueError("base and inner must be latent models")
        self.base, self.inner, self.components = base, inner, inner.components

    @property
    def config(self) -> dict[str, Any]:
        """What rebuilds the model, in plain values."""
        return {"base": models.describe(self.base), "inner": models.describe(self.inner)}

    def encode(self, x: Tensor) -> Float[Tensor, "n components"]:
        """Organised codes of the codes of inputs."""
        return self.inner.encode(self.base.encode(x))

    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Outputs of the base's decoder for the first k organised components."""
        return self.base.decode(self.inner.decode(z))


class ErrorThrough(nn.Module):
    """Mean squared error of ``decode(output)`` against a target: reconstruction measured behind a frozen decoder.

    Args:
        base: the model whose decoder it is; its weights stay as they are.
    """

    def __init__(self, base: LatentModel) -> None:
        super().__init__()
        self.base = base.eval().requires_grad_(requires_grad=False)

    def forward(self, decoder: nn.Module, z: Tensor, target: Tensor) -> Tensor:
        """A scalar."""
        return F.mse_loss(self.base.decode(decoder(z)), target)


class NestedDropoutObjective(Objective):
    """Nested dropout: only the first k components of a code pass, k uniform on 1 … d, drawn for every image.

    Source: O. Rippel, M. Gelbart and R. Adams, "Learning ordered representations with nested dropout", 2014.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, norm: ScaleFreeBatchNorm) -> None:
        super().__init__()
        self.encoder, self.decoder, self.norm = encoder, decoder, norm

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Mean squared error of a batch."""
        z = self.norm(self.encoder(x))
        kept = mine(torch.randint(1, z.shape[1] + 1, (len(z) * processes(), 1), device=z.device))
        z = z * (torch.arange(z.shape[1], device=z.device) < kept)
        return {"loss": MEAN_SQUARE(self.decoder, z, x)}


class BetaVAEObjective(Objective):
    """β-VAE with unit Gaussian pixels: ½ Σ (x − D(z))² + β KL(q(z|x) ‖ N(0, I)), per pixel.

    `encoder` gives d means and d log-variances.

    Source: I. Higgins et al., "beta-VAE", 2017.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, beta: float) -> None:
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Loss of a batch, with its two parts."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + (log_variance / 2).exp() * noise_like(mean)
        error = MEAN_SQUARE(self.decoder, z, x)
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2 / x[0].numel()
        return {"loss": error / 2 + self.beta * divergence, "reconstruction": error, "divergence": divergence}


class MeanHead(nn.Module):
    """The means of an encoder that gives means and log-variances.

    Args:
        encoder: the encoder; or its description.
    """

    def __init__(self, encoder: nn.Module | Mapping[str, Any]) -> None:
        super().__init__()
        self.encoder = models.build(encoder)

    @property
    def config(self) -> dict[str, Any]:
        """What rebuilds the network, in plain values."""
        return {"encoder": models.describe(self.encoder)}

    def forward(self, x: Tensor) -> Float[Tensor, "n d"]:
        """Means of q(z|x)."""
        return self.encoder(x).chunk(2, dim=1)[0]


class Denormalised(nn.Module):
    """A decoder of raw numbers behind codes of mean 0 and variance 1.

    Args:
        decoder: the decoder; or its description.
        size: length of the code.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, decoder: nn.Module | Mapping[str, Any], size: int) -> None:
        super().__init__()
        self.decoder, self.size = models.build(decoder), size
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))

    @property
    def config(self) -> dict[str, Any]:
        """What rebuilds the network, in plain values."""
        return {"decoder": models.describe(self.decoder), "size": self.size}

    def forward(self, z: Float[Tensor, "n size"]) -> Tensor:
        """Outputs of normalised codes."""
        return self.decoder(z * self.deviation + self.mean)
