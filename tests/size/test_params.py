"""Variants that contradict themselves are refused."""

import pytest

from latentspace.pipeline.params import ParamsError, parse
from latentspace.size.params import Variant


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"penalty": "l2_both"}, "penalty and weight go together"),
        ({"weight": 0.1}, "penalty and weight go together"),
        ({"hole": [5.0, 3.0]}, "must be"),
        ({"hole": [5.0]}, "hole"),
        ({"penalty": "contractive", "weight": 1.0, "code_size": 2}, "needs code_size 1"),
        ({"init": "edges", "bias": False}, "needs an encoder with biases"),
        ({"encoder_rate": 0.0}, "encoder_rate = 0.0"),
        ({"min_seeds": 0}, "min_seeds = 0"),
        ({"depth": 3}, "unknown key"),
    ],
)
def test_a_wrong_variant_is_named(change, says):
    with pytest.raises(ParamsError, match=r"params\.yaml: size_train\.variants\.x") as error:
        parse(Variant, change, "size_train.variants.x")
    assert says in str(error.value)


def test_a_variant_may_have_more_seeds_than_the_study():
    assert Variant().seeds_of([3, 1]) == [3, 1]
    assert Variant(min_seeds=5).seeds_of([3, 1]) == [3, 1, 0, 2, 4]
    assert Variant(min_seeds=2).seeds_of([3, 1, 4]) == [3, 1, 4], "the study's are always there"


def test_an_empty_variant_is_the_network_of_slide_9():
    variant = parse(Variant, {}, "x")
    assert variant.bias and not variant.linear_encoder and variant.code_size == 1 and variant.penalty == "none"
