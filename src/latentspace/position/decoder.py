"""Decoders at held-out positions: relative L2 and peak error by training set, with CoordConv as baseline (slide 28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from latentspace.nn.models import parameter_count
from latentspace.pipeline.measured import Findings, Measured, measured, value_of
from latentspace.plots.style import Picture, axes_grid, show
from latentspace.position.dataset import Positions, held_out
from latentspace.position.measures import Pictures, diracs, evaluate, peak_error, relative_l2
from latentspace.position.networks import AnyDecoder
from latentspace.position.params import Decoder
from latentspace.position.pictures import random_indices, spread_indices
from latentspace.position.train_decoder import decoder_jobs


@dataclass(frozen=True)
class Decoded:
    """Held-out positions, the true pictures, the outputs of the decoders of one name by seed, and their parameters."""

    positions: Positions
    wanted: Pictures
    outputs: dict[int, Pictures]
    parameters: int


def experiment(networks: Mapping[str, Mapping[int, AnyDecoder]], section: Decoder) -> Findings:
    """Errors of decoders at held-out positions.

    Args:
        networks: by name, as in `train_decoder.decoder_kinds`, and seed.
        section: sizes of the networks, and number of held-out positions.
    """
    found = decode(networks, section)
    rows = [row for name, decoded in found.items() for row in decoder_numbers(name, decoded)]
    seeds = list(found["continuous"].outputs)
    table = decoder_table(section, rows, seeds)
    first = min(seeds)
    errors = {name: value_of(rows, f"decoder.{name}", "relative_l2", first) for name in ("one_hot", "continuous")}
    return Findings(
        rows,
        {
            "decoded.png": decoded_figure(found, ["one_hot", "continuous", "coordconv"], first),
            "decoded_images.png": decoded_images(found, first),
            "errors.png": errors_figure(table),
        },
        tables={"decoders": table},
        summary="relative L2 on unseen positions: " + ", ".join(f"{name} {e:.3f}" for name, e in errors.items()),
    )


def decode(networks: Mapping[str, Mapping[int, AnyDecoder]], section: Decoder) -> dict[str, Decoded]:
    """Outputs of all decoders at the held-out positions, by name."""
    sizes = {1: section.line.image_size, 2: section.image.image_size}
    positions = {d: held_out(section.test_positions, n, d) for d, n in sizes.items()}
    wanted = {d: diracs(a, sizes[d]) for d, a in positions.items()}
    found = {}
    for name, by_seed in networks.items():
        one = next(iter(by_seed.values()))
        a = positions[one.dimensions]
        outputs = {seed: evaluate(network, a) for seed, network in by_seed.items()}
        found[name] = Decoded(a, wanted[one.dimensions], outputs, parameter_count(one))
    return found


def decoder_numbers(name: str, decoded: Decoded) -> list[Measured]:
    """Number of parameters; relative L2 error and peak error in pixels, by seed."""
    rows = [Measured(f"decoder.{name}", "parameters", float(decoded.parameters))]
    for seed, outputs in decoded.outputs.items():
        values = {
            "relative_l2": relative_l2(outputs, decoded.wanted),
            "peak_error_px": peak_error(outputs, decoded.wanted),
        }
        rows += measured(f"decoder.{name}", values, seed)
    return rows


def decoder_table(section: Decoder, rows: Sequence[Measured], seeds: Sequence[int]) -> pd.DataFrame:
    """Errors of every decoder, one row per name and seed, with the sizes of training set and network."""
    lines = []
    for job in decoder_jobs(section, seeds):
        method = f"decoder.{job.name}"
        size = {"positions": len(job.positions), "parameters": value_of(rows, method, "parameters")}
        errors = {name: value_of(rows, method, name, job.seed) for name in ("relative_l2", "peak_error_px")}
        lines.append({"name": job.name, "seed": job.seed, **size, **errors})
    return pd.DataFrame(lines)


def decoded_figure(found: Mapping[str, Decoded], names: Sequence[str], seed: int, columns: int = 4) -> Picture:
    """True and decoded Diracs on lines at held-out positions (slide 28)."""
    figure, axes = axes_grid(len(names), columns, width=2.3, height=1.5)
    for line, name in zip(axes, names, strict=True):
        decoded = found[name]
        for cell, i in zip(line, spread_indices(len(decoded.positions), columns), strict=True):
            a = decoded.positions[i, 0]
            cell.plot(decoded.wanted[i], "o", color="k", ms=4, mfc="none", label="wanted")
            cell.plot(decoded.outputs[seed][i], ".-", color="C1", lw=1, ms=4, label="decoded")
            cell.set(xlim=(round(a) - 6, round(a) + 6), ylim=(-0.25, 1.15))
            if name == names[0]:
                cell.set_title(f"a = {a:.2f}", fontsize=8)
        line[0].set_ylabel(_title(name), fontsize=8)
    for cell in axes[-1]:
        cell.set_xlabel("place")
    axes[0, 0].legend(fontsize=6, loc="upper left")
    return figure


def decoded_images(found: Mapping[str, Decoded], seed: int, columns: int = 8) -> Picture:
    """True and decoded Diracs in images at held-out positions."""
    of_images = {name: decoded for name, decoded in found.items() if decoded.wanted.ndim == 3}
    wanted = next(iter(of_images.values())).wanted
    rows = {"wanted": wanted, **{_words(name): decoded.outputs[seed] for name, decoded in of_images.items()}}
    figure, axes = axes_grid(len(rows), columns, width=1.0, height=1.0)
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        for cell, i in zip(line, random_indices(len(wanted), columns), strict=True):
            show(cell, images[i])
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    return figure


def errors_figure(table: pd.DataFrame) -> Picture:
    """Both errors of every decoder at held-out positions, one dot per seed and a bar at their mean, logarithmic."""
    names = list(table["name"].unique())[::-1]
    figure, axes = axes_grid(1, 2, width=4.2, height=3.0)
    labels = {"relative_l2": "relative L2 error", "peak_error_px": "peak error (pixels)"}
    for cell, (column, label) in zip(axes[0], labels.items(), strict=True):
        for row, name in enumerate(names):
            values = table.loc[table["name"] == name, column]
            cell.plot(values, [row] * len(values), "o", ms=4, mfc="none", color=_colour(name))
            cell.plot(values.mean(), row, "|", ms=14, mew=2, color=_colour(name))
        cell.set(xscale="log", xlabel=label, yticks=range(len(names)), yticklabels=[])
    sizes = table.groupby("name")["positions"].first()
    axes[0, 0].set_yticklabels([f"{_title(name)} ({sizes[name]})" for name in names])
    axes[0, 0].set_title("decoder (training positions)", fontsize=9, loc="left", x=-0.6)
    return figure


def _title(name: str) -> str:
    """Output and input of a decoder in words."""
    return f"{'image' if name.startswith('image_') else 'line'}, {_words(name)}"


def _words(name: str) -> str:
    """Input of a decoder in words."""
    return {"one_hot": "one-hot a", "coordconv": "CoordConv"}.get(name.removeprefix("image_"), "continuous a")


def _colour(name: str) -> str:
    return {"one_hot": "C1", "coordconv": "C2"}.get(name.removeprefix("image_"), "C0")
