"""Why the first component is the area: the best code under noise, computed, and the codes that trainings learn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.images.image_set import ImageSet
from latentspace.organise.coded import BySeed, Networks, encode
from latentspace.organise.families import Given, curve, given, noise_cost
from latentspace.organise.noise_pictures import Panel, best_codes, learnt_codes
from latentspace.organise.selected import ELLIPSES
from latentspace.pca.noise import best_code, edge_error, first_component, first_order_error, noise_error
from latentspace.pipeline.measured import Findings, Measured, means, measured, select

NO_NOISE = "no_noise"  # the variant on ellipses that is GROWN without noise
CENTRED = "centred"  # image set of centred disks; its variants are all compared
NAMES = {CENTRED: "disks", ELLIPSES: "ellipses"}  # image sets in the results
FACTORS = ("area",)
NOISES = (0.05, 0.1, 0.25, 0.5, 1.0)  # σ for which the best code is computed
COSTS = ("noise_cost", "rescaled_noise_cost", "noise_cost_k2")

Codes = Float[np.ndarray, "n k"]
Values = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Trained:
    """An image set with its trainings.

    Attributes:
        data: images with the factor ``area``, and those of disks with ``radius``.
        models: by variant and seed.
        noises: σ on the code in training, by variant.
    """

    data: ImageSet
    models: Mapping[str, Networks]
    noises: Mapping[str, float]

    @property
    def noise(self) -> float:
        """The σ of the comparison: the largest of the trainings, or .25 if none is noisy."""
        return max(self.noises.values()) or 0.25

    @cached_property
    def by_area(self) -> Given:
        """Mean training images given the area."""
        return given(self.data.train, self.data.train_factors["area"])

    @cached_property
    def best(self) -> dict[float, Values]:
        """Best codes as functions of the area, by σ."""
        return {noise: self.by_area.best(noise) for noise in sorted({*NOISES, self.noise})}

    @cached_property
    def strong(self) -> Values:
        """The limit of the best code for strong noise, the family's first principal component, as it is signed."""
        found = first_component(self.by_area.family).numpy()
        return found if found[-1] > found[0] else -found


def experiment(trained: Mapping[str, Trained]) -> Findings:
    """Best codes under noise, and how far the learnt ones agree with them.

    Args:
        trained: by image set, of `NAMES`.
    """
    findings, panels, said = Findings(), [], []
    for images, one in trained.items():
        name, coded = NAMES[images], encode(one.models, one.data)
        rows = learnt(one, coded)
        findings.rows += [replace(row, method=f"noise.{name}.{row.method}") for row in rows]
        findings.rows += [replace(row, method=f"noise.{name}.best{row.method}") for row in predicted(one)]
        findings.rows += [replace(row, method=f"noise.{name}") for row in cost_ratios(rows, one)]
        panels.append(panel(name, one, coded))
        agreement = means(select(rows, measure="agreement"))
        said += [f"{key.removesuffix('.agreement')} on {name} {value:.4f}" for key, value in agreement.items()]
    findings.pictures = {"noise.png": learnt_codes(panels), "best_codes.png": best_codes(panels)}
    findings.summary = "|Pearson| with the best code: " + ", ".join(said)
    return findings


def pearson(x: Values, y: Values) -> float:
    """|Pearson correlation| of two columns."""
    return abs(float(np.corrcoef(x, y)[0, 1]))


def predicted(one: Trained) -> list[Measured]:
    """Properties of the best code: for every σ, for that of the comparison, and for the weakest and strongest noise."""
    found = {noise: of_best(one, noise, code) for noise, code in one.best.items()}
    rows = [row for noise, values in found.items() for row in measured("", values, place=f"sigma_{noise:g}")]
    rows += measured("", found[one.noise])
    rows += measured("_weak", found[min(found)])
    return [*rows, Measured("_strong", "area_pearson", pearson(one.strong, one.by_area.key))]


