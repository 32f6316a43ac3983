"""The claims of slides 22-29 and the appendix, with their targets; values come from the stages' metrics."""

from __future__ import annotations

from latentspace.report.table import Claim

CLAIMS = [
    Claim(
        "position.theory.max_error",
        "position_theory",
        "largest |E_L(δ_a) − (2^L − a)| over all a and L = 1 … 12, in integers",
        "26, appendix",
        "px",
        "=",
        0.0,
        "max",
        "theorem",
    ),
    Claim(
        "position.theory.max_error_2d",
        "position_theory",
        "the same for both coordinates of every pixel of 2^L × 2^L images, L = 1 … 8, in integers",
        "appendix 6",
        "px",
        "=",
        0.0,
        "max",
        "separability",
    ),
    Claim(
        "position.theory.continuous_error",
        "position_theory",
        "largest |E_8(δ_a) − (256 − a)| over 1000 continuous a (eq. 11), in floating point",
        "28",
        "px",
        "<=",
        1e-10,
        "max",
        "E is linear, δ_a interpolates",
    ),
    Claim(
        "position.theory.decoder_error",
        "position_theory",
        "largest |D_8(a) − δ_a| over 1000 continuous a, D_8 the explicit decoder of upsampling, convolution and ReLU",
        "28",
        "",
        "<=",
        1e-10,
        "max",
        "derived, docs/position.md",
    ),
    *(
        claim
        for levels, rmse, tap in ((6, 1e-3, 1e-3), (8, 0.05, None))
        for claim in (
            Claim(
                f"position.trained.rmse_px_L{levels}",
                "position_encoder",
                "rms of E(δ_a) − (2^L − a) over held-out continuous a; taps learnt by L-BFGS from positive ones, "
                f"L = {levels}",
                "27",
                "px",
                "<=",
                rmse,
                "max",
                "exact: 0",
            ),
            Claim(
                f"position.trained.tap_error_L{levels}",
                "position_encoder",
                "largest |normalised tap − [1, 2, 1]|, without the last layer's left tap, which meets only padding; "
                f"L = {levels}",
                "27",
                "",
                "reported" if tap is None else "<=",
                tap,
                "max",
                "[1, 2, 1]",
            ),
        )
    ),
    Claim(
        "position.trained_2d.rmse_px_L6",
        "position_encoder",
        "as position.trained.rmse_px_L6 for the row of a point in 64 × 64 images, 3×3 taps",
        "27, appendix 6",
        "px",
        "<=",
        1e-3,
        "max",
        "exact: 0",
    ),
    Claim(
        "position.trained_2d.tap_error_L6",
        "position_encoder",
        "as position.trained.tap_error_L6, 3×3 taps against [1, 2, 1] ⊗ [0, 1, 1]",
        "27, appendix 6",
        "",
        "<=",
        1e-3,
        "max",
        "[1, 2, 1] ⊗ [0, 1, 1]",
    ),
    *(
        Claim(
            f"position.stall.{optimizer}_{start}.rmse_px_L5",
            "position_encoder",
            f"rms error over all one-hot Diracs at the end of {'full-batch Adam' if optimizer == 'adam' else 'L-BFGS'} "
            f"from {start} taps, L = 5",
            "27",
            "px",
            reference="stalls" if (optimizer, start) == ("adam", "random") else "",
        )
        for optimizer in ("adam", "lbfgs")
        for start in ("random", "positive")
    ),
    Claim(
        "position.stride.rmse_px",
        "position_ablation",
        "rms error over held-out continuous a, L = 5, the better of L-BFGS and Adam",
        "29",
        "px",
    ),
    *(
        Claim(
            f"position.{halving}.rmse_px",
            "position_ablation",
            f"as position.stride.rmse_px with {words}",
            "29",
            "px",
        )
        for halving, words in (
            ("max_pool", "max pooling instead of stride"),
            ("average_pool", "average pooling instead of stride"),
            ("even_filter", "stride and a filter of two taps"),
        )
    ),
    Claim(
        "position.max_pool.rmse_ratio",
        "position_ablation",
        "position.max_pool.rmse_px over position.stride.rmse_px, or over 1e-6 px if that is larger; seed by seed",
        "29",
        "",
        ">=",
        50.0,
        "min",
        "max pooling breaks it",
    ),
    Claim(
        "position.decoder.continuous.relative_l2",
        "position_decoder",
        "√(Σ (D(a) − δ_a)² / Σ δ_a²) over held-out continuous a, n = 64; trained on 4096 continuous a",
        "28",
        "relative",
        "<=",
        0.06,
        reference="prototype .06-.08",
    ),
    Claim(
        "position.decoder.continuous.peak_error_px",
        "position_decoder",
        "mean |peak of D(a) − peak of δ_a|, peak: centroid of the three samples around the highest",
        "28",
        "px",
        "<=",
        0.05,
        reference="a twentieth of a pixel",
    ),
    *(
        Claim(
            f"position.decoder.{name}.{measure}",
            "position_decoder",
            f"as position.decoder.continuous.{measure}: {words}",
            slide,
            "relative" if measure == "relative_l2" else "px",
            reference=reference,
        )
        for name, words, slide, reference in (
            ("one_hot", "trained on the 64 one-hot Diracs", "28", "not reliable"),
            ("continuous_64", "trained on 64 continuous positions", "28", "as many as one-hot"),
            ("coordconv", "CoordConv decoder, equally many parameters, equal time", "28", "Liu et al. 2018"),
            ("image_continuous", "8 × 8 images, trained on 4096 continuous positions", "28", ""),
            ("image_one_hot", "8 × 8 images, trained on the 64 one-hot Diracs", "28", "not reliable"),
            ("image_coordconv", "8 × 8 images, CoordConv decoder, equally many parameters, equal time", "28", ""),
        )
        for measure in ("relative_l2", "peak_error_px")
    ),
    *(
        Claim(
            f"position.autoencoder.{name}.spearman",
            "position_autoencoder",
            f"|Spearman correlation| of the code with a over held-out a; d = 1, no labels, {start}",
            "24-28",
            reference="a monotone function of a: 1",
        )
        for name, start in (("line", "encoder starts as averages"), ("line_random", "random start"))
    ),
    *(
        Claim(
            f"position.autoencoder.{name}.{measure}",
            "position_autoencoder",
            f"{formula}; d = {d}, no labels, {start}",
            "24-28",
            unit,
        )
        for measure, formula, unit in (
            ("position_r2", "share of the position's variance that an affine function of the code explains", ""),
            ("relative_l2", "√(Σ (D∘E(δ_a) − δ_a)² / Σ δ_a²) over held-out a", "relative"),
        )
        for name, d, start in (
            ("line", 1, "encoder starts as averages"),
            ("line_random", 1, "random start"),
            ("image", 2, "encoder starts as averages"),
            ("image_random", 2, "random start"),
        )
    ),
]
