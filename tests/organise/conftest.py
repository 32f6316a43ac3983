"""A small training on ellipses, for the stages that train."""

import pytest
import torch
from matplotlib import pyplot as plt

from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.organise.params import Variant
from latentspace.organise.train import Job
from latentspace.pca.settings import Network
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.params import Training

TRAINING = Training(steps=6, batch_size=16, learning_rate=0.01, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=3)
NETWORK = Network(encoder_widths=[4, 4], decoder_widths=[4, 4])


@pytest.fixture(scope="session")
def images():
    """Training images of ellipses, shape (64, 1, 16, 16)."""
    spec = DataSet(kind="ellipses", image_size=16, train_images=64, test_images=8)
    return torch.from_numpy(image_set.to_batch(make.make_set(spec).train))


@pytest.fixture
def job(images):
    """A function that makes a training of a variant, with seed 0 and checkpoints in a folder."""

    def made(folder, **variant):
        return Job(images, NETWORK, TRAINING, Variant(images="ellipses", **variant), CPU, folder, 0)

    return made


@pytest.fixture(autouse=True)
def no_open_figures():
    """Close the figures that a test did not save, as matplotlib warns of more than 20."""
    yield
    plt.close("all")
