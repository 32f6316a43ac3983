"""Variants: which seeds they have, and which mistakes are refused."""

import pytest

from latentspace.organise.params import ImageSets, Train, Variant, Variants
from latentspace.pipeline.params import ParamsError, parse


def test_wrong_variants_are_refused():
    with pytest.raises(ValueError, match="beta belongs to method: beta_vae"):
        Variant(images="ellipses", beta=1.0)
    with pytest.raises(ValueError, match="trains one packet"):
        Variant(images="ellipses", method="nested_dropout")
    with pytest.raises(ParamsError, match=r"organise_train\.variants\.mine\.images: missing"):
        parse(Variants, {"mine": {"weight": 0.1}}, "organise_train.variants")
    with pytest.raises(ParamsError, match=r"organise_train\.variants\.mine\.noise = 1: unknown key"):
        parse(Variants, {"mine": {"images": "ellipses", "noise": 1}}, "organise_train.variants")


@pytest.mark.parametrize(("name", "images"), [("post_hoc", "ellipses"), ("packets", "disks"), ("covariance", "dial")])
def test_a_name_that_the_results_give_to_something_else_is_refused(name, images):
    check = Train._free_names.__func__
    with pytest.raises(ValueError, match=f"{name}: the results on {images} have this name already; choose another"):
        check(Train, {name: Variant(images=images)})
    assert check(Train, {name: Variant(images="digits")})


def test_no_image_set_need_be_compared_with_linear_pca():
    assert ImageSets(names=[]).names == []
    with pytest.raises(ValueError, match="names"):
        ImageSets(names=["digits", "digits"])


def test_a_variant_has_all_seeds_or_the_first_ones():
    assert Variant(images="ellipses").seeds_of([3, 1, 4]) == [3, 1, 4]
    assert Variant(images="ellipses", seeds=2).seeds_of([3, 1, 4]) == [3, 1]
    assert Variant(images="ellipses", seeds=2).seeds_of([3]) == [3]
