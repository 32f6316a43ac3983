"""Baselines of the PCA autoencoder, with the interface `encode` and `decode`: linear PCA, nested dropout, β-(TC)VAE.

The plain autoencoder is a PCA autoencoder with all components in one packet and λ = 0; least volume has its own module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.nn import models
from latentspace.nn.distributed import gather, noise_like, shard
from latentspace.nn.latent import LatentModel
from latentspace.nn.objective import Objective
from latentspace.nn.rows import Rows
from latentspace.pca.errors import MeanSquare
from latentspace.pca.networks import ScaleFreeBatchNorm
from latentspace.pca.principal import IN_MEMORY, principal_components
from latentspace.pipeline.workers import processes

MEAN_SQUARE = MeanSquare()


class LinearPCA(LatentModel):
    """Principal component analysis of the pixels; codes have variance 1.

    Args:
        shape: of an image, (channels, height, width).
        components: number of principal components.
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

    def fit(self, images: Rows) -> None:
        """Compute the principal components of images; more than 1 GiB of floats are read in parts, several times."""
        if 4 * math.prod(images.shape) > IN_MEMORY:
            mean, axes, deviation = principal_components(images, self.components)
        else:
            from sklearn.decomposition import PCA

            pca = PCA(self.components, svd_solver="covariance_eigh").fit(images[:].flatten(1).numpy())
            mean, axes = torch.as_tensor(pca.mean_), torch.as_tensor(pca.components_)
            deviation = torch.as_tensor(pca.explained_variance_).sqrt()
        self.mean.copy_(mean.view_as(self.mean))
        self.axes.copy_(axes)
        self.deviation.copy_(deviation)

    def encode(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n components"]:
        """Projections on the axes, divided by their standard deviations."""
        return (x - self.mean).flatten(1) @ self.axes.T / self.deviation

    def decode(self, z: Float[Tensor, "n k"]) -> Float[Tensor, "n channels h w"]:
        """Images from the mean image and the first k axes."""
        k = z.shape[1]
        return self.mean + ((z * self.deviation[:k]) @ self.axes[:k]).view(len(z), *self.mean.shape)


class NestedDropoutObjective(Objective):
    """Nested dropout: only the first k components of a code are kept, with k uniform on 1 … d for every image.

    Source: O. Rippel, M. Gelbart and R. Adams, "Learning ordered representations with nested dropout", 2014.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, norm: ScaleFreeBatchNorm) -> None:
        super().__init__()
        self.encoder, self.decoder, self.norm = encoder, decoder, norm

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Mean squared error of a batch."""
        z = self.norm(self.encoder(x))
        kept = shard(torch.randint(1, z.shape[1] + 1, (len(z) * processes(), 1), device=z.device))
        z = z * (torch.arange(z.shape[1], device=z.device) < kept)
        return {"loss": MEAN_SQUARE(self.decoder, z, x)}


class BetaVAEObjective(Objective):
    """β-VAE with unit Gaussian pixels: ½ Σ (x − D(z))² + β KL(q(z|x) ‖ N(0, I)), per pixel.

    `encoder` outputs d means and d log-variances.

    Source: I. Higgins et al., "beta-VAE", 2017.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, beta: float) -> None:
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Loss of a batch, with its parts."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + (log_variance / 2).exp() * noise_like(mean)
        error = MEAN_SQUARE(self.decoder, z, x)
        penalty, parts = self.penalty(z, mean, log_variance)
        numbers = x[0].numel()
        losses = {"loss": error / 2 + penalty / numbers, "reconstruction": error}
        return losses | {name: part / numbers for name, part in parts.items()}

    def penalty(
        self, z: Float[Tensor, "n d"], mean: Float[Tensor, "n d"], log_variance: Float[Tensor, "n d"]
    ) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
        """What the loss has beside the error, in nats, and its parts."""
        divergence = kl_divergence(mean, log_variance).mean()
        return self.beta * divergence, {"divergence": divergence}


class BetaTCVAEObjective(BetaVAEObjective):
    """β-TCVAE: β weights the total correlation alone, I(x; z) + β TC(z) + Σ_j KL(q(z_j) ‖ N(0, 1)).

    The divergence KL(q(z|x) ‖ N(0, I)) is the sum of the three terms with β = 1, so it is computed as it stands and
    (β − 1) TC is added, estimated from the batch.

    Source: R. Chen et al., "Isolating sources of disentanglement in variational autoencoders", 2018.
    """

    def penalty(
        self, z: Float[Tensor, "n d"], mean: Float[Tensor, "n d"], log_variance: Float[Tensor, "n d"]
    ) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
        """As for the β-VAE."""
        divergence = kl_divergence(mean, log_variance).mean()
        dependence = total_correlation(gather(z), gather(mean), gather(log_variance))
        parts = {"divergence": divergence, "total_correlation": dependence}
        return divergence + (self.beta - 1) * dependence, parts


def kl_divergence(mean: Float[Tensor, "n d"], log_variance: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """KL(N(mean, variance) ‖ N(0, I)) in nats, of each row."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


def total_correlation(
    z: Float[Tensor, "n d"], mean: Float[Tensor, "n d"], log_variance: Float[Tensor, "n d"]
) -> Float[Tensor, ""]:
    """KL(q(z) ‖ ∏ q(z_j)) in nats, with q(z) the mean of the Gaussians q(z|x) of a batch, from one z of each.

    This is minibatch-weighted sampling, without the logarithm of the data set's size, which has no gradient.
    """
    log_q = -(z[:, None] - mean).square() / log_variance.exp() - log_variance  # both densities lack the same constants
    joint = (log_q.sum(2) / 2).logsumexp(1)
    marginals = (log_q / 2).logsumexp(1).sum(1)
    return (joint - marginals).mean() + (z.shape[1] - 1) * math.log(len(mean))


class MeanHead(nn.Module):
    """The means of an encoder that outputs means and log-variances.

    Args:
        encoder: the encoder, or its description.
    """

    def __init__(self, encoder: nn.Module | Mapping[str, Any]) -> None:
        super().__init__()
        self.encoder = models.build(encoder)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {"encoder": models.describe(self.encoder)}

    def forward(self, x: Tensor) -> Float[Tensor, "n d"]:
        """Means of q(z|x)."""
        return self.encoder(x).chunk(2, dim=1)[0]


class Denormalised(nn.Module):
    """A decoder of unnormalised codes that takes codes of mean 0 and variance 1.

    Args:
        decoder: the decoder of unnormalised codes, or its description.
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
        """The constructor's arguments as plain values."""
        return {"decoder": models.describe(self.decoder), "size": self.size}

    def forward(self, z: Float[Tensor, "n size"]) -> Tensor:
        """Outputs of normalised codes."""
        return self.decoder(z * self.deviation + self.mean)
