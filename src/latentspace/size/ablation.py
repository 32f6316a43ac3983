"""Ablation of the biases: profiles of disks and outputs (slide 14), homogeneity of the decoder (slide 15, eq. 2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images
from latentspace.pipeline.measured import Findings, Measured, measured, select
from latentspace.plots.naming import words
from latentspace.plots.style import Picture, axes_grid, show
from latentspace.size.measures import BySeed, Values, mse, responses
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.pictures import spread

BIAS_FREE, RANDOM, BIAS = VARIANTS = ["bias_free", "random_init", "bias"]
FACTORS = [0.1, 0.5, 2.0, 10.0]  # λ of eq. 2
COLOURS = {"one sign": "C0", "two signs": "C3"}  # of codes


def experiment(networks: Mapping[str, Mapping[int, ShapeAutoencoder]], data: ShapeDataset) -> Findings:
    """Effect of the biases on the error, the sign of the code and the homogeneity of the decoder.

    Args:
        networks: by variant, one or more of `VARIANTS`, and seed.
        data: disks.
    """
    found = responses(networks, data)
    rows = [row for name in networks for row in errors(name, networks[name], found[name], data)]
    outputs = {name: found[name][min(found[name])].outputs for name in (BIAS_FREE, BIAS) if name in found}
    chosen = {name: found[name] for name in (BIAS_FREE, RANDOM) if name in found}
    codes = {name: {seed: r.codes[:, 0] for seed, r in by_seed.items()} for name, by_seed in chosen.items()}
    pictures: dict[str, Picture] = {}
    if outputs:
        pictures["profiles.png"] = profiles(data.test, data.test_radii, outputs)
    if codes:
        pictures["signs.png"] = signs(codes, data.test_radii)
    name = next(name for name in VARIANTS if name in found)
    worst = max(row.value for row in select(rows, method=name, measure="homogeneity_error"))
    return Findings(rows, {**pictures}, summary=f"D(λz) = λD(z) of {name} to {worst:.1e}")


def errors(name: str, networks: Mapping[int, ShapeAutoencoder], by_seed: BySeed, data: ShapeDataset) -> list[Measured]:
    """Test error per pixel, sign of the code and homogeneity error, by seed."""
    rows = []
    for seed, response in by_seed.items():
        values = {
            "test_mse": mse(response.outputs, data.test),
            "single_sign": single_sign(response.codes),
            "homogeneity_error": homogeneity_error(networks[seed], response.codes, FACTORS),
        }
        rows += measured(name, values, seed)
    return rows


def single_sign(codes: Float[np.ndarray, "n d"]) -> float:
    """1 if all codes have the same sign (zero counts as either), otherwise 0."""
    return float((codes >= 0).all() or (codes <= 0).all())


@torch.inference_mode()
def homogeneity_error(network: ShapeAutoencoder, codes: Float[np.ndarray, "n d"], factors: list[float]) -> float:
    """Largest relative ‖D(λz) − λD(z)‖ / ‖λD(z)‖ over codes z and λ in `factors` (eq. 2).

    Codes smaller than a thousandth of the largest are left out, as rounding dominates their relative errors.
    """
    z = torch.as_tensor(codes, dtype=torch.float32)
    z = z[z.norm(dim=1) > 1e-3 * z.norm(dim=1).max()]
    base = network.decode(z).flatten(1)
    errors = [
        (network.decode(factor * z).flatten(1) - factor * base).norm(dim=1) / (factor * base).norm(dim=1)
        for factor in factors
    ]
    return float(torch.stack(errors).max())


def centre_profile(image: Float[np.ndarray, "size size"]) -> Float[np.ndarray, " size"]:
    """Grey values along the horizontal line through the centre (mean of the two middle rows)."""
    middle = len(image) // 2
    return image[middle - 1 : middle + 1].mean(axis=0)


def profiles(images: Images, radii: Values, outputs: Mapping[str, Images], columns: int = 6) -> Picture:
    """Inputs and outputs with and without biases: images, and grey values along the middle line (slide 14)."""
    chosen = spread(len(images), columns)
    figure, axes = axes_grid(1 + 2 * len(outputs), columns, width=1.7, height=1.5)
    for cell, i in zip(axes[0], chosen, strict=True):
        show(cell, images[i])
        cell.set_title(f"r = {radii[i]:.1f}", fontsize=8)
    axes[0, 0].set_ylabel("input", rotation=0, ha="right", va="center")
    for k, (name, shown) in enumerate(outputs.items()):
        pictures, lines = axes[1 + 2 * k], axes[2 + 2 * k]
        pictures[0].set_ylabel(words(name).replace(" ", "\n"), rotation=0, ha="right", va="center")
        for picture, line, i in zip(pictures, lines, chosen, strict=True):
            show(picture, shown[i])
            _profiles_of(line, images[i], shown[i])
        lines[0].set_ylabel("y(t)")
    axes[2, 0].legend(fontsize=6, loc="upper left")
    for cell in axes[-1]:
        cell.set_xlabel("t (pixels)")
    return figure


def _profiles_of(axes: Axes, image: Float[np.ndarray, "size size"], output: Float[np.ndarray, "size size"]) -> None:
    axes.plot(centre_profile(image), color="k", lw=0.8, label="disk profile")
    axes.plot(centre_profile(output), color="C3", label="output profile")
    axes.set(ylim=(-0.15, 1.75))


def signs(codes: Mapping[str, Mapping[int, Values]], radii: Values) -> Picture:
    """Bias-free codes over the radius: of one sign or two (the decoder outputs multiples of one image per sign).

    The sign of the code is arbitrary, so every line is drawn with its largest value at 1.
    """
    figure, axes = axes_grid(1, len(codes), width=3.6)
    for cell, (name, by_seed) in zip(axes[0], codes.items(), strict=True):
        lines = {}
        for z in by_seed.values():
            sign = "one sign" if single_sign(z[:, None]) else "two signs"
            (lines[sign],) = cell.plot(radii, z / z[np.abs(z).argmax()], color=COLOURS[sign], lw=1, alpha=0.7)
        cell.axhline(0, color="k", lw=0.8)
        kept = sum(single_sign(z[:, None]) for z in by_seed.values())
        title = f"{words(name)}: {kept:.0f} of {len(by_seed)} of one sign"
        cell.set(title=title, xlabel="radius r (pixels)", ylabel="code z / largest z", ylim=(-1.1, 1.1))
        cell.legend(lines.values(), lines.keys())
    return figure
