"""A model whose codes are known, and image sets with factors."""

import numpy as np
import torch

from latentspace.images import image_set, make
from latentspace.images.image_set import ImageSet
from latentspace.images.params import DataSet
from latentspace.nn.latent import LatentModel
from latentspace.pca.baselines import LinearPCA


class Means(LatentModel):
    """Codes are the first numbers of a 2×2 image, outputs those numbers in place and zeros elsewhere."""

    components = 3

    def encode(self, x):
        return x.flatten(1)[:, :3]

    def decode(self, z):
        return torch.nn.functional.pad(z, (0, 4 - z.shape[1])).view(-1, 1, 2, 2)


def drawn(kind, test_images=120):
    """A small drawn image set."""
    return make.make_set(DataSet(kind=kind, image_size=16, train_images=64, test_images=test_images))


def linear(data, components):
    """Linear PCA of an image set, which stands in for a trained model."""
    images = torch.from_numpy(image_set.to_batch(data.train))
    model = LinearPCA(list(images.shape[1:]), components)
    model.fit(images)
    return model.eval()


def black_images(factors):
    """Black test images with the given factors."""
    black = np.zeros((len(next(iter(factors.values()))), 1, 2, 2), dtype=np.uint8)
    return ImageSet(black, black, {}, factors)


def keys(findings):
    """Keys of the numbers that an experiment returned."""
    return [row.key for row in findings.rows]
