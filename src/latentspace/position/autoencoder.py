"""Relation of a position autoencoder's code to the position, on a line and in an image (slides 24-28)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from jaxtyping import Float

from latentspace.pipeline.measured import Findings, Measured, measured, select
from latentspace.plots.style import Picture, axes_grid, show
from latentspace.position.dataset import Positions, held_out
from latentspace.position.measures import Pictures, diracs, evaluate, peak_error, relative_l2
from latentspace.position.networks import PositionAutoencoder
from latentspace.position.params import Autoencoder
from latentspace.position.pictures import random_indices, spread_indices
from latentspace.position.train_autoencoder import AUTOENCODERS

# Initialisation of the encoder in words, by the names of the autoencoders of lines and of images.
START_WORDS = {
    "line": {"line": "averaging initialisation", "line_random": "random initialisation"},
    "image": {"image": "averaging initialisation", "image_random": "random initialisation"},
}


@dataclass(frozen=True)
class Coded:
    """Held-out positions, their pictures, and codes and outputs of the autoencoders of one name, by seed."""

    positions: Positions
    pictures: Pictures
    codes: dict[int, Float[np.ndarray, "m d"]]
    outputs: dict[int, Pictures]


def experiment(networks: Mapping[str, Mapping[int, PositionAutoencoder]], section: Autoencoder) -> Findings:
    """Compare the code with the position, which is not an input of the training.

    Args:
        networks: by name, as in `train_autoencoder.AUTOENCODERS`, and seed.
        section: sizes of the networks, and number of held-out positions.
    """
    found = {name: code(name, by_seed, section) for name, by_seed in networks.items()}
    rows = [row for name, coded in found.items() for row in autoencoder_numbers(name, coded)]
    first = min(found["line"].codes)
    shown = [f"{row.value:.3f}" for row in select(rows, method="autoencoder.line", measure="spearman")]
    return Findings(
        rows,
        {
            "codes_line.png": codes_line(found),
            "codes_image.png": codes_image(found),
            "outputs_line.png": outputs_line(found, first),
            "outputs_image.png": outputs_image(found, first),
        },
        matrices={f"correlation_{name}": correlations(found[name], first) for name in START_WORDS},
        summary="|Spearman| of code and position on a line " + ", ".join(shown),
    )


def code(name: str, networks: Mapping[int, PositionAutoencoder], section: Autoencoder) -> Coded:
    """Codes and outputs of the autoencoders of one name at held-out positions."""
    dimensions, _ = AUTOENCODERS[name]
    size = (section.line if dimensions == 1 else section.image).image_size
    positions = held_out(section.test_positions, size, dimensions)
    pictures = diracs(positions, size)
    codes = {seed: evaluate(network.encode, pictures) for seed, network in networks.items()}
    outputs = {seed: evaluate(network.decode, codes[seed]) for seed, network in networks.items()}
    return Coded(positions, pictures, codes, outputs)


def autoencoder_numbers(name: str, coded: Coded) -> list[Measured]:
    """Reconstruction errors, and measures of the relation of the code to the position, by seed.

    `position_r2` is the share of the position's variance that an affine function of the code explains; on a line,
    `spearman` is 1 when the code is a monotone function of the position.
    """
    rows = []
    for seed, codes in coded.codes.items():
        outputs, a = coded.outputs[seed], coded.positions
        values = {
            "relative_l2": relative_l2(outputs, coded.pictures),
            "peak_error_px": peak_error(outputs, coded.pictures),
            "position_r2": affine_r2(codes, a),
        }
        if a.shape[1] == 1:
            values["spearman"] = spearman(codes[:, 0], a[:, 0])
        rows += measured(f"autoencoder.{name}", values, seed)
    return rows


def spearman(code: Float[np.ndarray, " m"], positions: Float[np.ndarray, " m"]) -> float:
    """|Spearman correlation|: 1 when the code is a monotone function of the position."""
    return float(abs(scipy.stats.spearmanr(code, positions).statistic))


def affine_r2(inputs: Float[np.ndarray, "m d"], outputs: Float[np.ndarray, "m e"]) -> float:
    """Share of the variance of `outputs` that an affine function of `inputs` explains."""
    basis = np.column_stack([inputs, np.ones(len(inputs))])
    residual = outputs - basis @ np.linalg.lstsq(basis, outputs, rcond=None)[0]
    return float(1 - np.square(residual).sum() / np.square(outputs - outputs.mean(axis=0)).sum())


def correlations(coded: Coded, seed: int) -> pd.DataFrame:
    """Pearson correlations of the coordinates of the position and the components of the code, as a labelled matrix."""
    axes = ["position"] if coded.positions.shape[1] == 1 else ["row", "column"]
    columns = np.column_stack([coded.positions, coded.codes[seed]])
    labels = [*axes, *(f"code {k}" for k in range(1, len(axes) + 1))]
    return pd.DataFrame(np.corrcoef(columns.T), index=labels, columns=labels)


def codes_line(found: Mapping[str, Coded]) -> Picture:
    """The code over the position, one row of panels per initialisation of the encoder, one column per seed."""
    seeds = list(found["line"].codes)
    figure, axes = axes_grid(2, len(seeds), width=3.0, height=2.3)
    for line, (name, start) in zip(axes, START_WORDS["line"].items(), strict=True):
        coded = found[name]
        for cell, seed in zip(line, seeds, strict=True):
            cell.plot(coded.positions[:, 0], coded.codes[seed][:, 0], ".", ms=2)
            cell.set_title(f"{start}, seed {seed}")
        line[0].set_ylabel("code z")
    for cell in axes[-1]:
        cell.set_xlabel("position a (pixels)")
    return figure


def codes_image(found: Mapping[str, Coded]) -> Picture:
    """Codes coloured by position, as in the leftmost panels; one row per initialisation, one column per seed."""
    seeds = list(found["image"].codes)
    figure, axes = axes_grid(2, len(seeds) + 1, width=2.6, height=2.4)
    for line, (name, start) in zip(axes, START_WORDS["image"].items(), strict=True):
        coded = found[name]
        share = coded.positions / coded.positions.max()
        colours = np.column_stack([share[:, 0], np.full(len(share), 0.25), share[:, 1]])
        line[0].scatter(coded.positions[:, 1], coded.positions[:, 0], c=colours, s=4)
        line[0].set(title="positions", xlabel="column (pixels)", ylabel="row (pixels)")
        line[0].invert_yaxis()
        for cell, seed in zip(line[1:], seeds, strict=True):
            cell.scatter(*coded.codes[seed].T, c=colours, s=4)
            cell.set(title=f"{start}, seed {seed}", xlabel="code z₁")
        line[1].set_ylabel("code z₂")
    return figure


def outputs_line(found: Mapping[str, Coded], seed: int, columns: int = 4) -> Picture:
    """Input and output Diracs of the autoencoders of lines, for both initialisations of the encoder."""
    figure, axes = axes_grid(2, columns, width=2.3, height=1.6)
    for line, (name, start) in zip(axes, START_WORDS["line"].items(), strict=True):
        coded = found[name]
        for cell, i in zip(line, spread_indices(len(coded.pictures), columns), strict=True):
            cell.plot(coded.pictures[i], "o", color="k", ms=3, mfc="none", label="input")
            cell.plot(coded.outputs[seed][i], ".-", color="C1", lw=1, ms=3, label="output")
            cell.set(ylim=(-0.3, 1.15), title=f"a = {coded.positions[i, 0]:.2f}")
        line[0].set_ylabel(start.replace(" ", "\n"))
    for cell in axes[-1]:
        cell.set_xlabel("place")
    axes[0, 0].legend(fontsize=7)
    return figure


def outputs_image(found: Mapping[str, Coded], seed: int, columns: int = 8) -> Picture:
    """Input and output images of the autoencoders of images, for both initialisations of the encoder."""
    pictures = found["image"].pictures
    rows = [("input", pictures), *((start, found[name].outputs[seed]) for name, start in START_WORDS["image"].items())]
    figure, axes = axes_grid(3, columns, width=1.0, height=1.0)
    for line, (label, images) in zip(axes, rows, strict=True):
        for cell, i in zip(line, random_indices(len(pictures), columns), strict=True):
            show(cell, images[i])
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    return figure
