"""Quality of generators: a copy of the data is near it, noise is far, and the numbers repeat."""

import numpy as np
import torch

from latentspace.gan.network import Generator
from latentspace.images.labelled import without_factors
from latentspace.pretraining.quality import experiment, features_of
from latentspace.pretraining.samples import samples


def generator(seed):
    torch.manual_seed(seed)
    return Generator(8, [16, 16, 16]).eval()


def test_the_generator_of_the_data_is_nearer_than_another():
    own = generator(0)
    data = without_factors(samples(own, 400, 7))
    found = experiment({"own": own, "other": generator(1)}, data, 200)
    frechet = {row.method: row.value for row in found.rows if row.measure == "frechet"}
    assert frechet["own"] < 2 * frechet["real"] < 0.5 * frechet["other"]
    recall = {row.method: row.value for row in found.rows if row.measure == "recall"}
    assert recall["own"] > 0.4 > recall["other"]
    assert set(found.pictures) == {"own.png", "other.png"}
    assert [row.value for row in experiment({}, data, 200).rows] == [row.value for row in found.rows[:3]]


def test_features_see_a_change_in_one_quarter():
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    images[1] = images[0]
    images[1, :8, :8] //= 2
    one, other = features_of(images)
    assert one.shape == (4 * (32 + 64 + 128),)
    assert np.abs(one - other).max() > 0.01
