"""Images seen by the training behind a claim, counted by hand from small parameters."""

import pytest

from latentspace.pipeline import bases
from latentspace.report.budgets import images_seen, of_claims
from latentspace.report.claim import Claim
from latentspace.report.claims import CLAIMS

TRAINING = {"steps": 100, "batch_size": 10}
PARAMS = {
    "size_train": {
        "training": TRAINING,
        "variants": {"bias": {"steps": 7, "batch_size": 3}, "hole_none": {}, "edges": {"batch_size": 2}},
    },
    "size_train_silhouette": {"training": {"steps": 4, "batch_size": 5}, "variants": {"bias_free": {"bias": False}}},
    "position_encoder": {"lbfgs": {"evaluations": 3}, "adam": {"levels": 5, "steps": 2}},
    "position_ablation": {"train_positions": 8, "lbfgs": {"evaluations": 3}, "training": {"steps": 2, "batch_size": 4}},
    "position_train_decoder": {"training": TRAINING, "coordconv_batch_size": 2, "coordconv_batch_size_2d": 3},
    "position_train_autoencoder": {"training": TRAINING},
    "organise_train": {
        "training": TRAINING,
        "variants": {
            "pca_ae": {"method": "afterwards", "plain_steps": 50},
            "grown": {"steps": 4, "batch_size": 2},
            "packets_2_1": {"packet_sizes": [2, 1], "shares": [3, 1], "restarts": 2},
            "nested_dropout": {"method": "nested_dropout", "packet_sizes": [3]},
            "linear_pca": {"method": "linear_pca"},
        },
    },
    "gan_train": {
        "training": TRAINING,
        "variants": {"avatars": {}, "faces": {"packet_sizes": [1, 1]}, "no_cov": {"steps": 1}},
    },
    "gan_direct": {"training": TRAINING, "packet_sizes": [1, 1, 1]},
    "gan_regressor": {"training": TRAINING},
}


def seen(name, **more):
    return images_seen(Claim(id=name, stage="", formula="", slide="", **more), PARAMS)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("size.bias.test_mse", 21),
        ("size.hole.none.radius_error_px", 1000),
        ("size.edges.area_r2", 200),
        ("size.theory.explained_share", 0),
        ("size.gone.test_mse", 0),
        ("position.trained.rmse_px_L6", 3 * 64),
        ("position.trained_2d.tap_error_L3", 3 * 64),
        ("position.stall.adam_random.rmse_px_L5", 2 * 32),
        ("position.stall.lbfgs_random.rmse_px_L5", 3 * 32),
        ("position.max_pool.rmse_px", 3 * 8 + 2 * 4),
        ("position.decoder.continuous.relative_l2", 1000),
        ("position.decoder.coordconv.relative_l2", 200),
        ("position.decoder.image_coordconv.relative_l2", 300),
        ("position.autoencoder.line.spearman", 1000),
        ("position.theory.max_error", 0),
        ("organise.pca_ae.mse_k3", (50 + 3 * 100) * 10),
        ("organise.plain.mse_k3", 50 * 10),
        ("organise.grown.mse_k3", 3 * 4 * 2),
        ("organise.packets_2_1.translation_r2", (150 + 50 + 2 * (22 + 8)) * 10),
        ("organise.nested_dropout.mig", 1000),
        ("organise.linear_pca.mig", 0),
        ("gan.pca_ae.explained_k1", 5000),
        ("gan.no_cov.explained_k1", 50),
        ("gan.faces.pca_ae.explained_k1", 2000),
        ("gan.faces.ganspace.explained_k1", 0),
        ("gan.ganspace.explained_k1", 0),
        ("gan.direct.sharpness_ratio", 3000),
        ("gan.regressor.min_r2", 1000),
    ],
)
def test_images_are_steps_times_images_per_step(name, count):
    assert seen(name) == count


def test_a_claim_may_name_its_trainings():
    assert seen("size.digits.mse_ratio", trained=("size_train_silhouette@bias_free",)) == 20
    assert seen("size.x", trained=("size_train@bias", "size_train@hole_none")) == 1021
    assert seen("size.bias.test_mse", trained=()) == 0


def test_rivals_of_one_claim_have_the_budgets_that_the_table_shows(root):
    """What docs/claims.md calls equal is equal in params.yaml, and what trains has a budget."""
    params = bases.read(root / "params.yaml")
    found = of_claims(CLAIMS, params)
    assert len({found[f"size.{name}.test_mse"] for name in ("bias", "code_2", "code_4")}) == 1
    rivals = ("plain", "nested_dropout", "beta_vae", "beta_tcvae", "least_volume")
    assert len({found[f"organise.{name}.mse_k3"] for name in rivals}) == 1
    free = {"theory", "optimum", "linear_pca", "noise", "ganspace", "ganspace_ica", "jacobian", "sefa", "raw"}
    free |= {"latent_pca", "image_pca", "zoo"}
    for claim in CLAIMS:
        trains = not free & set(claim.id.split(".")) and claim.trained != ()
        assert claim.id in found or not trains, claim.id
