"""Networks of the PCA autoencoder: normalisation, convolutional and dense encoders and decoders, and their packets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.nn import fused, models
from latentspace.nn.distributed import gather, shard
from latentspace.nn.latent import LatentModel
from latentspace.pca.deflation import Deflation
from latentspace.pca.names import EncoderKind, Reconstruction

SLOPE = 0.2  # of the LeakyReLU, as in the authors' code


class Tanh(torch.autograd.Function):
    """tanh as 2 σ(2x) − 1: on a CPU torch computes σ ten times as fast as tanh; the results agree to 1e-7."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Output of the same shape."""
        y = (2 * x).sigmoid_().mul_(2).sub_(1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Gradient to the input."""
        (y,) = ctx.saved_tensors
        return torch.ops.aten.tanh_backward(gradient, y)


def tanh(x: Tensor) -> Tensor:
    """Hyperbolic tangent; torch's own while the network is exported."""
    if torch.compiler.is_exporting():
        return torch.tanh(x)
    return cast("Tensor", Tanh.apply(x))


class ScaleFreeBatchNorm(nn.Module):
    """Batch normalisation without trainable parameters: codes of mean 0 and variance 1, whatever their scale.

    Nothing is added to the variance, so that a component of tiny variance is normalised too (the usual epsilon would
    leave it small; torch does not accept an epsilon of 0). In training the statistics are those of the batch over all
    processes; in evaluation, those of the whole training set, which `settle` computes once the weights are final.

    Source: slide 37, footnote.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))

    def forward(self, y: Float[Tensor, "batch size"]) -> Float[Tensor, "batch size"]:
        """Normalise each column."""
        if y.dtype != torch.float64:
            y = y.float()  # half precision is too coarse for statistics
        if not self.training:
            return (y - self.mean) / self.deviation
        y = gather(y)
        centred = y - y.mean(0)
        centred = centred - centred.mean(0)  # the rounding error of a large mean
        return shard(centred * centred.square().mean(0).clamp_min(torch.finfo(y.dtype).tiny).rsqrt())

    def settle(self, y: Float[Tensor, "n size"]) -> None:
        """Set the statistics to those of the whole training set.

        Raises:
            ValueError: if a column is constant.
        """
        mean, deviation = y.double().mean(0), y.double().std(0, correction=0)
        if not bool((deviation > 1e-12 * (1 + mean.abs())).all()):
            raise ValueError("a component of the code is constant: the data have no more structure to encode")
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)


def _coarsest(image_size: int, widths: list[int]) -> int:
    """Side of the coarsest map: the finest level divides the side by 4, every other level by 2."""
    side = image_size >> (len(widths) + 1)
    if not widths or side < 1 or side << (len(widths) + 1) != image_size:
        raise ValueError(f"widths = {widths}: {image_size} pixels cannot be halved {len(widths) + 1} times")
    return side


class ImageNetwork(nn.Module):
    """A network between square images and numbers.

    Args:
        image_size: side of the images, in pixels.
        channels: of the images.
        widths: channels of each level.
        code_size: numbers per image.
    """

    def __init__(self, image_size: int, channels: int, widths: list[int], code_size: int) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "image_size": image_size,
            "channels": channels,
            "widths": widths,
            "code_size": code_size,
        }


class ConvEncoder(ImageNetwork):
    """Images to numbers: a convolution of stride 4, then 4×4 convolutions of stride 2, then a linear layer.

    A ``bounded`` encoder has tanh as activation, and the features of every image are scaled to a mean square of 1
    before the linear layer, so that a code depends on their proportions, not on their magnitude: both make the code
    fold less. ``leaky_relu`` is the activation of the authors, and leaves the features as they are.

    Args:
        image_size: side of the square images, in pixels.
        channels: of the images.
        widths: channels after each level, finest first.
        code_size: numbers per image.
        kind: ``bounded`` or ``leaky_relu``.
    """

    def __init__(
        self, image_size: int, channels: int, widths: list[int], code_size: int, kind: EncoderKind = "bounded"
    ) -> None:
        super().__init__(image_size, channels, widths, code_size)
        side = _coarsest(image_size, widths)
        self.kind = kind
        self.config["kind"] = kind
        first = nn.Conv2d(channels, widths[0], 6, stride=4, padding=1)
        self.levels = nn.ModuleList(
            [first, *(nn.Conv2d(i, o, 4, stride=2, padding=1) for i, o in pairwise(widths))],
        )
        self.code = nn.Linear(widths[-1] * side**2, code_size)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch code"]:
        """Codes, not normalised."""
        x = x.contiguous(memory_format=torch.channels_last)
        for level in self.levels:
            x = tanh(level(x)) if self.kind == "bounded" else F.leaky_relu(level(x), SLOPE)
        features = x.flatten(1)
        if self.kind == "bounded":
            features = F.normalize(features, dim=1) * features.shape[1] ** 0.5
        return self.code(features)


class ConvDecoder(ImageNetwork):
    """Numbers to images in [0, 1]: a linear layer, transposed 4×4 convolutions of stride 2 with SiLU, a sigmoid.

    The last level is a convolution that outputs a block of 4 × 4 pixels per place.

    Args:
        image_size: side of the square images, in pixels.
        channels: of the images.
        widths: channels before each level, coarsest first.
        code_size: numbers per image.
    """

    def __init__(self, image_size: int, channels: int, widths: list[int], code_size: int) -> None:
        super().__init__(image_size, channels, widths, code_size)
        self.side = _coarsest(image_size, widths)
        self.spread = nn.Linear(code_size, widths[0] * self.side**2)
        self.levels = nn.ModuleList(nn.ConvTranspose2d(i, o, 4, stride=2, padding=1) for i, o in pairwise(widths))
        self.pixels = nn.Conv2d(widths[-1], 16 * channels, 3, padding=1)  # a block of 4 × 4 pixels per place
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def blocks(self, z: Float[Tensor, "batch code"]) -> Float[Tensor, "batch blocks h w"]:
        """Logits of images, as blocks of 4 × 4 pixels, shape (batch, 16 · channels, size / 4, size / 4)."""
        x = self.spread(z).unflatten(1, (-1, self.side, self.side)).contiguous(memory_format=torch.channels_last)
        for level in self.levels:
            x = level(F.silu(x))
        return self.pixels(F.silu(x))

    def forward(self, z: Float[Tensor, "batch code"]) -> Float[Tensor, "batch channels h w"]:
        """Images in [0, 1] from codes."""
        return torch.sigmoid(F.pixel_shuffle(self.blocks(z), 4))

    def error(
        self, z: Float[Tensor, "batch code"], target: Float[Tensor, "batch channels h w"], kind: Reconstruction
    ) -> Float[Tensor, ""]:
        """Mean squared error or binary cross-entropy, per number, of decoded images; differentiable once."""
        logits = self.blocks(z)
        if fused.supports(logits) and fused.supports(target):
            return cast("Tensor", fused.BlockError.apply(logits, target, kind == "bce"))
        logits = F.pixel_shuffle(logits, 4)
        if kind == "bce":
            return F.binary_cross_entropy_with_logits(logits, target)
        return F.mse_loss(torch.sigmoid(logits), target)


class DenseNetwork(nn.Module):
    """Vectors to vectors through one hidden layer with LeakyReLU.

    Args:
        in_size: length of the inputs.
        hidden: width of the hidden layer.
        out_size: length of the outputs.
    """

    def __init__(self, in_size: int, hidden: int, out_size: int) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"in_size": in_size, "hidden": hidden, "out_size": out_size}
        self.first, self.second = nn.Linear(in_size, hidden), nn.Linear(hidden, out_size)

    def forward(self, x: Float[Tensor, "batch in"]) -> Float[Tensor, "batch out"]:
        """Apply the two layers with a LeakyReLU between them."""
        return self.second(F.leaky_relu(self.first(x), SLOPE))


class PacketAutoencoder(LatentModel):
    """Encoders of packets of components, and a decoder for every number of packets.

    Args:
        encoders: one per packet, from inputs to unnormalised codes (batch, packet size), or their descriptions.
        decoders: decoder i maps the codes of packets 0 … i to outputs; or their descriptions.
        packet_sizes: components per packet.
        norms: normalisation of each packet's codes; by default with initial statistics, which `load` overwrites.
        deflations: exact decorrelation of each packet's codes; None for none, True for initial ones.

    Raises:
        ValueError: if the numbers of encoders, decoders, packets and norms differ.

    Source: slides 33-37, 48.
    """

    def __init__(
        self,
        encoders: Sequence[nn.Module | Mapping[str, Any]],
        decoders: Sequence[nn.Module | Mapping[str, Any]],
        packet_sizes: Sequence[int],
        norms: Sequence[ScaleFreeBatchNorm] | None = None,
        deflations: Sequence[Deflation] | bool = False,
    ) -> None:
        super().__init__()
        if not len(encoders) == len(decoders) == len(packet_sizes) or min(packet_sizes, default=0) < 1:
            raise ValueError(f"{len(encoders)} encoders, {len(decoders)} decoders, packet_sizes = {list(packet_sizes)}")
        self.encoders = nn.ModuleList(map(models.build, encoders))
        self.decoders = nn.ModuleList(map(models.build, decoders))
        self.norms = nn.ModuleList(norms if norms is not None else map(ScaleFreeBatchNorm, packet_sizes))
        self.packet_sizes = list(packet_sizes)
        self.components = sum(packet_sizes)
        self.ends = list(accumulate(packet_sizes))
        if deflations is True:
            deflations = [Deflation(end - size, size) for end, size in zip(self.ends, packet_sizes, strict=True)]
        self.deflations = nn.ModuleList(deflations or [])

    @property
    def config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, without statistics of the training set."""
        return {
            "encoders": [models.describe(encoder) for encoder in self.encoders],
            "decoders": [models.describe(decoder) for decoder in self.decoders],
            "packet_sizes": self.packet_sizes,
            "deflations": len(self.deflations) > 0,
        }

    def encode(self, x: Tensor) -> Float[Tensor, "n components"]:
        """Codes, whose components have mean 0 and variance 1 on the training set."""
        packets = [norm(encoder(x)) for encoder, norm in zip(self.encoders, self.norms, strict=True)]
        for number, deflation in enumerate(self.deflations):
            packets[number] = deflation(packets[number], torch.cat([packets[0][:, :0], *packets[:number]], 1))
        return torch.cat(packets, 1)

    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Outputs for the first k components.

        They are decoded by the decoder trained for these packets; if k ends inside a packet, its missing components are
        set to their mean, 0.

        Raises:
            ValueError: if k is not in 1 … `components`.
        """
        fitting = [i for i, end in enumerate(self.ends) if end >= z.shape[1] > 0]
        if not fitting:
            raise ValueError(f"a code of {z.shape[1]} components; this model has {self.components}")
        last = fitting[0]
        z = F.pad(z, (0, self.ends[last] - z.shape[1]))
        if self.deflations:
            earlier, new = z.split([self.ends[last] - self.packet_sizes[last], self.packet_sizes[last]], 1)
            z = torch.cat([earlier, cast("Deflation", self.deflations[last]).undo(new, earlier)], 1)
        return self.decoders[last](z)


def matched_widths(widths: list[int], times: int) -> list[int]:
    """Widths of one network with about as many parameters as `times` networks of the given widths."""
    return [round(width * math.sqrt(times)) for width in widths]
