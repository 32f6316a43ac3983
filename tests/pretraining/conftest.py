import numpy as np
import pytest

from latentspace.pipeline.params import parse
from latentspace.pretraining.recipe import Recipe

SCALES = [
    {"width": 6, "batch": 4, "fade": 0, "steady": 24, "r1": 0.01},
    {"width": 5, "batch": 4, "fade": 8, "steady": 16, "r1": 0.01},
    {"width": 4, "batch": 2, "fade": 6, "steady": 10, "r1": 0.1},
]


@pytest.fixture
def recipe():
    return parse(
        Recipe,
        {
            "latent": 8,
            "scales": SCALES,
            "learning_rate": 1e-2,
            "betas": [0.0, 0.99],
            "decay": 0.5,
            "r1_every": 2,
            "average": 20,
            "average_ramp": 0.5,
            "checkpoint_every": 3,
        },
    )


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), dtype=np.uint8)
