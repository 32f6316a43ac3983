"""Any image set beside its principal components."""

import numpy as np

from latentspace.images.image_set import ImageSet, to_batch
from latentspace.measures.moments import moments
from latentspace.organise.set import attributes, experiment
from latentspace.pipeline.measured import value_of

from .samples import Means


def test_an_image_set_stands_beside_its_principal_components():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 4)) * 20 + 128
    images = plane.clip(0, 255).astype(np.uint8).reshape(300, 1, 2, 2)
    data = ImageSet(images[:200], images[200:], {}, {})
    findings = experiment({3: Means(), 4: Means()}, data)
    rows = findings.rows
    assert {(row.method, row.seed) for row in rows} == {("pca_ae", 3), ("pca_ae", 4), ("linear_pca", 3)}
    assert value_of(rows, "linear_pca", "mse_k2", 3) < 1e-4 < value_of(rows, "linear_pca", "mse_k1", 3)
    assert value_of(rows, "linear_pca", "max_correlation", 3) < 0.3
    assert set(findings.pictures) == {"errors.png", "attributes.png", "traversals.png", "traversals.gif"}
    assert list(findings.matrices["covariance"].columns) == ["z1", "z2", "z3"]


def test_attributes_are_factors_where_they_are_known_and_moments_elsewhere():
    images = np.random.default_rng(0).integers(0, 255, (9, 1, 4, 4), dtype=np.uint8)
    assert set(attributes(ImageSet(images, images, {}, {}))) == set(moments(to_batch(images)))
    assert list(attributes(ImageSet(images, images, {}, {"angle": np.arange(9.0)}))) == ["angle"]
