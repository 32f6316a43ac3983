"""The experiments of the organise chapter: what each evaluation stage computes from trained models and test images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.core.models import load_seeds
from latentspace.core.stage import Stage
from latentspace.organise import dataset, measures
from latentspace.organise.baselines import LinearPCA
from latentspace.organise.dataset import ImageSet
from latentspace.organise.params import Train
from latentspace.organise.pca_autoencoder import LatentModel, in_chunks

PAIR = ("log_ratio_cos", "log_ratio_sin")  # isotropic: only the pixel grid fixes their axes


@dataclass(frozen=True)
class Coded:
    """A trained model with the codes of the test set, shape (n, components), and the images it is tested on."""

    model: LatentModel
    codes: Float[np.ndarray, "n components"]
    images: Float[Tensor, "n channels h w"]

    @torch.no_grad()
    def mse(self, components: int) -> float:
        """Mean squared error per pixel of the reconstruction from the first `components`."""
        z = torch.from_numpy(self.codes[:, :components]).to(self.images.dtype)
        return float((in_chunks(self.model.decode, z) - self.images).square().mean())


BySeed = dict[int, Coded]


def code(run: Stage, folder: str, variants: Iterable[str], data: ImageSet) -> dict[str, BySeed]:
    """Codes of the test set by variant and seed, of the models under `folder` that there are."""
    images = torch.from_numpy(dataset.to_batch(data.test))
    coded: dict[str, BySeed] = {}
    for name in variants:
        path = run.input(f"{folder}/{name}")
        seeds = [seed for seed in run.seeds if (path / f"seed_{seed}.safetensors").exists()] or run.seeds[:1]
        coded[name] = {}
        for seed, model in load_seeds(path, seeds, LatentModel).items():
            with torch.no_grad():
                codes = in_chunks(model.encode, images).double().numpy()
            coded[name][seed] = Coded(model, codes, images)
    return coded


def order(coded: Coded) -> dict[str, float]:
    """Reconstruction error per pixel from the first k components: the ordering that the PCA autoencoder is about."""
    errors = [coded.mse(k) for k in range(1, coded.model.components + 1)]
    named = {f"mse_k{k}": error for k, error in enumerate(errors, start=1)}
    return named | {"ordered": float(errors == sorted(errors, reverse=True))}


def dependence(codes: Float[np.ndarray, "n k"]) -> dict[str, float]:
    """Largest |Pearson| and largest distance correlation between two components."""
    distances = measures.distance_correlations(codes).to_numpy()
    return {
        "max_correlation": measures.max_correlation(codes),
        "max_distance_correlation": float((distances - np.eye(len(distances))).max()),
    }


def ellipse_factors(codes: Float[np.ndarray, "n k"], data: ImageSet) -> dict[str, float]:
    """How the components stand to the factors of an ellipse, each after its optimal match (Hungarian).

    The two log-ratio factors are an isotropic pair, so their scores are also given after the best common rotation of
    the two components that area leaves over (`_rotated`).
    """
    factors = data.test_factors
    table = measures.association(codes, factors)
    match = measures.matching(table)
    area = match["area"][0]
    scores = {
        "area_pearson": match["area"][1],
        "area_spearman": float(measures.association(codes, factors, "spearman").loc[area, "area"]),
        "area_leakage": measures.leakage(table, "area", area),
        "factor_match": float(np.mean([match[name][1] for name in PAIR])),
    }
    others = [i for i in range(codes.shape[1]) if f"z{i + 1}" != area][:2]
    pair = np.column_stack([factors[name] for name in PAIR])
    _, turned = measures.best_rotation(codes[:, others], pair)
    rotated = codes.copy()
    rotated[:, others] = turned
    pairs = measures.association(turned, {name: factors[name] for name in PAIR})
    scores["factor_match_rotated"] = float(np.mean([score for _, score in measures.matching(pairs).values()]))
    return scores | disentanglement(codes, factors) | _suffixed(disentanglement(rotated, factors), "_rotated")


def disentanglement(codes: Float[np.ndarray, "n k"], factors: dataset.Factors) -> dict[str, float]:
    """MIG, SAP and DCI; binning and regressors are those of `measures`."""
    dci = measures.dci(codes, factors)
    return {
        "mig": measures.mutual_information_gap(codes, factors),
        "sap": measures.sap(codes, factors),
        "dci_disentanglement": dci.disentanglement,
        "dci_completeness": dci.completeness,
        "dci_informativeness": dci.informativeness,
    }


def public_attributes(codes: Float[np.ndarray, "n k"], attributes: dataset.Factors) -> dict[str, float]:
    """|Pearson| with the authors' attributes S, H and V, after optimal matching."""
    return {name: score for name, (_, score) in measures.matching(measures.association(codes, attributes)).items()}


def ellipse_numbers(all_: Mapping[str, BySeed], data: ImageSet) -> dict[str, float]:
    """Every measure of every variant and seed on ellipses."""
    metrics: dict[str, float] = {}
    public = measures.size_horizontal_vertical(dataset.to_batch(data.test)[:, 0])
    for name, by_seed in all_.items():
        for seed, coded in by_seed.items():
            values = order(coded) | dependence(coded.codes) | ellipse_factors(coded.codes, data)
            values |= public_attributes(coded.codes, public)
            metrics |= {f"{name}.{key}/seed_{seed}": value for key, value in values.items()}
    return metrics


