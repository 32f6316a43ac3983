"""Principal components in passes over the data are those of a decomposition of the whole."""

import numpy as np
import pytest
import torch

from latentspace.images import make
from latentspace.images.params import DataSet
from latentspace.nn.rows import ByteRows
from latentspace.pca import baselines
from latentspace.pca.baselines import LinearPCA
from latentspace.pca.principal import principal_components


@pytest.fixture(scope="module")
def rows():
    spec = DataSet(kind="disks", image_size=32, train_images=1500, test_images=8)
    return ByteRows.of(make.make_set(spec).train)


def test_mean_axes_and_deviations_are_those_of_the_whole(rows):
    flat = rows[:].flatten(1).double()
    _, values, right = torch.linalg.svd(flat - flat.mean(0), full_matrices=False)
    mean, axes, deviation = principal_components(rows, 4)
    torch.testing.assert_close(mean, flat.mean(0), atol=1e-6, rtol=0)
    torch.testing.assert_close(deviation, values[:4] / np.sqrt(len(rows) - 1), rtol=1e-4, atol=0)
    assert (axes @ axes.T - torch.eye(4)).abs().max() < 1e-5
    assert (axes[:4:2].sum(1).isfinite()).all() and ((axes @ right[:4].T).square().sum(1) > 0.999).all()


def test_a_large_set_gives_the_errors_of_a_small_one(rows, monkeypatch):
    errors = []
    for limit in (2**30, 1):
        monkeypatch.setattr(baselines, "IN_MEMORY", limit)
        model = LinearPCA(list(rows.shape[1:]), 3)
        model.fit(rows)
        z = model.encode(rows[:])
        assert torch.allclose(z.std(0), torch.ones(3), atol=1e-3) and z.mean(0).abs().max() < 1e-4
        errors.append([float((model.reconstruct(rows[:], k) - rows[:]).square().mean()) for k in (1, 2, 3)])
    assert errors[0] == pytest.approx(errors[1], rel=1e-4)
