"""GANSpace's parts: principal components of images, orthonormal columns."""

import numpy as np
import pytest
import torch

from latentspace.gan.ganspace import flat, image_pca, orthonormal


def test_image_pca_explains_a_linear_set_completely():
    torch.manual_seed(1)
    pictures = torch.linalg.qr(torch.randn(48, 48))[0][:3] * torch.tensor([[3.0], [2.0], [1.0]])
    images = (torch.randn(4000, 3) @ pictures).view(-1, 3, 4, 4).half()
    pca = image_pca(images, 3)
    assert pca.explained_variance_ratio_.sum() == pytest.approx(1, abs=1e-4)
    assert np.allclose(pca.explained_variance_, [9, 4, 1], rtol=0.1)
    assert flat(images).shape == (4000, 48) and flat(images).dtype == np.float32


def test_there_are_no_more_components_than_images():
    assert image_pca(torch.rand(3, 1, 4, 4), 5).n_components_ == 3


def test_columns_are_orthonormalised_in_their_order():
    columns = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    found = orthonormal(columns)
    assert torch.allclose(found.T @ found, torch.eye(3), atol=1e-6), "three numbers have three directions"
    assert torch.allclose(found[:, 0], columns[:, 0] / columns[:, 0].norm(), atol=1e-6)
