"""What the organise chapter measures on codes of images: dependence between components, and how factors lie in them.

Plain NumPy in float64. Codes have shape (n, k), one row an image; their components are called z1 … zk. Factors are
columns of n values by name. A column that does not vary correlates 0 with everything and has an R² of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import scipy
from jaxtyping import Float, Int

from latentspace.organise.dataset import Factors

Codes = Float[np.ndarray, "n k"]
Pairs = Float[np.ndarray, "n 2"]
QUARTER = np.pi / 2
DCI_ROWS = 4096


def covariance_table(codes: Codes) -> pd.DataFrame:
    """Covariance matrix of the components over n rows (divisor n, as in `ScaleFreeBatchNorm`), shape (k, k)."""
    z = _finite(codes, _names(codes))
    centred = z - z.mean(0)
    return _square(centred.T @ centred / len(z))


def correlation_table(codes: Codes) -> pd.DataFrame:
    """Pearson correlation matrix of the components, shape (k, k)."""
    z = _finite(codes, _names(codes))
    return _square(_pearson(z, z))


def max_correlation(codes: Codes) -> float:
    """Largest |Pearson correlation| between two different components.

    Raises:
        ValueError: if there is one component only.
    """
    _need("a correlation between components", codes.shape[1])
    table = correlation_table(codes).abs().to_numpy()
    return float(table[np.triu_indices_from(table, 1)].max())


def distance_correlations(codes: Codes) -> pd.DataFrame:
    """Distance correlations of the components, in [0, 1], shape (k, k); 0 for independent components only.

    The plain (biased) statistic, which is about 1.5/√n rather than 0 for n rows of independent normal numbers.

    Source: G. Székely, M. Rizzo and N. Bakirov, "Measuring and testing dependence by correlation of distances", 2007.
    """
    z = _unit(_finite(codes, _names(codes)))  # so that a constant is 0, and not noise of rounding
    variances = [_distance_covariance(column, column) for column in z.T]
    table = np.eye(z.shape[1])
    for i, j in zip(*np.triu_indices_from(table, 1), strict=True):
        scale = np.sqrt(variances[i] * variances[j])
        share = _distance_covariance(z[:, i], z[:, j]) / scale if scale > 0 else 0.0
        table[i, j] = table[j, i] = np.sqrt(np.clip(share, 0, 1))
    return _square(table)


def _distance_covariance(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Squared distance covariance of n pairs, the biased one, by O(n log n) operations in whole arrays.

    Source: X. Huo and G. Székely, "Fast computing for distance covariance", 2016.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order] - x.mean(), y[order] - y.mean()
    count, of_x, of_y, of_xy = _sums_below(y, np.stack([np.ones_like(x), x, y, x * y]))
    rising = (x * y * count - x * of_y - y * of_x + of_xy).sum()  # Σ (xⱼ − xᵢ)(yⱼ − yᵢ) over i < j with yᵢ < yⱼ
    both = 2 * (2 * rising - (len(x) * (x @ y) - x.sum() * y.sum()))  # Σ |xᵢ − xⱼ| |yᵢ − yⱼ| over all i, j
    a, b = _distances_to_all(x), _distances_to_all(y)
    return float(both / len(x) ** 2 - 2 * (a @ b) / len(x) ** 3 + a.sum() * b.sum() / len(x) ** 4)


def _sums_below(y: Float[np.ndarray, " n"], weights: Float[np.ndarray, "w n"]) -> Float[np.ndarray, "w n"]:
    """Sums of `weights` over all earlier places with a smaller y, for every place; among equals any order counts."""
    rank = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    sums = np.zeros_like(weights)
    for bit in range(len(y).bit_length()):  # two ranks first differ in one bit, where the smaller has 0
        order = np.argsort(rank >> (bit + 1), kind="stable")
        group, upper = rank[order] >> (bit + 1), (rank[order] >> bit & 1).astype(bool)
        before = np.cumsum(np.where(upper, 0, weights[:, order]), axis=1)
        start = np.searchsorted(group, group)
        own = before - np.pad(before, ((0, 0), (1, 0)))[:, start]
        sums[:, order[upper]] += own[:, upper]
    return sums


def _distances_to_all(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Σⱼ |xᵢ − xⱼ| for every i."""
    order = np.argsort(x, kind="stable")
    line, sums = x[order], np.empty_like(x)
    sums[order] = (2 * np.arange(len(x)) - len(x) + 2) * line - 2 * np.cumsum(line) + line.sum()
    return sums


