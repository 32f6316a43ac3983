"""Filters of the autoencoder (slide 12), and the effective filter of a linear encoder (slide 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import distances
from latentspace.nn.layers import DownConv, UpConv
from latentspace.pipeline.measured import Findings, measured, select
from latentspace.plots.style import Picture, axes_grid, show_signed
from latentspace.size.measures import r2, respond
from latentspace.size.network import ShapeAutoencoder

BIAS, LINEAR = VARIANTS = ["bias", "linear_encoder"]


def experiment(networks: Mapping[str, Mapping[int, ShapeAutoencoder]], data: ShapeDataset) -> Findings:
    """All filters of one network, and the effective filter of each linear encoder.

    Args:
        networks: by variant, one or more of `VARIANTS`, and seed.
        data: disks.
    """
    linear = networks.get(LINEAR, {})
    effective = {seed: encoder_filter(network, data.test.shape[-1]) for seed, network in linear.items()}
    rows = []
    for seed, image in effective.items():
        values = {
            "averaging_cosine": averaging_cosine(image),
            "ring_cosine": ring_cosine(image, data.radius_max),
            "filter_r2": linear_share(linear[seed], image, data),
        }
        rows += measured(LINEAR, values, seed)
    pictures: dict[str, Picture] = {}
    if BIAS in networks:
        pictures["filters.png"] = filters(networks[BIAS][min(networks[BIAS])])
    if effective:
        pictures["linear_encoder.png"] = effective_filters(effective, data.radius_max)
    cosines = [f"{row.value:.3f}" for row in select(rows, measure="averaging_cosine")]
    summary = f"cosine of the linear encoder with a plain average {', '.join(cosines)}" if cosines else "filters drawn"
    return Findings(rows, {**pictures}, summary=summary)


@torch.inference_mode()
def encoder_filter(network: ShapeAutoencoder, image_size: int) -> Float[np.ndarray, "size size"]:
    """Effective filter of a linear encoder, the image w with E(x) = ⟨w, x⟩: its response to each single pixel."""
    pixels = torch.eye(image_size**2).view(-1, 1, image_size, image_size)
    return torch.cat([network.encode(part) for part in torch.split(pixels, 512)])[:, 0].view(image_size, -1).numpy()


def averaging_cosine(filter_: Float[np.ndarray, "size size"]) -> float:
    """|Cosine| between a linear encoder's effective filter and the constant image."""
    return float(abs(filter_.sum()) / (np.linalg.norm(filter_) * np.sqrt(filter_.size)))


def ring_means(filter_: Float[np.ndarray, "size size"], radius: float) -> Float[np.ndarray, " rings"]:
    """Means of a filter over rings one pixel wide about the centre, from the centre to `radius` pixels.

    They are all that the code of a centred disk depends on: ⟨w, x⟩ is the sum of w over the rings inside the disk.
    """
    ring = distances(len(filter_)).astype(int)
    inside = ring < radius
    return np.bincount(ring[inside], filter_[inside]) / np.bincount(ring[inside])


def ring_cosine(filter_: Float[np.ndarray, "size size"], radius: float) -> float:
    """|Cosine| between the ring means of a filter, each at all pixels of its ring, and a constant: 1 for the area."""
    ring = distances(len(filter_)).astype(int)
    at_pixels = ring_means(filter_, radius)[ring[ring < radius]]
    return float(abs(at_pixels.sum()) / (np.linalg.norm(at_pixels) * np.sqrt(at_pixels.size)))


def linear_share(network: ShapeAutoencoder, filter_: Float[np.ndarray, "size size"], data: ShapeDataset) -> float:
    """R² of ⟨w, x⟩ for the network's code on the test set; 1 if the encoder equals the filter w."""
    projected = (data.test * filter_).sum(axis=(1, 2))
    return r2(projected, respond(network, data.test).codes[:, 0])


def filters(network: ShapeAutoencoder) -> Picture:
    """Every 3×3 filter of the encoder (above) and of the decoder (below), level by level (slide 12)."""
    figure, axes = axes_grid(2, len(network.down), width=1.6, height=2.2)
    axes[0, 0].get_gridspec().set_width_ratios([1, *[2] * (len(network.down) - 2), 1])
    parts: dict[str, Sequence[DownConv | UpConv]] = {"encoder": network.down, "decoder": network.up}
    for line, (part, layers) in zip(axes, parts.items(), strict=True):
        for level, (cell, layer) in enumerate(zip(line, layers, strict=True), start=1):
            taps = layer.weight.detach().numpy()
            show_signed(cell, _tiled(taps))
            cell.set_title(f"{part} level {level}\n{taps.shape[1]} → {taps.shape[0]} channels", fontsize=8)
    return figure


def _tiled(taps: Float[np.ndarray, "out in 3 3"]) -> Float[np.ndarray, "height width"]:
    """All filters of a layer in one image, separated by lines of zeros: a row per output, or per input if more."""
    taps = taps.swapaxes(0, 1) if taps.shape[1] > taps.shape[0] else taps
    out, in_ = taps.shape[:2]
    tiles = np.pad(taps, ((0, 0), (0, 0), (0, 1), (0, 1)))
    return tiles.transpose(0, 2, 1, 3).reshape(out * 4, in_ * 4)[:-1, :-1]


def effective_filters(filters_by_seed: Mapping[int, Float[np.ndarray, "size size"]], radius: float) -> Picture:
    """Effective filters of linear encoders, one per seed, with their means over rings below (slide 13: an average)."""
    figure, axes = axes_grid(2, len(filters_by_seed), width=2.6, height=2.3)
    for (above, below), (seed, image) in zip(axes.T, filters_by_seed.items(), strict=True):
        show_signed(above, image)
        above.set_title(f"filter of the linear encoder, seed {seed}")
        means = ring_means(image, radius)
        below.axhline(1, color="k", lw=0.8, ls="--", label="average")
        below.plot(np.arange(len(means)) + 0.5, means / image[distances(len(image)) < radius].mean())
        below.set(xlabel="distance ρ from the centre (pixels)", ylim=(0, 2))
    axes[1, 0].set_ylabel("mean over the ring / over the disk")
    axes[1, 0].legend()
    return figure
