"""The claims of slides 22-29 and the appendix, with their targets; the values come from the metrics of the stages."""

from __future__ import annotations

from typing import Any

from latentspace.report.claim import Claim

THEORY = [
    Claim(
        id="position.theory.max_error",
        stage="position_theory",
        formula="largest |E_L(δ_a) − (2^L − a)| over all a and L = 1 … 12, in integers; cannot fail, checked by "
        "tests/position/test_theory.py",
        slide="26, appendix",
        unit="px",
        reference="theorem: 0",
    ),
    Claim(
        id="position.theory.max_error_2d",
        stage="position_theory",
        formula="the same for both coordinates of every pixel of 2^L × 2^L images, L = 1 … 8, in integers; cannot "
        "fail, checked by tests/position/test_theory.py",
        slide="appendix 6",
        unit="px",
        reference="separability: 0",
    ),
    Claim(
        id="position.theory.continuous_error",
        stage="position_theory",
        formula="largest |E_8(δ_a) − (256 − a)| over 1000 continuous a (eq. 11), in floating point; cannot fail, "
        "checked by tests/position/test_theory.py",
        slide="28",
        unit="px",
        reference="E is linear, δ_a interpolates: rounding",
    ),
    Claim(
        id="position.theory.decoder_error",
        stage="position_theory",
        formula="largest |D_8(a) − δ_a| over 1000 continuous a, D_8 the explicit decoder of upsampling, convolution "
        "and ReLU; cannot fail, checked by tests/position/test_theory.py",
        slide="28",
        reference="derived in docs/position.md: rounding",
    ),
]


def trained(levels: int, rmse: float, tap: float | None) -> list[Claim]:
    """Claims of slide 27 on the learnt taps of an encoder of L = `levels` layers, with targets `rmse` and `tap`."""
    return [
        Claim(
            id=f"position.trained.rmse_px_L{levels}",
            stage="position_encoder",
            formula="rms of E(δ_a) − (2^L − a) over held-out continuous a; taps learnt by L-BFGS from positive initial "
            f"taps, L = {levels}",
            slide="27",
            unit="px",
            relation="<=",
            target=rmse,
            statistic="max",
            reference="exact: 0",
        ),
        Claim(
            id=f"position.trained.tap_error_L{levels}",
            stage="position_encoder",
            formula="largest |normalised tap − [1, 2, 1]|, without the last layer's left tap, which only reads "
            f"padding; L = {levels}",
            slide="27",
            relation="reported" if tap is None else "<=",
            target=tap,
            statistic="max",
            reference="[1, 2, 1]",
        ),
    ]


TRAINED = [
    *trained(6, rmse=1e-3, tap=1e-3),
    *trained(8, rmse=0.05, tap=None),
    Claim(
        id="position.trained_2d.rmse_px_L6",
        stage="position_encoder",
        formula="as position.trained.rmse_px_L6 for the row of a point in 64 × 64 images, 3×3 taps",
        slide="27, appendix 6",
        unit="px",
        relation="<=",
        target=1e-3,
        statistic="max",
        reference="exact: 0",
    ),
    Claim(
        id="position.trained_2d.tap_error_L6",
        stage="position_encoder",
        formula="as position.trained.tap_error_L6, 3×3 taps against [1, 2, 1] ⊗ [0, 1, 1]",
        slide="27, appendix 6",
        relation="<=",
        target=1e-3,
        statistic="max",
        reference="[1, 2, 1] ⊗ [0, 1, 1]",
    ),
    *(
        Claim(
            id=f"position.stall.{optimizer}_{start}.rmse_px_L5",
            stage="position_encoder",
            formula=f"rms error over all one-hot Diracs at the end of {words} from {start} initial taps, L = 5",
            slide="27",
            unit="px",
            reference="stalls" if (optimizer, start) == ("adam", "random") else "",
        )
        for optimizer, words in (("adam", "full-batch Adam"), ("lbfgs", "L-BFGS"))
        for start in ("random", "positive")
    ),
]