def association(codes: Codes, factors: Factors, how: Literal["pearson", "spearman"] = "pearson") -> pd.DataFrame:
    """|Correlation| of every component with every factor.

    Args:
        codes: shape (n, k).
        factors: values by name, each of shape (n,).
        how: Pearson's correlation, or that of the ranks.

    Returns:
        Values in [0, 1]; rows z1 … zk, columns the factors' names.

    Raises:
        ValueError: naming the column that holds a value that is not finite.
    """
    z, v = _columns(codes, factors)
    if how == "spearman":
        z, v = scipy.stats.rankdata(z, axis=0), scipy.stats.rankdata(v, axis=0)
    return pd.DataFrame(np.abs(_pearson(z, v)), index=_names(codes), columns=list(factors))


def matching(table: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """One-to-one assignment of factors to components with the largest sum of scores (Hungarian algorithm).

    Args:
        table: scores; rows are components, columns are factors, as `association` gives them.

    Returns:
        Component and score by factor, in the order of the columns. With fewer components than factors, some factors
        are left out.
    """
    rows, columns = scipy.optimize.linear_sum_assignment(table.to_numpy(), maximize=True)
    pairs = sorted(zip(columns, rows, strict=True))
    return {str(table.columns[j]): (str(table.index[i]), float(table.iat[i, j])) for j, i in pairs}


def leakage(table: pd.DataFrame, factor: str, component: str) -> float:
    """Largest score of `factor` with a component other than `component`, the one matched to it.

    Args:
        table: scores; rows are components, columns are factors, as `association` gives them.
        factor: name of a column.
        component: name of a row.

    Raises:
        ValueError: if there is one component only.
        KeyError: if the table has no such factor or component.
    """
    _need("leakage", len(table))
    return float(table[factor].drop(component).max())


def best_rotation(codes: Pairs, factors: Pairs) -> tuple[float, Pairs]:
    """The common rotation of two components that brings them closest to two factors.

    Maximises the mean |Pearson correlation| after the better of the two assignments, by a grid and a bounded search
    around its best point. A quarter turn only swaps the components and turns a sign, so no more need be searched.

    Args:
        codes: shape (n, 2).
        factors: shape (n, 2).

    Returns:
        The angle, counter-clockwise, in radians, in [0, π/2), and the rotated codes, shape (n, 2).
    """
    z, v = _finite(codes, _names(codes)), _finite(factors, ["factor 1", "factor 2"])

    def loss(angle: float) -> float:
        table = np.abs(_pearson(_rotate(z, angle), v))
        return -max(table[0, 0] + table[1, 1], table[0, 1] + table[1, 0]) / 2

    grid, step = np.linspace(0, QUARTER, 90, endpoint=False, retstep=True)
    coarse = min(grid, key=loss)
    bounds = (coarse - step, coarse + step)
    fine = scipy.optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9}).x
    angle = float(min(coarse, fine, key=loss)) % QUARTER % QUARTER  # twice: -1e-20 % QUARTER is QUARTER itself
    return angle, _rotate(z, angle)


def mutual_information_gap(codes: Codes, factors: Factors, bins: int = 20) -> float:
    """MIG: mean over factors of (I(factor; best component) − I(factor; second best)) / H(factor), in [0, 1].

    Components and factors are cut into `bins` bins of equal counts; equal values share a bin. The estimate of each I
    is too high by up to (bins − 1)²/2n nats where there is little information, so n should be well above bins².

    Raises:
        ValueError: if there is one component only, or a value is not finite.

    Source: R. Chen et al., "Isolating sources of disentanglement in variational autoencoders", 2018, section 4.
    """
    from sklearn.metrics import mutual_info_score  # takes seconds

    _need("MIG", codes.shape[1])
    z, v = (_equal_counts(columns, bins) for columns in _columns(codes, factors))
    information = np.array([[mutual_info_score(factor, component) for factor in v.T] for component in z.T])
    entropy = np.array([mutual_info_score(factor, factor) for factor in v.T])
    return float(_ratio(_gap(information), entropy).mean())


def sap(codes: Codes, factors: Factors) -> float:
    """SAP: mean over factors of the gap between the best two R², each of a line fitted from one component, in [0, 1].

    The R² of a line with one variable is the squared Pearson correlation; no rows are held out.

    Raises:
        ValueError: if there is one component only, or a value is not finite.

    Source: A. Kumar et al., "Variational inference of disentangled latent concepts from unlabeled observations", 2018.
    """
    _need("SAP", codes.shape[1])
    return float(_gap(association(codes, factors).to_numpy() ** 2).mean())


