"""Trained variants as files."""

import pytest

from latentspace.gan.inputs import load_organised
from latentspace.nn import models


def test_a_variant_comes_back_with_its_models(tmp_path, organised):
    for place in organised.places:
        models.save(organised.models[place.name, 0], tmp_path / place.file(0))
    again = load_organised(organised.generator, organised.variant, tmp_path, [0, 1])
    assert list(again.models) == list(organised.models) and again.variant == organised.variant
    place, model = again.first
    assert place.name == "sigma_0.1_anchor_1" and model is again.models[place.name, 0]
    with pytest.raises(ValueError, match=r"sigma_0\.1_anchor_1_seed_1\.safetensors: no such file"):
        load_organised(organised.generator, organised.variant, tmp_path, [1])