def sweep_numbers(all_: Mapping[str, BySeed], data: ImageSet) -> dict[str, float]:
    """Of every variant and seed: error by components, dependence, leakage of the area."""
    metrics: dict[str, float] = {}
    for name, by_seed in all_.items():
        for seed, coded in by_seed.items():
            table = measures.association(coded.codes, data.test_factors)
            area = measures.matching(table)["area"][0]
            values = order(coded) | {
                "max_correlation": measures.max_correlation(coded.codes),
                "area_leakage": measures.leakage(table, "area", area),
            }
            metrics |= {f"{name}.{key}/seed_{seed}": value for key, value in values.items()}
    return metrics


def comparison(metrics: Mapping[str, float]) -> pd.DataFrame:
    """Means over seeds: one row per variant, one column per measure."""
    rows = [
        {"variant": name.split(".")[0], "measure": name.split(".")[1].split("/")[0], "value": value}
        for name, value in metrics.items()
    ]
    table = pd.DataFrame(rows).pivot_table(index="variant", columns="measure", values="value", sort=False)
    return table.reset_index()


def by_components(
    metrics: Mapping[str, float], names: Iterable[str] | None = None
) -> dict[str, dict[int, Float[np.ndarray, " seeds"]]]:
    """Test errors by variant and number of components, over the seeds."""
    found: dict[str, dict[int, list[float]]] = {}
    for key, value in metrics.items():
        name, measure = key.split("/")[0].rsplit(".", 1)
        if measure.startswith("mse_k") and (names is None or name in names):
            found.setdefault(name, {}).setdefault(int(measure.removeprefix("mse_k")), []).append(value)
    return {name: {k: np.array(values) for k, values in by_k.items()} for name, by_k in found.items()}


def swept(section: Train) -> list[str]:
    """The variants that are `pca_ae` but for λ (and the number of seeds)."""
    base = section.variants["pca_ae"]

    def alike(name: str) -> bool:
        other = section.variants[name]
        return other.model_copy(update={"weight": base.weight, "seeds": base.seeds}) == base

    return [name for name in section.names if alike(name)]


def sweep_table(metrics: Mapping[str, float], weights: Mapping[str, float]) -> pd.DataFrame:
    """One row per run of a sweep: its weight, seed, and every measure."""
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for key, value in metrics.items():
        name, rest = key.split(".", 1)
        measure, seed = rest.split("/seed_")
        rows.setdefault((name, seed), {"weight": weights[name], "seed": float(seed)})[measure] = value
    return pd.DataFrame(rows.values()).sort_values(["weight", "seed"], ignore_index=True)


def packet_numbers(all_: Mapping[str, BySeed], data: ImageSet) -> dict[str, float]:
    """Translated disks: R² of linear maps from the first packet, and from all components, to position and radius."""
    position = np.column_stack([data.test_factors["x"], data.test_factors["y"]])
    radius = data.test_factors["radius"][:, None]
    metrics: dict[str, float] = {}
    for name, by_seed in all_.items():
        for seed, coded in by_seed.items():
            first = coded.codes[:, :2]
            values = {
                "translation_r2": measures.linear_r2(first, position),
                "radius_r2": measures.linear_r2(coded.codes[:, -1:], radius),
                "translation_r2_all": measures.linear_r2(coded.codes, position),
            } | order(coded)
            title = "packets" if name == "packets_2_1" else name
            metrics |= {f"{title}.{key}/seed_{seed}": value for key, value in values.items()}
    return metrics


def dial_numbers(all_: Mapping[str, BySeed]) -> dict[str, float]:
    """A circular factor: error, correlation and distance correlation of the two components."""
    return {f"circular.{key}": value for key, value in set_numbers(all_).items()}


def beside_linear(by_seed: BySeed, data: ImageSet) -> dict[str, BySeed]:
    """The PCA autoencoder of an image set, and linear PCA of its pixels with as many components."""
    ours = next(iter(by_seed.values()))
    linear = LinearPCA(list(ours.images.shape[1:]), ours.model.components)
    linear.fit(torch.from_numpy(dataset.to_batch(data.train)))
    codes = in_chunks(linear.encode, ours.images).double().numpy()
    return {"pca_ae": by_seed, "linear_pca": {min(by_seed): Coded(linear.eval(), codes, ours.images)}}


def set_numbers(all_: Mapping[str, BySeed]) -> dict[str, float]:
    """Of any image set: error by components, and how the components depend on one another."""
    return {
        f"{name}.{key}/seed_{seed}": value
        for name, by_seed in all_.items()
        for seed, coded in by_seed.items()
        for key, value in (order(coded) | dependence(coded.codes)).items()
    }


def attributes(data: ImageSet) -> dataset.Factors:
    """The factors of the test images; their moments, where factors are not known."""
    return data.test_factors or measures.moments(dataset.to_batch(data.test))


def _suffixed(values: Mapping[str, float], suffix: str) -> dict[str, float]:
    return {f"{name}{suffix}": value for name, value in values.items()}
