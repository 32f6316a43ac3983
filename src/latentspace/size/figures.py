"""Pictures of the size chapter, one function per slide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from latentspace.figures import axes_grid, bare, show, show_signed, strip
from latentspace.size.measures import Response, Values, centre_profile, common_direction
from latentspace.size.primitive import Primitive
from latentspace.size.shapes import Images, distances
from latentspace.size.theory import airy_profile

if TYPE_CHECKING:  # figures without a network do not wait for torch
    import pandas as pd

    from latentspace.core.layers import DownConv, UpConv
    from latentspace.size.network import ShapeAutoencoder


def spread(count: int, n: int, first: float = 0.15) -> list[int]:
    """`n` indices spread over range(count), leaving out the first share, where shapes are too small to see."""
    return [int(i) for i in np.linspace(first * (count - 1), count - 1, n).round()]


def input_output_strip(images: Images, radii: Values, responses: Mapping[str, Images], columns: int = 10) -> Figure:
    """Inputs over reconstructions, one row per variant (slide 11)."""
    chosen = spread(len(images), columns)
    rows = [("input", images[chosen]), *((name, outputs[chosen]) for name, outputs in responses.items())]
    return strip(rows, [f"r = {radii[i]:.1f}" for i in chosen])


def error_against_radius(errors: Mapping[str, Values], radii: Values) -> Figure:
    """Reconstruction error per pixel over the radius, one line per variant (slide 8: is one number enough?)."""
    figure, ((axes,),) = axes_grid(1, 1, width=5, height=3.2)
    for name, error in errors.items():
        axes.semilogy(radii, error, label=name)
    axes.set(xlabel="radius r (pixels)", ylabel="squared error per pixel")
    axes.legend()
    return figure


def filters(network: ShapeAutoencoder) -> Figure:
    """Every 3×3 filter of the encoder (above) and of the decoder (below), level by level (slide 12)."""
    figure, axes = axes_grid(2, len(network.down), width=1.7, height=2.2)
    for line, part in zip(axes, ("encoder", "decoder"), strict=True):
        layers: Sequence[DownConv | UpConv] = network.down if part == "encoder" else network.up
        for level, (cell, layer) in enumerate(zip(line, layers, strict=True), start=1):
            taps = layer.weight.detach().numpy()
            out, in_ = taps.shape[:2]
            tiles = np.pad(taps, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
            show_signed(cell, np.nan_to_num(tiles.transpose(0, 2, 1, 3).reshape(out * 4, in_ * 4)[:-1, :-1]))
            cell.set_title(f"{part} level {level}\n{in_} → {out} channels", fontsize=8)
    return figure


def effective_filters(filters_by_seed: Mapping[int, Float[np.ndarray, "size size"]]) -> Figure:
    """The one image that a linear encoder multiplies its input with (slide 13: an averaging filter)."""
    figure, axes = axes_grid(1, len(filters_by_seed), width=2.4, height=2.5)
    for cell, (seed, image) in zip(axes[0], filters_by_seed.items(), strict=True):
        show_signed(cell, image)
        cell.set_title(f"linear encoder, seed {seed}", fontsize=8)
    return figure


def code_curves(codes: Mapping[str, Mapping[int, Values]], radii: Values) -> Figure:
    """Codes against radius (above) and against area (below), one column per variant, one line per seed (slide 13)."""
    figure, axes = axes_grid(2, len(codes), width=2.6, height=2.3)
    for column, (name, by_seed) in zip(axes.T, codes.items(), strict=True):
        for seed, z in by_seed.items():
            unit = (z - z.mean()) / z.std()
            unit *= np.sign(np.corrcoef(unit, radii)[0, 1])
            column[0].plot(radii, unit, label=f"seed {seed}")
            column[1].plot(np.pi * radii**2, unit)
        column[0].set(title=name.replace("_", " "), xlabel="radius r (pixels)")
        column[1].set(xlabel="area πr² (pixels)")
    axes[0, 0].set_ylabel("code z, standardised")
    axes[1, 0].set_ylabel("code z, standardised")
    axes[0, 0].legend()
    return figure


def trade_off(table: pd.DataFrame) -> Figure:
    """Area fit and reconstruction error over the weight of the contractive penalty (slide 13, footnote).

    `table` has the columns weight, area_r2, test_mse, one row per weight and seed.
    """
    figure, ((left, right),) = axes_grid(1, 2, width=3.8)
    mean = table.groupby("weight").mean()
    positions = np.arange(len(mean))
    labels = [f"{weight:g}" for weight in mean.index]
    for axes, column, label in (
        (left, "area_r2", "1 − R² of the code as affine in r²"),
        (right, "test_mse", "squared error per pixel"),
    ):
        shown = 1 - table[column] if column == "area_r2" else table[column]
        place = table["weight"].map(dict(zip(mean.index, positions, strict=True)))
        axes.semilogy(place, shown, "o", alpha=0.5)
        axes.semilogy(positions, 1 - mean[column] if column == "area_r2" else mean[column], "-", color="C0")
        axes.set(xlabel="weight of the contractive penalty", ylabel=label, xticks=positions, xticklabels=labels)
    left.axhline(1e-3, color="k", lw=0.8, ls=":", label="R² = 0.999")
    left.legend()
    return figure


def ablation_profiles(images: Images, radii: Values, outputs: Mapping[str, Images], columns: int = 6) -> Figure:
    """Disks with and without biases: images, and grey values along the middle line (slide 14)."""
    chosen = spread(len(images), columns)
    names = list(outputs)
    figure, axes = axes_grid(1 + 2 * len(names), columns, width=1.7, height=1.5)
    for cell, i in zip(axes[0], chosen, strict=True):
        show(cell, images[i])
        cell.set_title(f"r = {radii[i]:.1f}", fontsize=8)
    axes[0, 0].set_ylabel("input", rotation=0, ha="right")
    for k, name in enumerate(names):
        pictures, profiles = axes[1 + 2 * k], axes[2 + 2 * k]
        pictures[0].set_ylabel(name.replace("_", " "), rotation=0, ha="right")
        for picture, profile, i in zip(pictures, profiles, chosen, strict=True):
            show(picture, outputs[name][i])
            profile.plot(centre_profile(images[i]), color="k", lw=0.8, label="disk profile")
            profile.plot(centre_profile(outputs[name][i]), color="C3", label="output profile")
            profile.set(ylim=(-0.15, 1.75))
        profiles[0].set_ylabel("y(t)")
    axes[2, 0].legend(fontsize=6, loc="upper left")
    for cell in axes[-1]:
        cell.set_xlabel("t (pixels)")
    return figure


def signs(codes: Mapping[str, Mapping[int, Values]], radii: Values) -> Figure:
    """Bias-free codes against radius: one sign or two (the decoder has one ray for each)."""
    figure, axes = axes_grid(1, len(codes), width=3.6)
    for cell, (name, by_seed) in zip(axes[0], codes.items(), strict=True):
        for seed, z in by_seed.items():
            cell.plot(radii, z / np.abs(z).max(), label=f"seed {seed}")
        cell.axhline(0, color="k", lw=0.8)
        cell.set(title=name.replace("_", " "), xlabel="radius r (pixels)", ylabel="code z / max |z|", ylim=(-1.1, 1.1))
    axes[0, 0].legend()
    return figure


def airy_comparison(
    outputs: Mapping[int, Images],
    optimum: Float[np.ndarray, "size size"],
    rho: Values,
    numerical: Values,
    radius: float,
) -> Figure:
    """Autoencoder, numerical minimisation and Airy's function on one axis (slide 18), and their differences below."""
    figure, axes = axes_grid(2, 1, width=5.5, height=2.9)
    fine = np.linspace(0, radius + 2, 500)
    at = distances(optimum.shape[0])
    order = np.argsort(at.ravel())
    where = at.ravel()[order]

    def scaled(f: Float[np.ndarray, "size size"]) -> Values:
        airy = airy_profile(at, radius)
        return (f * (f * airy).sum() / (f * f).sum()).ravel()[order]

    for seed, images in outputs.items():
        learned = scaled(common_direction(images))
        label = "result of autoencoder (every pixel)" if seed == next(iter(outputs)) else None
        axes[0, 0].plot(where, learned, ".", ms=1.5, color=f"C{seed % 10}", label=label)
        error = learned - airy_profile(where, radius)
        axes[1, 0].plot(where, error, ".", ms=1.5, color=f"C{seed % 10}", label=f"autoencoder, seed {seed}")
    axes[0, 0].plot(rho, numerical, color="k", lw=2.4, alpha=0.35, label="numerical minimisation of the energy")
    axes[0, 0].plot(fine, airy_profile(fine, radius), "--", color="k", lw=1, label="Airy's function")
    axes[1, 0].plot(
        where, scaled(optimum) - airy_profile(where, radius), "k.", ms=1.5, label="optimum on the pixel grid"
    )
    axes[0, 0].set(xlabel="t (pixels)", ylabel="f(t)", xlim=(0, radius + 2))
    axes[1, 0].set(xlabel="t (pixels)", ylabel="difference from Airy's function", xlim=(0, radius + 2))
    axes[0, 0].legend()
    axes[1, 0].legend(markerscale=4, fontsize=7)
    return figure


