"""Names in params.yaml of kinds of penalty, reconstruction error and encoder."""

from __future__ import annotations

from typing import Literal

PenaltyName = Literal["covariance", "distance_correlation"]
Reconstruction = Literal["mse", "bce"]
EncoderKind = Literal["bounded", "leaky_relu"]
