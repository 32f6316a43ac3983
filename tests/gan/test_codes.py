"""The comparison of methods: records and pictures of both data sets."""

import pytest
import torch

from latentspace.gan import codes
from latentspace.gan.directions import METHODS, Directions
from latentspace.gan.local import LocalModel
from latentspace.gan.rendering import render
from latentspace.gan.trials import trials
from latentspace.plots.strips import as_shown


@pytest.fixture(scope="module")
def found(organised, sizes, measure):
    avatars = trials({"pca_ae": organised, "no_cov": organised}, sizes, measure, list(METHODS))
    faces = trials({"pca_ae": organised}, sizes, measure, list(METHODS))
    return codes.experiment({"avatars": avatars[:1], "faces": faces[1:]})


def test_metrics_are_named_as_before(found):
    keys = {row.key for row in found.rows}
    assert len(keys) == len(found.rows)
    assert {
        "pca_ae.explained_k1/sigma_0.1_anchor_1_seed_0",
        "no_cov.max_correlation/sigma_0.1_anchor_1_seed_0",
        "ganspace.attribute_purity/sigma_0.1_anchor_1",
        "faces.image_pca.explained_k1/sigma_0.4_anchor_1",
        "faces.pca_ae.purity_margin",
    } <= keys


def test_every_data_set_has_its_pictures_and_tables(found, tmp_path):
    of_each = ("attributes_{}.png", "traversals_{}.png", "traversals_{}.gif", "plane_{}.png")
    wanted = {name.format(data) for name in of_each for data in ("avatars", "faces")} | {"explained.png"}
    assert set(found.pictures) == wanted
    for file, picture in found.pictures.items():
        picture.save(tmp_path / file)
        assert (tmp_path / file).stat().st_size > 0
    assert found.matrices["covariance_avatars"].shape == (8, 8)
    assert set(found.tables["explained_faces"]["method"]) == {"pca_ae", "image_pca", *METHODS}
    assert found.summary.startswith("avatars: z1: ") and "; faces: z1: " in found.summary


def test_a_plane_varies_one_component_along_the_columns_and_one_along_the_rows(generator, organised):
    place = organised.places[0]
    model = LocalModel.about(place, Directions.along(torch.eye(8)[:, :3]))
    images = codes.plane(generator, model, 0, 2, 5)
    assert images.shape == (5, 5, 8, 8, 3)
    latents = place.latents(torch.tensor([[2.0, 0, -2.0, 0, 0, 0, 0, 0]]))
    wanted = as_shown(render(generator, latents))[0]
    assert images[0, 4] == pytest.approx(wanted, abs=2e-3)
