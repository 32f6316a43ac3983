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
]