REFUTED = "; refuted by one seed that finds the position to half a pixel, as a strided encoder does"
LOSES: dict[str, Any] = {
    "relation": ">=",
    "target": 0.5,
    "statistic": "min",
    "reference": "max pooling loses the position; compare position.stride.rmse_px",
}

ABLATION = [
    Claim(
        id="position.stride.rmse_px",
        stage="position_ablation",
        formula="rms error over held-out continuous a, L = 5, the better of L-BFGS and Adam",
        slide="29",
        unit="px",
    ),
    *(
        Claim(
            id=f"position.{halving}.rmse_px",
            stage="position_ablation",
            formula=f"as position.stride.rmse_px with {words}{REFUTED if halving == 'max_pool' else ''}",
            slide="29",
            unit="px",
            **LOSES if halving == "max_pool" else {},
        )
        for halving, words in (
            ("max_pool", "max pooling instead of stride"),
            ("average_pool", "average pooling instead of stride"),
            ("even_filter", "stride and a filter of two taps"),
        )
    ),
]

DECODER = [
    Claim(
        id="position.decoder.continuous.relative_l2",
        stage="position_decoder",
        formula="√(Σ (D(a) − δ_a)² / Σ δ_a²) over held-out continuous a, n = 64; trained on 4096 continuous a",
        slide="28",
        unit="relative",
        relation="<=",
        target=0.06,
        reference="prototype .06-.08",
    ),
    Claim(
        id="position.decoder.continuous.peak_error_px",
        stage="position_decoder",
        formula="mean |peak of D(a) − peak of δ_a|, peak: centroid of the three samples around the highest",
        slide="28",
        unit="px",
        relation="<=",
        target=0.05,
        reference="a twentieth of a pixel",
    ),
    *(
        Claim(
            id=f"position.decoder.{name}.{measure}",
            stage="position_decoder",
            formula=f"as position.decoder.continuous.{measure}: {words}",
            slide="28",
            unit="relative" if measure == "relative_l2" else "px",
            reference=reference,
        )
        for name, words, reference in (
            ("one_hot", "trained on the 64 one-hot Diracs", "not reliable"),
            ("continuous_64", "trained on 64 continuous positions", "as many as one-hot"),
            ("coordconv", "CoordConv decoder with equally many parameters and equal time", "Liu et al. 2018"),
            ("image_continuous", "8 × 8 images, trained on 4096 continuous positions", ""),
            ("image_one_hot", "8 × 8 images, trained on the 64 one-hot Diracs", "not reliable"),
            ("image_coordconv", "8 × 8 images, CoordConv decoder with equally many parameters and equal time", ""),
        )
        for measure in ("relative_l2", "peak_error_px")
    ),
]

VARIANTS = {
    "line": "d = 1, no labels, averaging initialisation of the encoder",
    "line_random": "d = 1, no labels, random initialisation",
    "image": "d = 2, no labels, averaging initialisation of the encoder",
    "image_random": "d = 2, no labels, random initialisation",
}

AUTOENCODER = [
    *(
        Claim(
            id=f"position.autoencoder.{name}.spearman",
            stage="position_autoencoder",
            formula=f"|Spearman correlation| of the code with a over held-out a; {VARIANTS[name]}",
            slide="24-28",
            reference="a monotone function of a: 1",
        )
        for name in ("line", "line_random")
    ),
    *(
        Claim(
            id=f"position.autoencoder.{name}.{measure}",
            stage="position_autoencoder",
            formula=f"{formula}; {words}",
            slide="24-28",
            unit=unit,
        )
        for measure, formula, unit in (
            ("position_r2", "share of the position's variance that an affine function of the code explains", ""),
            ("relative_l2", "√(Σ (D∘E(δ_a) − δ_a)² / Σ δ_a²) over held-out a", "relative"),
        )
        for name, words in VARIANTS.items()
    ),
]

CLAIMS = [*THEORY, *TRAINED, *ABLATION, *DECODER, *AUTOENCODER]
