"""Networks of the position chapter and their objectives: encoders of lines, decoders to Diracs, and autoencoders."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.nn.objective import Objective
from latentspace.position.filters import PHI, SUMMING

SLOPE = 0.1  # of the LeakyReLUs; in trials with three seeds on lines, ReLUs reached errors of .05-.34, these .06-.10


Halving = Literal["stride", "max_pool", "average_pool", "even_filter"]


Points = Float[Tensor, "batch *pixels"]  # lines, shape (batch, n), or images, shape (batch, n, n)


def dirac(positions: Float[Tensor, "batch d"], size: int) -> Points:
    """Diracs at continuous positions (eq. 11): shape (batch, size) for d = 1, (batch, size, size) for d = 2."""
    places = torch.arange(size, dtype=positions.dtype, device=positions.device)
    first, *other = F.relu(1 - (positions[:, :, None] - places).abs()).unbind(1)
    return first[:, :, None] * other[0][:, None, :] if other else first


class PositionEncoder(nn.Module):
    """E_L with trainable taps and one of four ways of halving the length; no biases, one channel (slides 24-29).

    Args:
        levels: L, for lines of 2^L places.
        halving: ``stride`` keeps the even places of a 3-tap convolution; ``max_pool`` and ``average_pool`` pool its
            outputs in pairs instead; ``even_filter`` is ``stride`` with a filter of two taps.
    """

    def __init__(self, levels: int, halving: Halving) -> None:
        super().__init__()
        if halving not in get_args(Halving):
            raise ValueError(f"halving = {halving!r} must be one of {', '.join(get_args(Halving))}")
        self.config: dict[str, Any] = {"levels": levels, "halving": halving}
        self.halving = halving
        self.taps = nn.Parameter(torch.empty(levels, 2 if halving == "even_filter" else 3))

    def layer(self, x: Float[Tensor, "batch 1 n"], taps: Float[Tensor, " k"]) -> Float[Tensor, "batch 1 m"]:
        """One layer: filter, then halve the length."""
        filter_ = taps[None, None, :]
        if self.halving == "even_filter":
            return F.conv1d(x, filter_, stride=2)
        if self.halving == "stride":
            return F.conv1d(x, filter_, stride=2, padding=1)
        pool = F.max_pool1d if self.halving == "max_pool" else F.avg_pool1d
        return pool(F.conv1d(x, filter_, padding=1), 2)

    def layers(self, x: Float[Tensor, "batch n"]) -> list[Float[Tensor, "batch _"]]:
        """Outputs of every layer, the last of shape (batch, 1)."""
        outputs = [x[:, None]]
        for taps in self.taps:
            outputs.append(self.layer(outputs[-1], taps))
        return [output[:, 0] for output in outputs[1:]]

    def forward(self, x: Float[Tensor, "batch n"]) -> Float[Tensor, " batch"]:
        """One number per line."""
        return self.layers(x)[-1][:, 0]


def initialise_positive(network: PositionEncoder, seed: int) -> None:
    """Random positive taps that keep outputs of order 1: of sum 2 per layer, or of mean 1 before a maximum."""
    taps = torch.rand(network.taps.shape, generator=torch.Generator().manual_seed(seed)) + 0.5
    total = {"stride": 2.0, "even_filter": 2.0, "max_pool": 3.0, "average_pool": 2.0}[network.halving]
    with torch.no_grad():
        network.taps.copy_(taps * total / taps.sum(1, keepdim=True))


class LabelObjective(Objective):
    """Squared error of E(δ_a) against (2^L − a) / 2^L."""

    def __init__(self, network: PositionEncoder) -> None:
        super().__init__()
        self.network, self.size = network, 2 ** len(network.taps)

    def forward(self, positions: Float[Tensor, "batch 1"]) -> dict[str, Tensor]:
        """Loss of a batch of positions, in units of the squared length of the line."""
        return {"loss": F.mse_loss(self.network(dirac(positions, self.size)), 1 - positions[:, 0] / self.size)}


class PositionDecoder(nn.Module):
    """From d numbers to a line or an image: linear, then upsampling, convolution and LeakyReLU per level (slide 28).

    Upsampling and convolution are one transposed convolution of 4 taps and stride 2 per axis. The last level has
    several channels at full size, which a 1×1 convolution sums, as a Dirac in an image is a product of piecewise linear
    functions: without activations at full size a trial with images reached an error of .29 instead of .11.

    Args:
        image_size: n, a power of two.
        dimensions: d = 1 for lines of n places, 2 for n × n images.
        widths: channels at sizes 1, 2, 4, … n.

    Raises:
        ValueError: if there is not one width per size.
    """

    def __init__(self, image_size: int, dimensions: int, widths: list[int]) -> None:
        super().__init__()
        if 2 ** (len(widths) - 1) != image_size:
            raise ValueError(f"widths = {widths}: {image_size} places need one width for each of 1, 2, … {image_size}")
        self.config: dict[str, Any] = {"image_size": image_size, "dimensions": dimensions, "widths": widths}
        self.image_size, self.dimensions = image_size, dimensions
        upsampling, pointwise = (nn.ConvTranspose1d, nn.Conv1d) if dimensions == 1 else (nn.ConvTranspose2d, nn.Conv2d)
        self.spread = nn.Linear(dimensions, widths[0])
        self.levels = nn.ModuleList(upsampling(i, o, 4, stride=2, padding=1) for i, o in pairwise(widths))
        self.sum = pointwise(widths[-1], 1, 1)

    def forward(self, positions: Float[Tensor, "batch d"]) -> Points:
        """Lines or images of Diracs at `positions`, in places from 0 to n − 1."""
        x = F.leaky_relu(self.spread(2 * positions / self.image_size - 1), SLOPE)
        x = x.reshape(*x.shape, *(1,) * self.dimensions)
        for level in self.levels:
            x = F.leaky_relu(level(x), SLOPE)
        outputs: Tensor = self.sum(x)
        return outputs[:, 0]


class CoordConvDecoder(nn.Module):
    """Baseline: the Dirac's coordinates and those of each place as channels, then 1×1 convolutions and ReLU.

    Source: R. Liu et al., "An intriguing failing of convolutional neural networks and the CoordConv solution", 2018.

    Args:
        image_size: n.
        dimensions: d = 1 for lines of n places, 2 for n × n images.
        widths: channels of the hidden layers.
    """

    def __init__(self, image_size: int, dimensions: int, widths: list[int]) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"image_size": image_size, "dimensions": dimensions, "widths": widths}
        self.image_size, self.dimensions = image_size, dimensions
        self.levels = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise([2 * dimensions, *widths, 1]))

    def forward(self, positions: Float[Tensor, "batch d"]) -> Points:
        """Lines or images of Diracs at `positions`, in places from 0 to n − 1."""
        shape = (self.image_size,) * self.dimensions
        places = torch.cartesian_prod(*(torch.arange(n, device=positions.device) for n in shape))
        places = places.reshape(1, -1, self.dimensions).to(positions).expand(len(positions), -1, -1)
        x = torch.cat([positions[:, None, :].expand_as(places), places], dim=2) * (2 / self.image_size) - 1
        for level, layer in enumerate(self.levels):  # a 1×1 convolution is a linear map of the channels, place by place
            x = layer(x)
            if level + 1 < len(self.levels):
                x = F.relu(x)
        return x.reshape(-1, *shape)


AnyDecoder = PositionDecoder | CoordConvDecoder


class DecoderObjective(Objective):
    """Mean squared error per place of D(a) against δ_a."""

    def __init__(self, network: AnyDecoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, positions: Float[Tensor, "batch d"]) -> dict[str, Tensor]:
        """Loss of a batch of positions."""
        return {"loss": F.mse_loss(self.network(positions), dirac(positions, self.network.image_size))}


class PositionAutoencoder(nn.Module):
    """Line or image → d numbers → line or image (slides 24-28 combined).

    The encoder consists of strided convolutions of 3 taps per axis with LeakyReLU; the decoder is a `PositionDecoder`.

    Args:
        image_size: n, a power of two.
        dimensions: d, both of the image and of the code.
        encoder_width: channels inside the encoder, at least d.
        widths: of the decoder, see `PositionDecoder`.
    """

    def __init__(self, image_size: int, dimensions: int, encoder_width: int, widths: list[int]) -> None:
        super().__init__()
        if encoder_width < dimensions:
            raise ValueError(f"encoder_width = {encoder_width} must be at least d = {dimensions}")
        self.decoder = PositionDecoder(image_size, dimensions, widths)
        self.config: dict[str, Any] = {**self.decoder.config, "encoder_width": encoder_width}
        self.image_size, self.dimensions = image_size, dimensions
        convolution = nn.Conv1d if dimensions == 1 else nn.Conv2d
        channels = [1, *[encoder_width] * (len(widths) - 2), dimensions]
        self.encoder = nn.ModuleList(convolution(i, o, 3, stride=2, padding=1) for i, o in pairwise(channels))

    def encode(self, x: Points) -> Float[Tensor, "batch d"]:
        """Codes of lines or images; the last level is linear."""
        x = x[:, None]
        for level, convolution in enumerate(self.encoder):
            x = convolution(x)
            if level + 1 < len(self.encoder):
                x = F.leaky_relu(x, SLOPE)
        return x.flatten(1)

    def decode(self, z: Float[Tensor, "batch d"]) -> Points:
        """Lines or images from codes, which are of order 1."""
        return self.decoder(z * self.image_size)

    def forward(self, x: Points) -> Points:
        """Reconstruction D∘E(x)."""
        return self.decode(self.encode(x))


class AutoencoderObjective(Objective):
    """Mean squared error per place of D∘E(δ_a) against δ_a; the network never sees a.

    Args:
        network: the autoencoder.
        encoder_rate: factor on the encoder's learning rate.
    """

    def __init__(self, network: PositionAutoencoder, encoder_rate: float) -> None:
        super().__init__()
        self.network, self.encoder_rate = network, encoder_rate

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Encoder and decoder, each with its own learning rate."""
        return [
            {"params": list(self.network.encoder.parameters()), "scale": self.encoder_rate},
            {"params": list(self.network.decoder.parameters()), "scale": 1.0},
        ]

    def forward(self, positions: Float[Tensor, "batch d"]) -> dict[str, Tensor]:
        """Loss of a batch of Diracs at `positions`."""
        x = dirac(positions, self.network.image_size)
        return {"loss": F.mse_loss(self.network(x), x)}