def energy_spectrum(rho: Values, numerical: Values, radius: float) -> Figure:
    """The numerical optimum over Airy's function, and their difference (slides 16-17)."""
    figure, ((left, right),) = axes_grid(1, 2, width=3.8)
    left.plot(rho, numerical, lw=3, alpha=0.4, label="eigenproblem")
    left.plot(rho, airy_profile(rho, radius), "k--", lw=1, label="Airy, f(R) = 0")
    left.set(xlabel="ρ (pixels)", ylabel="f(ρ)")
    left.legend()
    right.plot(rho, numerical - airy_profile(rho, radius))
    right.set(xlabel="ρ (pixels)", ylabel="eigenproblem − Airy")
    return figure


def thresholded_primitive(images: Images, radii: Values, fit: Primitive, columns: int = 6) -> Figure:
    """Decoder outputs over clip(h f − t, 0, 1), the primitive f, and the scale h (slide 19)."""
    chosen = spread(len(images), columns)
    drawn = fit.draw()
    figure, axes = axes_grid(3, columns, width=1.6, height=1.6)
    for column, i in zip(axes.T, chosen, strict=True):
        show(column[0], images[i])
        show(column[1], drawn[i])
        column[0].set_title(f"r = {radii[i]:.1f}", fontsize=8)
    axes[0, 0].set_ylabel("decoder", rotation=0, ha="right")
    axes[1, 0].set_ylabel("clip(h f − t)", rotation=0, ha="right")
    for cell in axes[2]:
        cell.remove()
    grid = axes[2, 0].get_gridspec()
    left, right = figure.add_subplot(grid[2, : columns // 2]), figure.add_subplot(grid[2, columns // 2 :])
    seen = distances(images.shape[-1]) < radii.max()  # beyond, no disk says what f is
    left.semilogy(distances(images.shape[-1])[seen], fit.f[seen], ".", ms=1.5)
    left.set(xlabel="ρ (pixels)", ylabel="primitive f(ρ)")
    right.semilogy(radii, fit.h)
    right.set(xlabel="radius r (pixels)", ylabel="scale h(r)")
    return figure


def hole_errors(errors: Mapping[str, Mapping[int, Values]], radii: Values, hole: list[float]) -> Figure:
    """Radius error over the radius, one panel per regulariser; the radii left out of training are shaded."""
    figure, axes = axes_grid(1, len(errors), width=2.7)
    for cell, (name, by_seed) in zip(axes[0], errors.items(), strict=True):
        cell.axvspan(*hole, color="k", alpha=0.1, label="not seen in training")
        for error in by_seed.values():
            cell.plot(radii, error)
        cell.set(title=name.replace("_", " "), xlabel="radius r (pixels)", ylim=(-3, 3))
    axes[0, 0].set_ylabel("radius of output − of input (pixels)")
    axes[0, 0].legend(loc="lower left", fontsize=7)
    return figure


def silhouette_table(
    images: Mapping[str, Images],
    optimum: Mapping[str, Float[np.ndarray, "size size"]],
    learned: Mapping[str, Float[np.ndarray, "size size"]],
    outputs: Mapping[str, Mapping[str, Images]],
) -> Figure:
    """Per silhouette: inputs, outputs without and with bias, learned primitive and top eigenfunction (slide 20)."""
    columns = 4
    figure, axes = axes_grid(3 * len(images), columns + 2, width=1.15, height=1.15)
    for k, name in enumerate(images):
        chosen = spread(len(images[name]), columns, first=0.35)
        rows = (("input", images[name]), ("no bias", outputs[name]["bias_free"]), ("bias", outputs[name]["bias"]))
        for line, (label, shown) in zip(axes[3 * k : 3 * k + 3], rows, strict=True):
            for cell, i in zip(line, chosen, strict=False):
                show(cell, shown[i])
            line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=7)
            for cell in line[columns:]:
                bare(cell)
        for cell, f, title in ((-2, learned[name], "learned f"), (-1, optimum[name], "optimal f")):
            show(axes[3 * k + 1, cell], f / f.max())
            axes[3 * k + 1, cell].set_title(title, fontsize=7)
        axes[3 * k, 0].set_title(name.replace("_", " "), fontsize=8, loc="left")
    return figure


def residuals(responses: Mapping[str, Response], images: Images) -> dict[str, Values]:
    """Squared error per pixel of each image, by variant."""
    return {name: np.square(r.outputs - images).mean(axis=(1, 2)) for name, r in responses.items()}
