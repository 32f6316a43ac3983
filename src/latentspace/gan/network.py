"""The generator of the progressive GAN, and its frozen form for experiments.

The forward pass and the names in the state dict are those of the public GAN zoo, so that its files load unchanged;
hence the mixed-case attributes. Networks compute in the dtype of their input: weights stay float32 and are cast layer
by layer, which gives mixed precision without autocast.

Source: Karras et al. 2018, "Progressive growing of GANs", sections 2, 3 and 4; slides 40-41.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from latentspace.gan.frozen import Frozen
from latentspace.gan.layers import BASE, SLOPE, Equalised, activate, convolution, fade, pixel_norm, transposed_kernel
from latentspace.nn import models

SCALES = 9  # up to 1024 × 1024 pixels, as in the paper
LARGEST = 8192  # width, length of a latent, or number of classes; the zoo's are 512 and 47


class Generator(nn.Module):
    """Network from latents to images of 4·2^(scales − 1) pixels a side.

    Args:
        latent: length of a latent without the class one-hot.
        widths: channels at each scale, 4×4 first.
        classes: length of the one-hot that is appended to the latent before normalisation; 0 for none.
        channels: of the images, 1 or 3, whose values are nominally in [−1, 1].
        alpha: share of the previous scale in the output, 0 (fully grown) … 1.

    Raises:
        ValueError: naming an argument that makes no sense.
    """

    def __init__(
        self, latent: int, widths: Sequence[int], classes: int = 0, channels: int = 3, alpha: float = 0.0
    ) -> None:
        super().__init__()
        _check_config(latent, widths, classes, channels, alpha)
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
        """The constructor's arguments for the present scales, as plain values."""
        names = ("latent", "widths", "classes", "channels", "alpha")
        return {name: getattr(self, name) for name in names}

    @property
    def size(self) -> int:
        """Side of the images, in pixels."""
        return int(BASE * 2 ** (len(self.widths) - 1))

    def grow(self, width: int) -> None:
        """Add a scale of `width` channels with initial weights, on the device of the other scales."""
        last, device = self.widths[-1], self.formatLayer.module.weight.device
        self.scaleLayers.append(nn.ModuleList([convolution(last, width), convolution(width, width)]).to(device))
        self.toRGBLayers.append(convolution(width, self.channels, 1).to(device))
        self.widths = [*self.widths, width]

    def with_class(
        self, z: Float[Tensor, "batch latent"], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch latent_and_class"]:
        """Append the one-hot of their class to latents, which gives the input of `forward` if there are classes."""
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

    @torch.no_grad()
    def check(self) -> None:
        """Raise ValueError unless the weights are finite, and the images of latents are finite and differ."""
        models.check_values(self, self.state_dict())
        latents = torch.randn(2, self.latent + self.classes, generator=torch.Generator().manual_seed(0))
        images = self(latents.to(self.formatLayer.module.weight)).half()  # as they are stored
        if not bool(images.isfinite().all()):
            raise ValueError("its images are not finite in half precision, where the largest number is 65504")
        if torch.equal(images[0], images[1]):
            raise ValueError("its images do not differ from one another")

    def fold(self, label: int | None = None) -> FrozenGenerator:
        """An equal generator with all constants folded into the weights, for experiments instead of training.

        A generator that is fading in its last scale stays at its `alpha`.

        Args:
            label: a class; the frozen generator then takes latents without one-hot and outputs images of this class.

        Raises:
            ValueError: if the generator has no such class.
        """
        if label is not None and not 0 <= label < self.classes:
            raise ValueError(f"label = {label}: the generator has {self.classes} classes")
        return FrozenGenerator(self, label)


def _check_config(latent: Any, widths: Any, classes: Any, channels: Any, alpha: Any) -> None:
    """Raise ValueError for arguments of a `Generator` that make no sense."""
    numbers = [("the number of widths", len(widths), range(1, SCALES + 1)), ("latent", latent, range(1, LARGEST + 1))]
    numbers += [("classes", classes, range(LARGEST + 1)), ("channels", channels, range(1, 4, 2))]
    numbers += [(f"widths[{scale}]", width, range(1, LARGEST + 1)) for scale, width in enumerate(widths[:SCALES])]
    for name, number, allowed in numbers:
        if type(number) is not int or number not in allowed:
            between = " or " if len(allowed) == 2 else " … "
            raise ValueError(f"{name} = {str(number)[:40]} must be {allowed[0]}{between}{allowed[-1]}")
    if type(alpha) not in {int, float} or not 0 <= alpha <= 1:
        raise ValueError(f"alpha = {str(alpha)[:40]} must be a number from 0 to 1")


class FrozenGenerator(Frozen):
    """A generator with fixed weights, into which factors and upsampling are folded.

    `Generator.fold` makes it. It equals its generator up to the order of floating-point sums. Gradients flow to the
    latent only.

    Attributes:
        latent: length of a latent, including the one-hot unless a label is fixed.
        size: side of the images, in pixels.
    """

    one_hot: Tensor

    def __init__(self, generator: Generator, label: int | None = None) -> None:
        super().__init__()
        self.size, self.scales, self.label = generator.size, len(generator.widths), label
        self.latent = generator.latent + (generator.classes if label is None else 0)
        self.fades = generator.alpha > 0 and self.scales > 1
        dtype = generator.formatLayer.module.weight.dtype
        with torch.no_grad():
            self._keep("format", *generator.formatLayer.folded(dtype))
            self._keep("base", *cast("Equalised", generator.groupScale0[0]).folded(dtype))
            for scale, (first, second) in enumerate(cast("list[list[Equalised]]", generator.scaleLayers)):
                weight, bias = first.folded(dtype)
                self._keep(f"up{scale}", transposed_kernel(weight), bias)
                self._keep(f"same{scale}", *second.folded(dtype))
            weight, bias = cast("Equalised", generator.toRGBLayers[-1]).folded(dtype)
            if self.fades:
                coarse = cast("Equalised", generator.toRGBLayers[-2]).folded(dtype)
                self._keep("coarse", *(generator.alpha * part for part in coarse))
                weight, bias = (1 - generator.alpha) * weight, (1 - generator.alpha) * bias
            self._keep("rgb", weight, bias)
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
        coarse: Tensor | float = 0.0
        for scale in range(self.scales - 1):
            if self.fades and scale == self.scales - 2:
                coarse = F.interpolate(F.conv2d(x, *self._layer("coarse")), scale_factor=2.0, mode="nearest")
            x = activate(F.conv_transpose2d(x, *self._layer(f"up{scale}"), stride=2, padding=1))
            x = activate(F.conv2d(x, *self._layer(f"same{scale}"), padding=1))
        image = F.conv2d(x, *self._layer("rgb"))
        return image + coarse if self.fades else image


def load_generator(path: Path) -> Generator:
    """Read a generator from a safetensors file of this project, converted to float32.

    Raises:
        ValueError: naming the file, if it is missing or damaged, or contains another network.
    """
    network = models.load(path)
    if not isinstance(network, Generator):
        raise ValueError(f"{path}: holds a {type(network).__name__}, not a generator")
    return network.float()