def of_best(one: Trained, noise: float, code: Values) -> dict[str, float]:
    """Error of a best code, and its correlation with the area and its root; for disks, what the formulas say."""
    area = one.by_area.key
    values = {
        "error": float(one.by_area.error(noise)(torch.from_numpy(code))),
        "area_pearson": pearson(code, area),
        "root_pearson": pearson(code, np.sqrt(area)),
    }
    return values | (formulas(one, noise, torch.from_numpy(code)) if "radius" in one.data.train_factors else {})


def formulas(one: Trained, noise: float, code: Float[Tensor, " bins"]) -> dict[str, float]:
    """The closed forms for disks at the best code, as multiples of its error, and the code that the second finds best.

    The blur is that of the images: across an edge, x (1 − x) sums to blur / √π.
    """
    images, radii = one.data.train / 255.0, one.data.train_factors["radius"]
    blur = math.sqrt(math.pi) * (images * (1 - images)).sum() / (2 * math.pi * radii).sum()
    family = one.by_area.family
    radius = torch.from_numpy(np.sqrt(one.by_area.key / math.pi))

    def edge(g: Float[Tensor, " bins"]) -> Float[Tensor, ""]:
        return edge_error(g, radius, 2 * math.pi * radius, family.weights, noise, float(blur))

    exact = noise_error(code, family, noise)
    return {
        "first_order_ratio": float(first_order_error(code, radius, family, noise) / exact),
        "edge_ratio": float(edge(code) / exact),
        "edge_code_pearson": pearson(best_code(edge, family.weights).numpy(), code.numpy()),
    }


def learnt(one: Trained, coded: Mapping[str, BySeed]) -> list[Measured]:
    """How far first components are the best code and functions of the area, and what noise on the codes costs."""
    return [
        row
        for variant, by_seed in coded.items()
        for seed, each in by_seed.items()
        for row in measured(variant, of_code(each.codes, one) | costs(each.codes, one), seed)
    ]


def of_code(codes: Codes, one: Trained) -> dict[str, float]:
    """Agreement of the first component with the best code, and its share that is a function of the area."""
    first, area = codes[:, 0], one.data.test_factors["area"]
    known, best = one.by_area.key, one.best[one.noise]
    mean = curve(first, area)
    return {
        "agreement": pearson(first, np.interp(area, known, best)),
        "curve_agreement": pearson(mean.mean, np.interp(mean.key, known, best)),
        "area_pearson": pearson(first, area),
        "area_r2": 1 - float(np.square(mean.deviation).mean() / first.var()),
    }


def costs(codes: Codes, one: Trained) -> dict[str, float]:
    """Error of the best decoder of the first component, and what noise adds: as it is, and at best if rescaled.

    A code that winds through the factors' space has neighbours that differ much: noise costs more, however the code is
    rescaled. With a second component, also what noise on it adds.
    """
    images, noise = one.data.test, one.noise
    family = given(images, codes[:, 0])
    rescaled = float(family.error(noise)(torch.from_numpy(family.best(noise))))
    found = {"best_mse": family.unexplained, "rescaled_noise_cost": rescaled}
    names = ("noise_cost", "noise_cost_k2")[: codes.shape[1]]
    return found | {name: noise_cost(images, codes, i, noise) for i, name in enumerate(names)}


def cost_ratios(rows: list[Measured], one: Trained) -> list[Measured]:
    """Costs of the first variant without noise as multiples of those of the first one with it, by seed."""
    quiet = [name for name in one.models if not one.noises[name]][:1]
    noisy = [name for name in one.models if one.noises[name]][:1]
    return [
        Measured("", f"{row.measure}_ratio", row.value / other.value, row.seed)
        for row in rows
        for other in rows
        if (row.seed, row.measure) == (other.seed, other.measure)
        and [row.method] == quiet
        and [other.method] == noisy
        and row.measure in COSTS
    ]


def panel(name: str, one: Trained, coded: Mapping[str, BySeed]) -> Panel:
    """What the pictures show of an image set."""
    area = one.data.test_factors["area"]
    curves = {variant: [curve(each.codes[:, 0], area) for each in of.values()] for variant, of in coded.items()}
    return Panel(name, one.by_area.key, one.best, one.noise, one.strong, curves, one.noises)