@dataclass(frozen=True)
class DCI:
    """Scores of Eastwood and Williams.

    Attributes:
        disentanglement: 1 if every component tells of one factor only, 0 if of all alike.
        completeness: 1 if every factor is told by one component only, 0 if by all alike.
        informativeness: R² of the factors predicted from all components, mean over factors, on rows not fitted.
    """

    disentanglement: float
    completeness: float
    informativeness: float


def dci(codes: Codes, factors: Factors) -> DCI:
    """Disentanglement, completeness and informativeness, from the importances of one random forest per factor.

    The forests are scikit-learn's, 50 trees of depth 8 at most, fitted to the first half of the rows (the first 4096
    are used, which is plenty); importance is the decrease of variance, summing to 1 over the components. The second
    half gives the informativeness, an R² here where the paper has an error. Rows must come in random order.

    Raises:
        ValueError: if there are fewer than two components or two factors, or a value is not finite.

    Source: C. Eastwood and C. Williams, "A framework for the quantitative evaluation of disentangled representations",
    2018, section 2.
    """
    from sklearn.ensemble import RandomForestRegressor  # takes seconds

    _need("DCI", codes.shape[1])
    _need("DCI", len(factors), "factors")
    z, v = (columns[:DCI_ROWS] for columns in _columns(codes, factors))
    half = len(z) // 2
    forests = [
        RandomForestRegressor(n_estimators=50, max_depth=8, random_state=0, n_jobs=1).fit(z[:half], factor[:half])
        for factor in v.T
    ]
    importance = np.stack([forest.feature_importances_ for forest in forests], axis=1)
    predicted = np.stack([forest.predict(z[half:]) for forest in forests], axis=1)
    weights = _ratio(importance.sum(1), importance.sum())
    return DCI(
        disentanglement=float(weights @ _concentration(importance.T)),
        completeness=float(_concentration(importance).mean()),
        informativeness=float(r2(predicted, v[half:]).mean()),
    )


def size_horizontal_vertical(images: Float[np.ndarray, "n size size"]) -> dict[str, Float[np.ndarray, " n"]]:
    """The authors' three properties of an image.

    S is the sum of all pixels, H = |sum of the middle row / sum of the middle column|, V = |trace / anti-trace|; the
    middle is at index size/2 − 1, or the true one if size is odd. H or V is 0 where its denominator is 0, as in an
    empty image.

    Source: slide 39; row 31 of 64 is the authors'.
    """
    x = images.astype(np.float64)
    middle = (x.shape[1] - 1) // 2
    trace, anti_trace = (np.trace(each, axis1=1, axis2=2) for each in (x, x[:, :, ::-1]))
    return {
        "S": x.sum((1, 2)),
        "H": np.abs(_ratio(x[:, middle].sum(1), x[:, :, middle].sum(1))),
        "V": np.abs(_ratio(trace, anti_trace)),
    }


def moments(images: Float[np.ndarray, "n channels h w"]) -> dict[str, Float[np.ndarray, " n"]]:
    """What can be said of any image, taking light as mass: attributes of image sets whose factors are not known.

    Its mean (lightness), its centre (right, down), its deviation from there (width, height), how far it leans to the
    left per row further down (slant), and how much narrower it becomes (taper: minus the covariance of y with
    (x − right)², over height width²); lengths in units of half the image. All but the first are 0 for a black image.
    """
    light = images.mean(1, dtype=np.float64)
    y, x = (np.linspace(-1, 1, side) for side in light.shape[1:])
    weights = _ratio(light, light.sum((1, 2))[:, None, None])
    right, down = np.einsum("nyx,x->n", weights, x), np.einsum("nyx,y->n", weights, y)
    from_x, from_y = x - right[:, None], y - down[:, None]
    width, height = (
        np.sqrt(np.einsum("nyx,nx->n", weights, from_x**2)),
        np.sqrt(np.einsum("nyx,ny->n", weights, from_y**2)),
    )
    return {
        "lightness": light.mean((1, 2)),
        "right": right,
        "down": down,
        "width": width,
        "height": height,
        "slant": -_ratio(np.einsum("nyx,ny,nx->n", weights, from_y, from_x), height**2),
        "taper": -_ratio(np.einsum("nyx,ny,nx->n", weights, from_y, from_x**2), height * width**2),
    }


