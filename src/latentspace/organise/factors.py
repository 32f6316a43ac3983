"""Scores of any number of components as the factors of ellipses (slides 38-39)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float

from latentspace.measures import columns
from latentspace.measures.factors import dci, mutual_information_gap, sap
from latentspace.measures.infomec import infomec
from latentspace.measures.matching import association, best_rotation, leakage, matching

PAIR = ("log_ratio_cos", "log_ratio_sin")  # an isotropic pair, whose axes only the pixel grid fixes
FACTORS = ("area", *PAIR)

Codes = Float[np.ndarray, "n k"]


def matched(table: pd.DataFrame) -> dict[str, tuple[str | None, float]]:
    """`matching` with all factors: one without a component, as there are fewer components, has None and score 0."""
    alone: dict[str, tuple[str | None, float]] = {str(factor): (None, 0.0) for factor in table.columns}
    return {**alone, **matching(table)}


def area_leakage(table: pd.DataFrame) -> dict[str, float]:
    """Largest |Pearson| of the area with a component that is not matched to it; empty with one component."""
    if len(table) < 2:
        return {}
    return {"area_leakage": leakage(table, "area", matched(table)["area"][0])}


def ellipse_factors(codes: Codes, factors: columns.Factors) -> dict[str, float]:
    """Scores of the components as the factors of ellipses, after optimal one-to-one matching (Hungarian algorithm).

    A factor without a component, as there are fewer components than factors, scores 0. One component has no scores
    that compare components. Three or more have those of `turned_pair` too.
    """
    table = association(codes, factors)
    match = matched(table)
    area = match["area"][0]
    ranks = association(codes, factors, "spearman")
    scores = {"area_pearson": match["area"][1], "area_spearman": float(ranks.loc[area, "area"]) if area else 0.0}
    scores |= area_leakage(table)
    scores["factor_match"] = float(np.mean([match[name][1] for name in PAIR]))
    turned = turned_pair(codes, factors) if codes.shape[1] >= len(FACTORS) else {}
    return scores | disentanglement(codes, factors) | turned


def turned_pair(codes: Codes, factors: columns.Factors) -> dict[str, float]:
    """Scores ``…_rotated`` after the best rotation of the two components that are matched to the isotropic pair."""
    match = matching(association(codes, factors))
    two = sorted(columns.component_names(codes).index(match[name][0]) for name in PAIR)
    pair = np.column_stack([factors[name] for name in PAIR])
    _, turned = best_rotation(codes[:, two], pair)
    rotated = codes.copy()
    rotated[:, two] = turned
    pairs = association(turned, {name: factors[name] for name in PAIR})
    again = {f"{name}_rotated": score for name, score in disentanglement(rotated, factors).items()}
    return {"factor_match_rotated": float(np.mean([score for _, score in matching(pairs).values()]))} | again


def disentanglement(codes: Codes, factors: columns.Factors) -> dict[str, float]:
    """MIG, SAP, DCI and InfoMEC scores, as defined in `latentspace.measures`; empty with one component."""
    if codes.shape[1] < 2:
        return {}
    scores, info = dci(codes, factors), infomec(codes, factors)
    return {
        "mig": mutual_information_gap(codes, factors),
        "sap": sap(codes, factors),
        "dci_disentanglement": scores.disentanglement,
        "dci_completeness": scores.completeness,
        "dci_informativeness": scores.informativeness,
        "infom": info.modularity,
        "infoe": info.explicitness,
        "infoc": info.compactness,
    }


def public_attributes(codes: Codes, attributes: columns.Factors) -> dict[str, float]:
    """|Pearson| with the authors' attributes S, H and V, after optimal matching; 0 for one without a component."""
    return {name: score for name, (_, score) in matched(association(codes, attributes)).items()}
