"""Disentanglement scores with known factors: MIG, SAP, DCI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

from latentspace.measures.columns import Codes, Factors, need_two, paired_columns, ratio
from latentspace.measures.information import normalised_information
from latentspace.measures.matching import association
from latentspace.measures.regression import r2

DCI_ROWS = 4096


def mutual_information_gap(codes: Codes, factors: Factors, bins: int = 20) -> float:
    """MIG: mean over factors of (I(factor; best component) − I(factor; second best)) / H(factor), in [0, 1].

    The information is that of `normalised_information`, with its bins of equal counts.

    Raises:
        ValueError: if there is only one component, or a value is not finite.

    Source: R. Chen et al., "Isolating sources of disentanglement in variational autoencoders", 2018, section 4.
    """
    need_two("MIG", codes.shape[1])
    return float(_gap(normalised_information(codes, factors, bins)).mean())


def sap(codes: Codes, factors: Factors) -> float:
    """SAP: mean over factors of the gap between the two largest R² of linear fits from one component, in [0, 1].

    The R² of a linear fit from one variable is the squared Pearson correlation; no rows are held out.

    Raises:
        ValueError: if there is only one component, or a value is not finite.

    Source: A. Kumar et al., "Variational inference of disentangled latent concepts from unlabeled observations", 2018.
    """
    need_two("SAP", codes.shape[1])
    return float(_gap(association(codes, factors).to_numpy() ** 2).mean())


@dataclass(frozen=True)
class DCI:
    """Scores of Eastwood and Williams.

    Attributes:
        disentanglement: 1 if every component is important for one factor only, 0 if for all factors equally.
        completeness: 1 if only one component is important for every factor, 0 if all components are equally.
        informativeness: R² of the factors predicted from all components, mean over factors, on held-out rows.
    """

    disentanglement: float
    completeness: float
    informativeness: float


def dci(codes: Codes, factors: Factors) -> DCI:
    """Disentanglement, completeness and informativeness, from the importances of one random forest per factor.

    The forests are scikit-learn's, with 50 trees of depth at most 8, fitted to the first half of the rows, of which at
    most 4096 are used. Importance is the decrease of variance, normalised to sum 1 over the components. The second half
    gives the informativeness, here an R² instead of the paper's error. Rows must be in random order.

    Raises:
        ValueError: if there are fewer than two components or two factors, or a value is not finite.

    Source: C. Eastwood and C. Williams, "A framework for the quantitative evaluation of disentangled representations",
    2018, section 2.
    """
    from sklearn.ensemble import RandomForestRegressor  # takes seconds

    need_two("DCI", codes.shape[1])
    need_two("DCI", len(factors), "factors")
    z, v = (columns[:DCI_ROWS] for columns in paired_columns(codes, factors))
    half = len(z) // 2
    forests = [
        RandomForestRegressor(n_estimators=50, max_depth=8, random_state=0, n_jobs=1).fit(z[:half], factor[:half])
        for factor in v.T
    ]
    importance = np.stack([forest.feature_importances_ for forest in forests], axis=1)
    predicted = np.stack([forest.predict(z[half:]) for forest in forests], axis=1)
    weights = ratio(importance.sum(1), importance.sum())
    return DCI(
        disentanglement=float(weights @ _concentration(importance.T)),
        completeness=float(_concentration(importance).mean()),
        informativeness=float(r2(predicted, v[half:]).mean()),
    )


def _gap(table: Float[np.ndarray, "k f"]) -> Float[np.ndarray, " f"]:
    """Largest minus second largest entry of each column."""
    ordered = np.sort(table, axis=0)
    return ordered[-1] - ordered[-2]


def _concentration(importance: Float[np.ndarray, "k f"]) -> Float[np.ndarray, " f"]:
    """1 − entropy / largest possible entropy of each column: 1 for a single nonzero entry, 0 for equal entries."""
    shares = importance + 1e-11  # as in disentanglement_lib
    return 1 - scipy.special.entr(shares / shares.sum(0)).sum(0) / np.log(len(shares))