def linear_r2(inputs: Float[np.ndarray, "n j"], targets: Float[np.ndarray, "n t"]) -> float:
    """R² of the affine map of `inputs` that fits `targets` best, mean over targets; no rows are held out."""
    x = _finite(inputs, [f"input {i + 1}" for i in range(inputs.shape[1])])
    y = _finite(targets, [f"target {i + 1}" for i in range(targets.shape[1])])
    x, centred = x - x.mean(0), y - y.mean(0)
    return float(r2(y.mean(0) + x @ np.linalg.lstsq(x, centred, rcond=None)[0], y).mean())


def r2(fitted: Float[np.ndarray, "n t"], observed: Float[np.ndarray, "n t"]) -> Float[np.ndarray, " t"]:
    """R² of each column, 0 for one that does not vary."""
    residual, total = np.square(observed - fitted).sum(0), np.square(observed - observed.mean(0)).sum(0)
    return np.where(np.ptp(observed, axis=0) == 0, 0, 1 - _ratio(residual, total))


def _names(codes: Codes) -> list[str]:
    return [f"z{i + 1}" for i in range(codes.shape[1])]


def _square(table: Float[np.ndarray, "k k"]) -> pd.DataFrame:
    return pd.DataFrame(table, index=_names(table), columns=_names(table))


def _need(what: str, count: int, of: str = "components") -> None:
    if count < 2:
        raise ValueError(f"{what} needs at least two {of}, not {count}")


def _finite(columns: Codes, names: list[str]) -> Codes:
    """`columns` in float64; raises ValueError naming the first one that holds a NaN or an infinity."""
    bad = np.flatnonzero(~np.isfinite(columns).all(0))
    if len(bad):
        raise ValueError(f"{names[bad[0]]} holds a value that is not finite")
    return columns.astype(np.float64)


def _columns(codes: Codes, factors: Factors) -> tuple[Codes, Float[np.ndarray, "n f"]]:
    """Codes and factors as finite columns of float64."""
    wrong = [name for name, values in factors.items() if len(values) != len(codes)]
    if wrong or not factors:
        raise ValueError(f"factor {wrong[0]} has not one value a row" if wrong else "no factors are given")
    return _finite(codes, _names(codes)), _finite(np.column_stack(list(factors.values())), list(factors))


def _pearson(x: Codes, y: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "k f"]:
    """Correlation of every column with every other; summed pair by pair, so that equal columns give equal values."""
    products = [[(left * right).sum() for right in _unit(y).T] for left in _unit(x).T]
    return np.clip(np.array(products), -1, 1)


def _unit(x: Codes) -> Codes:
    """Columns of mean 0 and norm 1; 0 for a constant one, whose rounded mean would leave noise."""
    centred = np.where(np.ptp(x, axis=0) == 0, 0, x - x.mean(0))
    scaled = _ratio(centred, np.abs(centred).max(0))  # squares of tiny numbers would vanish
    return _ratio(scaled, np.linalg.norm(scaled, axis=0))


def _ratio(x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*part"] | np.floating) -> Float[np.ndarray, "*shape"]:
    """Quotients x / y, and 0 where y is 0."""
    return np.divide(x, y, out=np.zeros_like(x), where=y != 0)


def _rotate(z: Pairs, angle: float) -> Pairs:
    c, s = np.cos(angle), np.sin(angle)
    return z @ np.array([[c, s], [-s, c]])


def _equal_counts(columns: Codes, bins: int) -> Int[np.ndarray, "n k"]:
    """Number of the bin of each value, by column."""
    return (scipy.stats.rankdata(columns, method="min", axis=0).astype(np.int64) - 1) * bins // len(columns)


def _gap(table: Float[np.ndarray, "k f"]) -> Float[np.ndarray, " f"]:
    """Largest minus second largest entry of each column."""
    ordered = np.sort(table, axis=0)
    return ordered[-1] - ordered[-2]


def _concentration(importance: Float[np.ndarray, "k f"]) -> Float[np.ndarray, " f"]:
    """1 − the entropy of each column over the largest possible one: 1 for a single entry, 0 for equal ones, or none."""
    shares = importance + 1e-11  # as in disentanglement_lib
    return 1 - scipy.special.entr(shares / shares.sum(0)).sum(0) / np.log(len(shares))
