"""InfoM, InfoE and InfoC: modularity, explicitness and compactness of a code in terms of information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from latentspace.measures.columns import Codes, Factors, need_two, ratio
from latentspace.measures.information import normalised_information
from latentspace.measures.regression import linear_r2

INACTIVE = 1 / 20  # of the largest range of a component, as in the authors' code


@dataclass(frozen=True)
class InfoMEC:
    """Scores of Hsu et al.

    Attributes:
        modularity: 1 if every active component informs of one factor only, 0 if of all factors equally.
        explicitness: R² of the factors predicted linearly from all components, mean over factors.
        compactness: 1 if only one active component informs of every factor, 0 if all do equally.
    """

    modularity: float
    explicitness: float
    compactness: float


def infomec(codes: Codes, factors: Factors) -> InfoMEC:
    """InfoM, InfoE and InfoC of a code of continuous components, with continuous factors.

    With N[j, i] = I(zⱼ; sᵢ) / H(sᵢ), k active components and f factors,

        InfoM = (mean over active j of maxᵢ N[j, i] / Σᵢ N[j, i] − 1/f) / (1 − 1/f)
        InfoC = (mean over i of maxⱼ N[j, i] / Σⱼ N[j, i] − 1/k) / (1 − 1/k),  both sums and k over the active j
        InfoE = mean over i of (H(sᵢ | ∅) − H(sᵢ | z)) / (H(sᵢ | ∅) − H₀)

    A component is active if its range, max − min, is above a twentieth of the largest one. Where all entries are 0, the
    ratio counts as that of equal entries. With a single active component InfoC is 0. H in InfoE is the cross-entropy of
    the best predictor among linear maps with Gaussian noise of a fixed variance: from all components, or from no input
    (∅), which predicts the mean. It is the predictor's mean squared error up to a factor and the constant H₀, that of
    no error, so each term is the R² of the linear regression on the components; no rows are held out.

    N is `normalised_information`, as for MIG. The authors estimate I by nearest neighbours, which has no bias; but a
    component that informs of nothing then has entries around 0, cut at 0, and scores .5 to 1 where 0 is meant. The
    binned estimate gives all its entries the same small bias, hence nearly 0. The bias lowers the scores of a perfect
    code by about (bins − 1)²/2n / log(bins) times the number of other entries, .02 for n = 10,000 and three factors.

    Raises:
        ValueError: if there are fewer than two components or two factors, or a value is not finite.

    Source: K. Hsu et al., "Disentanglement via latent quantization", 2023, arXiv:2305.18378, the section on InfoMEC,
    and the regression formulation of InfoE in the authors' code; Y. Xu et al., "A theory of usable information under
    computational constraints", 2020, proposition 1.5, for R² as predictive information.
    """
    need_two("InfoMEC", codes.shape[1])
    need_two("InfoMEC", len(factors), "factors")
    table = normalised_information(codes, factors)[active(codes)]
    return InfoMEC(
        modularity=_concentration(table.T),
        explicitness=linear_r2(codes, np.column_stack(list(factors.values()))),
        compactness=_concentration(table),
    )


def active(codes: Codes) -> Bool[np.ndarray, " k"]:
    """Which components have a range above a twentieth of the largest one; all are inactive if all are constant."""
    ranges = np.ptp(codes, axis=0)
    return ranges > ranges.max() * INACTIVE


def _concentration(table: Float[np.ndarray, "k f"]) -> float:
    """Mean over columns of largest entry / sum, scaled to 0 for equal entries and 1 for a single one; 0 for one row."""
    if len(table) < 2 or not table.size:
        return 0.0
    equal = 1 / len(table)
    shares = np.maximum(ratio(table.max(0), table.sum(0)), equal)  # a column of zeros has ratio 0
    return float((shares.mean() - equal) / (1 - equal))
