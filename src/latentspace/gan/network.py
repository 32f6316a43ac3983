"""The progressive GAN: generator, its frozen form for experiments, and discriminator.

The forward mathematics and the names in the state dict are those of the public GAN zoo, so that its files load
unchanged; hence the mixed-case attributes. Networks compute in the dtype of their input: weights stay float32 and are
cast layer by layer, which is mixed precision without a context.

Source: Karras et al. 2018, "Progressive growing of GANs", sections 2, 3 and 4; slides 40-41.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from latentspace.core import fused

SLOPE = 0.2  # of every LeakyReLU
EPSILON = 1e-8
BASE = 4  # pixels on a side at the first scale
GROUP = 4  # images that share one minibatch standard deviation


def pixel_norm(x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *space"]:
    """Scale each pixel's feature vector to unit mean square; a latent (batch, channels) as a whole (section 4.2)."""
    return F.rms_norm(x.movedim(1, -1), (x.shape[1],), eps=EPSILON).movedim(-1, 1)


class LeakyPixelNorm(torch.autograd.Function):
    """LeakyReLU, then pixel norm, y/√(mean y² + ε), for every device and type; `fused` has the fast form for float32.

    The mean over the channels comes as a 1×1 convolution that leaves it in every channel, so that all other operations
    are between arrays of one shape, which run through memory once; a mean of one channel, put back by broadcasting,
    goes pixel by pixel. The backward pass needs the output y' alone: (g − y'·mean(g y')) / √(mean y² + ε).
    """

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        """Output, in the dtype of `x`."""
        y = F.leaky_relu(x, SLOPE)
        scale = channel_mean(y.square(), EPSILON).rsqrt_()
        output = y.mul_(scale)
        ctx.save_for_backward(output, scale)
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Gradient to the input; not itself differentiable."""
        output, scale = ctx.saved_tensors
        along = channel_mean(gradient * output)
        before = torch.addcmul(gradient, output, along, value=-1).mul_(scale)
        return torch.ops.aten.leaky_relu_backward(before, output, SLOPE, True)


def channel_mean(x: Float[Tensor, "batch channels h w"], plus: float = 0.0) -> Float[Tensor, "batch channels h w"]:
    """Mean over the channels, in every channel, plus a constant."""
    channels = x.shape[1]
    mean = x.new_full((channels, channels, 1, 1), 1 / channels)
    return F.conv2d(x, mean, x.new_full((channels,), plus) if plus else None)


def activate(x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch channels h w"]:
    """LeakyReLU, then pixel norm; gradients to `x` once."""
    if fused.supports(x):
        return cast("Tensor", fused.LeakyPixelNorm.apply(x, SLOPE, EPSILON))
    return cast("Tensor", LeakyPixelNorm.apply(x))


def transposed_kernel(weight: Float[Tensor, "out in 3 3"]) -> Float[Tensor, "in out 4 4"]:
    """Kernel of the transposed convolution of stride 2 that is nearest ×2 upsampling, then `weight` 3×3.

    Each source pixel meets 16 taps instead of 36: two taps that always see the same pixel are added beforehand.
    """
    padded = F.pad(weight, (1, 1, 1, 1))
    summed = sum(padded[..., i : i + 4, j : j + 4] for i in (0, 1) for j in (0, 1))
    return cast("Tensor", summed).flip(2, 3).transpose(0, 1)


class Equalised(nn.Module):
    """A layer that stores unit-variance weights and works with (W x + b)·√(2 / fan-in): the bias is scaled too.

    So every weight learns at the same relative rate under Adam (section 4.1; the scaled bias is the zoo's).
    """

    def __init__(self, module: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.module = module
        self.factor = math.sqrt(2 / module.weight[0].numel())
        nn.init.normal_(module.weight)
        nn.init.zeros_(cast("Tensor", module.bias))

    def folded(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Weight and bias with the factor multiplied in, in `dtype`."""
        bias = cast("Tensor", self.module.bias)
        return (self.module.weight * self.factor).to(dtype), (bias * self.factor).to(dtype)

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """Apply the layer."""
        weight, bias = self.folded(x.dtype)
        if isinstance(self.module, nn.Linear):
            return F.linear(x, weight, bias)
        return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)

    def upsampled(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """Nearest ×2 upsampling, then the layer (a 3×3 convolution), as one transposed convolution."""
        weight, bias = self.folded(self.module.weight.dtype)
        kernel = transposed_kernel(weight).to(x.dtype)
        return F.conv_transpose2d(x, kernel, bias.to(x.dtype), stride=2, padding=1)


def convolution(in_channels: int, out_channels: int, size: int = 3) -> Equalised:
    """An equalised convolution that keeps the image size."""
    return Equalised(nn.Conv2d(in_channels, out_channels, size, padding=size // 2))


def fade(new: Float[Tensor, "batch *rest"], old: Float[Tensor, "batch *rest"], alpha: float) -> Tensor:
    """Blend of the new scale and the one before: α = 0 is the new scale alone, the zoo's convention."""
    return alpha * old + (1 - alpha) * new


class Generator(nn.Module):
    """Latents to images of 4·2^(scales − 1) pixels.

    Args:
        latent: numbers in a latent, the class one-hot not counted.
        widths: channels at each scale, 4×4 first.
        classes: length of the one-hot appended to the latent before it is normalised; 0 for none.
        channels: of the image; its values are nominally in [−1, 1].
        alpha: share of the scale before in the output, 0 (fully grown) … 1.
    """

    def __init__(
        self, latent: int, widths: Sequence[int], classes: int = 0, channels: int = 3, alpha: float = 0.0
    ) -> None:
        super().__init__()
        self.latent, self.classes, self.channels, self.alpha = latent, classes, channels, alpha
        first = widths[0]
        self.formatLayer = Equalised(nn.Linear(latent + classes, BASE * BASE * first))
        self.groupScale0 = nn.ModuleList([convolution(first, first)])
        self.scaleLayers = nn.ModuleList()
        self.toRGBLayers = nn.ModuleList([convolution(first, channels, 1)])
        self.widths = [first]
        for width in widths[1:]:
            self.grow(width)

    @property
    def config(self) -> dict[str, Any]:
        """What rebuilds the network as it is now."""
        names = ("latent", "widths", "classes", "channels", "alpha")
        return {name: getattr(self, name) for name in names}

    @property
    def size(self) -> int:
        """Side of the images, in pixels."""
        return int(BASE * 2 ** (len(self.widths) - 1))

    def grow(self, width: int) -> None:
        """Add a scale of `width` channels, freshly initialised, on the device of the others."""
        last, device = self.widths[-1], self.formatLayer.module.weight.device
        self.scaleLayers.append(nn.ModuleList([convolution(last, width), convolution(width, width)]).to(device))
        self.toRGBLayers.append(convolution(width, self.channels, 1).to(device))
        self.widths = [*self.widths, width]

    def with_class(
        self, z: Float[Tensor, "batch latent"], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch latent_and_class"]:
        """Latents with the one-hot of their class appended, what `forward` takes if there are classes."""
        return torch.cat([z, F.one_hot(label, self.classes).to(z)], dim=1)

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch channels size size"]:
        """Images of latents."""
        x = F.leaky_relu(self.formatLayer(pixel_norm(z)), SLOPE).view(len(z), -1, BASE, BASE)
        x = pixel_norm(x.contiguous(memory_format=torch.channels_last))
        x = activate(self.groupScale0[0](x))
        before = x
        for first, second in cast("list[list[Equalised]]", self.scaleLayers):
            before = x
            x = activate(second(activate(first.upsampled(x))))
        image: Tensor = self.toRGBLayers[-1](x)
        if self.alpha > 0 and len(self.widths) > 1:
            coarse = self.toRGBLayers[-2](before)
            image = fade(image, F.interpolate(coarse, scale_factor=2.0, mode="nearest"), self.alpha)
        return image

    def fold(self, label: int | None = None) -> FrozenGenerator:
        """The same function with every constant folded into the weights: for experiments, not for training.

        Args:
            label: a class; the frozen generator then takes latents without the one-hot and makes images of this class.

        Raises:
            ValueError: if the generator is not fully grown, or has no such class.
        """
        if self.alpha > 0:
            raise ValueError(f"alpha = {self.alpha}: only a fully grown generator (alpha = 0) can be folded")
        if label is not None and not 0 <= label < self.classes:
            raise ValueError(f"label = {label}: the generator has {self.classes} classes")
        return FrozenGenerator(self, label)


class FrozenGenerator(nn.Module):
    """A fully grown generator with fixed weights: factors and upsampling folded in, gradients to the latent only.

    Equal to its generator up to the order of the floating-point sums; make it with `Generator.fold`.

    Attributes:
        latent: numbers in a latent, the one-hot included unless a label is fixed.
        size: side of the images, in pixels.
    """

    one_hot: Tensor

    def __init__(self, generator: Generator, label: int | None = None) -> None:
        super().__init__()
        self.size, self.scales, self.label = generator.size, len(generator.widths), label
        self.latent = generator.latent + (generator.classes if label is None else 0)
        dtype = generator.formatLayer.module.weight.dtype
        with torch.no_grad():
            self._keep("format", *generator.formatLayer.folded(dtype))
            self._keep("base", *cast("Equalised", generator.groupScale0[0]).folded(dtype))
            for scale, (first, second) in enumerate(cast("list[list[Equalised]]", generator.scaleLayers)):
                weight, bias = first.folded(dtype)
                self._keep(f"up{scale}", transposed_kernel(weight), bias)
                self._keep(f"same{scale}", *second.folded(dtype))
            self._keep("rgb", *cast("Equalised", generator.toRGBLayers[-1]).folded(dtype))
            if label is not None:
                self.register_buffer("one_hot", F.one_hot(torch.tensor([label]), generator.classes).to(dtype))

    def _keep(self, name: str, weight: Tensor, bias: Tensor) -> None:
        self.register_buffer(f"{name}_weight", weight.contiguous())
        self.register_buffer(f"{name}_bias", bias)

    def _layer(self, name: str) -> tuple[Tensor, Tensor]:
        return getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch channels size size"]:
        """Images of latents, in the dtype of the weights."""
        weight, bias = self._layer("format")
        if self.label is not None:
            z = torch.cat([z, self.one_hot.to(z.dtype).expand(len(z), -1)], dim=1)
        z = pixel_norm(z).to(weight.dtype)
        x = F.leaky_relu(F.linear(z, weight, bias), SLOPE).view(len(z), -1, BASE, BASE)
        x = pixel_norm(x.contiguous(memory_format=torch.channels_last))
        x = activate(F.conv2d(x, *self._layer("base"), padding=1))
        for scale in range(self.scales - 1):
            x = activate(F.conv_transpose2d(x, *self._layer(f"up{scale}"), stride=2, padding=1))
            x = activate(F.conv2d(x, *self._layer(f"same{scale}"), padding=1))
        return F.conv2d(x, *self._layer("rgb"))


def minibatch_deviation(x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch more h w"]:
    """Append a channel with the mean standard deviation of features over groups of 4 images (section 3).

    A batch that 4 does not divide is one group. The deviation is the unbiased one, as in the zoo.
    """
    batch, _, height, width = x.shape
    group = GROUP if batch % GROUP == 0 else batch
    if group == 1:
        return torch.cat([x, x.new_zeros(batch, 1, height, width)], dim=1)
    grouped = x.float().reshape(-1, group, *x.shape[1:])
    deviation = (grouped.var(1) + EPSILON).sqrt().mean((1, 2, 3))
    channel = deviation.repeat_interleave(group).to(x.dtype).view(batch, 1, 1, 1)
    return torch.cat([x, channel.expand(batch, 1, height, width)], dim=1)


class Discriminator(nn.Module):
    """Images to one score each, positive for real; the mirror of `Generator`.

    Args:
        widths: channels at each scale, 4×4 first, as the generator's.
        channels: of the image.
        alpha: share of the scale before, 0 (fully grown) … 1.
    """

    def __init__(self, widths: Sequence[int], channels: int = 3, alpha: float = 0.0) -> None:
        super().__init__()
        self.channels, self.alpha = channels, alpha
        first = widths[0]
        self.scaleLayers = nn.ModuleList()
        self.fromRGBLayers = nn.ModuleList([convolution(channels, first, 1)])
        flat = Equalised(nn.Linear(BASE * BASE * first, first))
        self.groupScaleZero = nn.ModuleList([convolution(first + 1, first), flat])
        self.decisionLayer = Equalised(nn.Linear(first, 1))
        self.widths = [first]
        for width in widths[1:]:
            self.grow(width)

    @property
    def config(self) -> dict[str, Any]:
        """What rebuilds the network as it is now."""
        return {name: getattr(self, name) for name in ("widths", "channels", "alpha")}

    def grow(self, width: int) -> None:
        """Add a scale of `width` channels, freshly initialised, on the device of the others."""
        last, device = self.widths[-1], self.decisionLayer.module.weight.device
        self.scaleLayers.append(nn.ModuleList([convolution(width, width), convolution(width, last)]).to(device))
        self.fromRGBLayers.append(convolution(self.channels, width, 1).to(device))
        self.widths = [*self.widths, width]

    def forward(self, images: Float[Tensor, "batch channels size size"]) -> Float[Tensor, " batch"]:
        """Scores of images, float32."""
        images = images.contiguous(memory_format=torch.channels_last)
        x = F.leaky_relu(self.fromRGBLayers[-1](images), SLOPE)
        for depth, (first, second) in enumerate(cast("list[list[Equalised]]", list(self.scaleLayers)[::-1])):
            x = F.leaky_relu(first(x), SLOPE)
            x = F.avg_pool2d(F.leaky_relu(second(x), SLOPE), 2)
            if depth == 0 and self.alpha > 0:
                x = fade(x, F.leaky_relu(self.fromRGBLayers[-2](F.avg_pool2d(images, 2)), SLOPE), self.alpha)
        x = F.leaky_relu(self.groupScaleZero[0](minibatch_deviation(x)), SLOPE)
        # The zoo flattens (channels, height, width) in this order.
        x = F.leaky_relu(self.groupScaleZero[1](x.contiguous().flatten(1)), SLOPE)
        return self.decisionLayer(x.float()).squeeze(1)
