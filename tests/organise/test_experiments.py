"""Tables and names made of measured numbers."""

import numpy as np
import pandas as pd
import torch

from latentspace.core.params import Training
from latentspace.organise import figures, measures
from latentspace.organise.dataset import ImageSet, to_batch
from latentspace.organise.experiments import (
    Coded,
    attributes,
    beside_linear,
    by_components,
    comparison,
    ellipse_factors,
    order,
    packet_numbers,
    set_numbers,
    sweep_table,
    swept,
)
from latentspace.organise.params import Network, Train, Variant
from latentspace.organise.pca_autoencoder import LatentModel

METRICS = {
    "a.mse_k1/seed_0": 2.0,
    "a.mse_k1/seed_1": 4.0,
    "a.mse_k2/seed_0": 1.0,
    "a.mse_k2/seed_1": 1.0,
    "b.mse_k1/seed_0": 5.0,
}


class Means(LatentModel):
    """Codes are the first numbers of a 2×2 image, outputs those numbers in place and zeros elsewhere."""

    components = 3

    def encode(self, x):
        return x.flatten(1)[:, :3]

    def decode(self, z):
        return torch.nn.functional.pad(z, (0, 4 - z.shape[1])).view(-1, 1, 2, 2)


def test_errors_fall_with_every_component_that_is_decoded():
    images = torch.ones(8, 1, 2, 2)
    assert order(Coded(Means(), np.ones((8, 3)), images)) == {
        "mse_k1": 0.75,
        "mse_k2": 0.5,
        "mse_k3": 0.25,
        "ordered": 1.0,
    }


def test_tables_of_seeds():
    found = by_components(METRICS)
    assert found["a"][1].tolist() == [2.0, 4.0] and found["b"][1].tolist() == [5.0]
    assert set(by_components(METRICS, ["b"])) == {"b"}
    table = comparison(METRICS).set_index("variant")
    assert table.loc["a", "mse_k1"] == 3.0 and list(table.index) == ["a", "b"]
    swept = sweep_table({"x.q/seed_0": 1.0, "y.q/seed_0": 2.0, "x.q/seed_1": 3.0}, {"x": 10.0, "y": 0.1})
    assert swept[["weight", "seed", "q"]].to_numpy().tolist() == [[0.1, 0, 2], [10, 0, 1], [10, 1, 3]]


def ellipse_set(n=600, seed=0):
    rng = np.random.default_rng(seed)
    factors = {name: rng.normal(size=n) for name in ("area", "log_ratio_cos", "log_ratio_sin")}
    black = np.zeros((n, 1, 4, 4), dtype=np.uint8)
    return ImageSet(black, black, {}, factors), np.column_stack(list(factors.values()))


def test_perfect_codes_score_one_and_a_turned_pair_only_after_its_rotation():
    data, codes = ellipse_set()
    scores = ellipse_factors(codes[:, [1, 0, 2]], data)
    assert min(scores[k] for k in ("area_pearson", "factor_match", "factor_match_rotated", "sap")) > 0.99
    assert scores["area_leakage"] < 0.15
    turned = codes.copy()
    turned[:, 1:] = codes[:, 1:] @ np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    scores = ellipse_factors(turned, data)
    assert abs(scores["factor_match"] - 0.707) < 0.05 and scores["factor_match_rotated"] > 0.99
    assert scores["dci_disentanglement_rotated"] > scores["dci_disentanglement"] + 0.3


def test_packets_are_scored_by_what_a_linear_map_reads():
    rng = np.random.default_rng(0)
    x, y, radius = rng.normal(size=(3, 50))
    black = np.zeros((50, 1, 2, 2), dtype=np.uint8)
    data = ImageSet(black, black, {}, {"x": x, "y": y, "radius": radius})
    codes = np.column_stack([x + y, x - y, radius])
    by_seed = {0: Coded(Means(), codes, torch.ones(50, 1, 2, 2))}
    metrics = packet_numbers({"packets_2_1": by_seed, "packets_1_2": by_seed}, data)
    assert abs(metrics["packets.translation_r2/seed_0"] - 1) < 1e-9
    assert abs(metrics["packets_1_2.radius_r2/seed_0"] - 1) < 1e-9


def test_an_image_set_stands_beside_its_principal_components():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 4)) * 20 + 128
    images = plane.clip(0, 255).astype(np.uint8).reshape(300, 1, 2, 2)
    data = ImageSet(images[:200], images[200:], {}, {})
    batch = torch.from_numpy(to_batch(data.test))
    all_ = beside_linear({3: Coded(Means(), rng.normal(size=(100, 3)), batch)}, data)
    metrics = set_numbers(all_)
    assert {key.partition(".")[0] for key in metrics} == {"pca_ae", "linear_pca"}
    assert metrics["linear_pca.mse_k2/seed_3"] < 1e-4 < metrics["linear_pca.mse_k1/seed_3"]
    assert metrics["linear_pca.max_correlation/seed_3"] < 0.3
    assert set(attributes(data)) == set(measures.moments(to_batch(data.test)))
    known = ImageSet(data.train, data.test, {}, {"angle": np.arange(100.0)})
    assert list(attributes(known)) == ["angle"]


def test_axes_are_named_by_the_factor_they_follow():
    table = pd.DataFrame({"area": [0.9, 0.1], "log_ratio_cos": [0.2, 0.3]}, index=["z1", "z2"])
    assert figures.axis_names(table) == ["z1: area (0.90)", "z2: mixed (0.30)"]


def test_traversals_start_from_the_mean_code_and_move_one_component():
    grid = figures.traversals(Means(), 5)
    assert grid.shape == (3, 5, 2, 2)
    assert np.allclose(grid[1].reshape(5, 4), np.linspace(-2, 2, 5)[:, None] * np.eye(4)[1])
    frames = figures.traversal_frames({"model": figures.traversals(Means(), 4)}, {"model": ["a", "b", "c"]})
    assert len(frames) == 6 and len({frame.shape for frame in frames}) == 1 and frames[0].dtype == np.uint8


def test_the_sweep_takes_what_differs_from_the_pca_autoencoder_by_lambda_alone():
    variants = {
        "pca_ae": Variant(code_noise=0.3),
        "no_cov": Variant(code_noise=0.3, weight=0.0),
        "lambda_10": Variant(code_noise=0.3, weight=10.0, seeds=2),
        "noiseless": Variant(),
        "longer": Variant(code_noise=0.3, weight=2.0, steps=9),
        "not_run": Variant(code_noise=0.3, weight=3.0),
    }
    training = Training(steps=1, batch_size=4, learning_rate=0.1, warmup=0.1, betas=[0.9, 0.99], checkpoint_every=1)
    network = Network(encoder_widths=[4], decoder_widths=[4])
    section = Train(names=list(variants)[:5], variants=variants, network=network, training=training)
    assert swept(section) == ["pca_ae", "no_cov", "lambda_10"]
