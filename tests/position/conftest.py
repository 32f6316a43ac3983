"""Small sections of parameters, and what every test of an experiment asks of its findings."""

import pytest
from matplotlib import pyplot as plt

from latentspace.pipeline.params import Training, read_yaml
from latentspace.position.params import Autoencoder, Decoder, Place


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def params(root):
    return read_yaml(root / "params.yaml")


@pytest.fixture(scope="session")
def training():
    """A function that makes short schedules."""

    def make(steps=10):
        betas = [0.9, 0.9]
        return Training(steps=steps, batch_size=8, learning_rate=1e-2, warmup=0.1, betas=betas, checkpoint_every=steps)

    return make


@pytest.fixture(scope="session")
def small_decoder(training):
    place = Place(image_size=8, widths=[4, 4, 4, 4])
    return Decoder(
        line=place,
        image=place,
        positions=[9, 25],
        positions_2d=16,
        test_positions=49,
        coordconv_widths=[5],
        coordconv_widths_2d=[5],
        coordconv_batch_size=4,
        coordconv_batch_size_2d=2,
        training=training(),
    )


@pytest.fixture(scope="session")
def small_autoencoder(training):
    place = Place(image_size=8, widths=[4, 4, 4, 4])
    return Autoencoder(
        line=place,
        image=place,
        encoder_width=3,
        encoder_rate=0.5,
        positions=25,
        test_positions=49,
        training=training(),
    )
