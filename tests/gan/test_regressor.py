"""The training of the regressor on colours that it can read, and its record."""

import numpy as np
import pytest
import torch

from latentspace.gan import regressor as module
from latentspace.gan.params import TrainRegressor
from latentspace.gan.regressor import train_regressor
from latentspace.images.labelled import LabelledImages, centred
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.params import Training


@pytest.fixture(scope="module")
def coloured():
    rng = np.random.default_rng(0)
    factors = rng.random((512, 2)).astype(np.float32)
    images = np.zeros((512, 16, 16, 3), np.uint8)
    images[:, :8, :, 0] = (255 * factors[:, 0])[:, None, None]
    images[:, 8:, :, 2] = (255 * factors[:, 1])[:, None, None]
    return LabelledImages(images, factors, ["red", "blue"])


SCHEDULE = {"steps": 300, "batch_size": 32, "learning_rate": 0.01, "warmup": 0.1, "betas": [0.9, 0.99]}


@pytest.fixture(scope="module")
def regressor(coloured, tmp_path_factory):
    section = TrainRegressor(widths=[8, 8], noise=0.05, training=Training(**SCHEDULE, checkpoint_every=100))
    return train_regressor(coloured, section, tmp_path_factory.mktemp("checkpoints"), CPU)


def test_the_regressor_reads_what_can_be_read(coloured, regressor):
    found = regressor.measure(centred(torch.from_numpy(coloured.images).permute(0, 3, 1, 2)))
    assert list(found) == ["red", "blue"]
    for column, name in enumerate(found):
        assert np.corrcoef(found[name], coloured.factors[:, column])[0, 1] > 0.98


def test_the_experiment_gives_r2_of_every_factor_and_the_least(coloured, regressor):
    values = {row.key: row.value for row in module.experiment(regressor, coloured).rows}
    assert set(values) == {"regressor.red_r2", "regressor.blue_r2", "regressor.min_r2"}
    assert values["regressor.min_r2"] == min(values.values()) > 0.95
