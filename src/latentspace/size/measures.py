"""Measures shared by the experiments of the size chapter. Images have shape (n, size, size)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images
from latentspace.nn.models import to_batch
from latentspace.size.network import ShapeAutoencoder

Values = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Response:
    """A network's response to images: codes, shape (n, d), and reconstructions, shape (n, size, size), in float64."""

    codes: Float[np.ndarray, "n d"]
    outputs: Images


BySeed = dict[int, Response]


@torch.inference_mode()
def respond(network: ShapeAutoencoder, images: Images) -> Response:
    """Encode and decode `images`, in float32 on the CPU."""
    codes = network.encode(to_batch(images))
    return Response(codes.double().numpy(), network.decode(codes).squeeze(1).double().numpy())


def responses(networks: Mapping[str, Mapping[int, ShapeAutoencoder]], data: ShapeDataset) -> dict[str, BySeed]:
    """Codes and reconstructions of the test set, by variant and seed."""
    return {
        name: {seed: respond(network, data.test) for seed, network in by_seed.items()}
        for name, by_seed in networks.items()
    }


def mse(outputs: Images, images: Images) -> float:
    """Mean squared error per pixel."""
    return float(np.square(outputs - images).mean())


def image_radius(images: Images) -> Values:
    """Radius in pixels of the disk whose area is the sum of the image, √(Σ/π); 0 for a negative sum."""
    return np.sqrt(np.maximum(images.sum(axis=(1, 2), dtype=np.float64), 0) / np.pi)


def radius_error(outputs: Images, images: Images, radii: Values, low: float, high: float) -> float:
    """Mean |radius of output − radius of input| over low ≤ r ≤ high, in pixels.

    Raises:
        ValueError: if no radius lies in the interval.
    """
    chosen = (radii >= low) & (radii <= high)
    if not chosen.any():
        raise ValueError(f"no test radius in [{low}, {high}]")
    return float(np.abs(image_radius(outputs[chosen]) - image_radius(images[chosen])).mean())


def r2(fitted: Float[np.ndarray, "*shape"], observed: Float[np.ndarray, "*shape"]) -> float:
    """1 − ‖observed − fitted‖² / ‖observed − mean‖²."""
    return float(1 - np.square(observed - fitted).sum() / np.square(observed - observed.mean()).sum())


def common_direction(outputs: Images) -> Float[np.ndarray, "size size"]:
    """The common image f of outputs h(r) f: the top right-singular vector, of unit norm and positive sum."""
    flat = outputs.reshape(len(outputs), -1)
    f = np.linalg.svd(flat, full_matrices=False)[2][0]
    return (f * (1 if f.sum() >= 0 else -1)).reshape(outputs.shape[1:])
