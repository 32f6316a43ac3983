"""The sweep over σ: records and the picture."""

from latentspace.gan import sweep
from latentspace.gan.trials import trials


def test_every_sigma_has_its_metrics_and_a_place_in_the_picture(organised, sizes, tmp_path):
    found = sweep.experiment(trials({"pca_ae": organised}, sizes, None, sweep.BASELINES))
    keys = {row.key for row in found.rows}
    assert {
        "sweep.sigma_0_1.pca_ae.explained_k1/sigma_0.1_anchor_1_seed_0",
        "sweep.sigma_0_4.jacobian.explained_k8/sigma_0.4_anchor_1",
        "sweep.sigma_0_4.pca_ae.explained_margin/sigma_0.4_anchor_1_seed_0",
    } <= keys
    assert set(found.tables["sweep"]["sigma"]) == {0.1, 0.4}
    assert found.summary.startswith("σ 0.1: ") and ", σ 0.4: " in found.summary
    found.pictures["sigma.png"].save(tmp_path / "sigma.png")