def initialise(network: PositionDecoder | CoordConvDecoder | PositionAutoencoder, seed: int) -> None:
    """He's initialisation without biases.

    The LeakyReLUs after a decoder's first layer get their kinks at random positions, so that all are effective.
    """
    torch.manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d):  # 2 of the 4 taps per axis reach each place
            meets = layer.weight[:, 0].numel() / 2 ** (layer.weight.ndim - 2)
            nn.init.normal_(layer.weight, std=(2 / meets) ** 0.5)
            _no_bias(layer)
        elif isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            _no_bias(layer)
    for layer in network.modules():
        if isinstance(layer, PositionDecoder):
            _kinks_everywhere(layer.spread)


def _kinks_everywhere(spread: nn.Linear) -> None:
    """Random directions, each with its zero at a random point of [−1, 1]^d."""
    nn.init.uniform_(spread.weight, -1, 1)
    through = 2 * torch.rand_like(spread.weight) - 1
    with torch.no_grad():
        spread.bias.copy_(-(spread.weight * through).sum(1))


def _no_bias(layer: nn.Module) -> None:
    assert isinstance(layer.bias, Tensor)
    nn.init.zeros_(layer.bias)


def initialise_averaging(network: PositionAutoencoder, seed: int) -> None:
    """Initialise the encoder as E_L / 2^L, so that the initial code is 1 − a/n in every coordinate.

    The channels form d groups, one per coordinate, without filters between groups. Each filter is φ along its group's
    axis and the summing filter along the other (`filters`), times random positive weights of the group's channels.
    """
    generator, d = torch.Generator().manual_seed(seed), network.dimensions
    phi, summing = torch.tensor(PHI) / 2, torch.tensor(SUMMING)
    kernels = phi[None] if d == 1 else torch.stack([torch.outer(phi, summing), torch.outer(summing, phi)])
    for layer in network.encoder:
        weight = layer.weight
        assert isinstance(weight, Tensor)
        to, from_ = (torch.arange(count) * d // count for count in weight.shape[:2])
        shares = torch.rand(len(to), len(from_), generator=generator) + 0.5
        shares *= (to[:, None] == from_) if len(from_) > 1 else 1.0  # the first layer has one input channel
        shares /= shares.sum(1, keepdim=True)
        with torch.no_grad():
            weight.copy_(shares.view(*shares.shape, *(1,) * d) * kernels[to][:, None])
