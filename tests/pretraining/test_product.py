"""The provenance of a product."""

from latentspace.pretraining.product import provenance
from latentspace.pretraining.recipe import Source
from latentspace.pretraining.state import start


def test_provenance_counts_the_images_shown(recipe):
    state = start(recipe, 0, scale=2)
    source = Source(length=1.0, licence="research use only")
    facts = provenance(state, recipe, source, "d" * 32, seed=3)
    assert facts["images_seen_at_size"] == {"4": 24, "8": 24, "16": 16}
    assert facts["images_seen"] == 64 and facts["seed"] == 3 and facts["data_md5"] == "d" * 32
    assert facts["generator_parameters"] == sum(tensor.numel() for tensor in state.generator.parameters())
    assert facts["licence"] == source.licence and facts["params"] == recipe.model_dump()
