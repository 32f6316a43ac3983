"""Claims on neighbourhoods of generators that the talk does not have."""

from latentspace.report.gan import CLAIMS, own

PLACE = "sigma_0.7_anchor_1"


def test_every_measure_of_another_group_has_a_claim_without_target():
    keys = [
        f"mine.sefa.explained_k2/{PLACE}",
        f"mine.pca_ae.explained_k10/{PLACE}_seed_0",
        f"mine.pca_ae.explained_k2/{PLACE}_seed_0",
        f"mine.pca_ae.explained_k2/{PLACE}_seed_1",
        "mine.pca_ae.purity_margin",
        f"faces.sefa.explained_k2/{PLACE}",
        f"sefa.explained_k2/{PLACE}",
    ]
    ids = ["pca_ae.explained_k2", "pca_ae.explained_k10", "pca_ae.purity_margin", "sefa.explained_k2"]
    found = own(keys)
    assert [claim.id for claim in found] == [f"gan.mine.{name}" for name in ids]
    assert {claim.relation for claim in found} == {"reported"}
    assert found[-1].formula == "as gan.mine.pca_ae.explained_k2; SeFa"
    assert found[0].formula.endswith(", mine")


def test_there_is_none_without_another_group():
    assert own([]) == []
    assert not {claim.id for claim in own(["faces.pca_ae.explained_k1/x"])} & {claim.id for claim in CLAIMS}
