"""The claims on noise on the code: the best code is computed, and trainings with noise find it."""

from __future__ import annotations

from typing import Any

from latentspace.report.claim import Claim

SLIDE = "38-39"
BEST = "the best code g of images given their area, for the noise of the training (docs/organise.md)"
WORDS = {
    "disks.centred_noise": "centred disks, trained with noise on the code",
    "disks.centred_no_noise": "centred disks, trained without noise",
    "ellipses.grown": "ellipses, trained with noise on the code",
    "ellipses.no_noise": "ellipses, trained without noise",
}


def claim(name: str, formula: str, **more: Any) -> Claim:
    """A claim of the stage; without target unless `more` has one."""
    return Claim(id=f"organise.noise.{name}", stage="organise_noise", formula=formula, slide=SLIDE, **more)


def learnt(name: str, measure: str, formula: str, reference: str, least: float | None = None) -> Claim:
    """A claim on first components that were learnt, `name`; with `least` as its target if it has one."""
    more: dict[str, Any] = {} if least is None else {"relation": ">=", "target": least}
    more["trained"] = (f"organise_train@{name.partition('.')[2]}",)
    return claim(f"{name}.{measure}", f"{formula}; {WORDS[name]}", reference=reference, **more)


# With noise and without they see equally many images.
DISKS, GROWN = ("organise_train@centred_noise",), ("organise_train@grown",)
AGREEMENT = {"disks.centred_noise": 0.998, "ellipses.grown": 0.99}

CLAIMS = [
    claim("disks.best.area_pearson", f"|Pearson| of the area of centred disks with g, {BEST}"),
    claim("disks.best.root_pearson", "the same with the root of the area, that is, the radius"),
    claim("ellipses.best.area_pearson", f"|Pearson| of the area of ellipses with g, {BEST}"),
    claim("ellipses.best.root_pearson", "the same with the root of the area"),
    *(
        learnt(
            name,
            "agreement",
            f"|Pearson| of z1 with {BEST}",
            "1: noise alone decides what z1 is" if name in AGREEMENT else "nothing fixes z1 without noise",
            AGREEMENT.get(name),
        )
        for name in WORDS
    ),
    learnt("ellipses.grown", "curve_agreement", "|Pearson| of E[z1 | area] with g", "1", 0.999),
    learnt("ellipses.no_noise", "curve_agreement", "the same", "compare organise.noise.ellipses.grown.curve_agreement"),
    *(learnt(name, "area_pearson", "|Pearson| of z1 with the area", "that of g") for name in WORDS),
    *(
        learnt(name, "area_r2", "share of the variance of z1 that is a function of the area", "1 if z1 does not wind")
        for name in ("ellipses.grown", "ellipses.no_noise")
    ),
    *(
        learnt(name, "best_mse", "E‖x − E[x | z1]‖² per pixel, without noise", "equal: both codes serve equally well")
        for name in ("ellipses.grown", "ellipses.no_noise")
    ),
    claim(
        "disks.noise_cost_ratio",
        "what noise on z1 adds to the error of the best decoder: trained without noise / with noise; centred disks",
        trained=DISKS,
        reference="above 1: the code trained with noise is the better one for it",
    ),
    claim(
        "ellipses.noise_cost_ratio",
        "the same for ellipses",
        trained=GROWN,
        relation=">=",
        target=1.5,
        reference="at least half as much again",
    ),
    claim(
        "ellipses.rescaled_noise_cost_ratio",
        "the same after the best increasing rescaling of either z1",
        trained=GROWN,
        reference="1 if z1 differs in scale only; above 1 as far as it winds through the factors",
    ),
    claim(
        "ellipses.noise_cost_k2_ratio",
        "the same for noise on z2, decoded with z1, as it is",
        trained=GROWN,
        reference="above 1: the code trained with noise is the better one for it",
    ),
    claim(
        "disks.best_weak.edge_ratio",
        "E[2πr (√(b² + σ²/g′²) − b) / √π], blur b, over the error of g by quadrature, at the weakest noise σ; refuted "
        "if the derivation of the formula is wrong",
        relation="in",
        target=(0.95, 1.05),
        reference="1 where the displacement σ/g′ is small beside the range of radii",
    ),
    claim(
        "disks.best_weak.first_order_ratio",
        "σ² E[‖x′‖² / g′²] over the error of g by quadrature, at the weakest noise",
        reference="1 where the displacement σ/g′ is small beside the blur",
    ),
    claim(
        "disks.best.edge_ratio", "E[2πr (√(b² + σ²/g′²) − b) / √π] over the error of g, at the noise of the training"
    ),
    claim("disks.best.first_order_ratio", "σ² E[‖x′‖² / g′²] over the error of g, at the noise of the training"),
    claim(
        "disks.best.edge_code_pearson",
        "|Pearson| of g with the one minimiser of the first of these formulas; the area itself, which does not "
        "minimise it, has organise.noise.disks.best.area_pearson",
        relation=">=",
        target=0.995,
        reference="1: the formula finds the same code",
    ),
]
