"""Variants: which seeds they have, and which mistakes are refused."""

import pytest

from latentspace.organise.params import ImageSets, Train, Variant, Variants
from latentspace.pipeline.params import ParamsError, parse


def test_wrong_variants_are_refused():
    with pytest.raises(ValueError, match="beta belongs to method: beta_vae and method: beta_tcvae"):
        Variant(images="ellipses", beta=1.0)
    with pytest.raises(ValueError, match="trains one packet"):
        Variant(images="ellipses", method="nested_dropout")
    with pytest.raises(ParamsError, match=r"organise_train\.variants\.mine\.images: missing"):
        parse(Variants, {"mine": {"weight": 0.1}}, "organise_train.variants")
    with pytest.raises(ParamsError, match=r"organise_train\.variants\.mine\.noise = 1: unknown key"):
        parse(Variants, {"mine": {"images": "ellipses", "noise": 1}}, "organise_train.variants")


@pytest.mark.parametrize(("name", "images"), [("plain", "ellipses"), ("packets", "disks"), ("covariance", "dial")])
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


def test_a_variant_may_have_more_seeds_than_the_study():
    assert Variant(images="ellipses", min_seeds=5).seeds_of([3, 1]) == [3, 1, 0, 2, 4]
    with pytest.raises(ValueError, match="seeds, at most so many, or min_seeds, at least so many"):
        Variant(images="ellipses", seeds=1, min_seeds=5)


def test_the_encoder_is_bounded_unless_it_is_that_of_the_authors():
    assert Variant(images="ellipses").encoder == "bounded"
    assert parse(Variants, {"mine": {"images": "x", "encoder": "leaky_relu"}}, "v").root["mine"].encoder == "leaky_relu"
    with pytest.raises(ParamsError, match=r"v\.mine\.encoder = .*relu6"):
        parse(Variants, {"mine": {"images": "x", "encoder": "relu6"}}, "v")


def test_noise_is_one_number_or_one_per_packet():
    assert [Variant(images="x", code_noise=0.3).noise_of(packet) for packet in range(3)] == [0.3] * 3
    assert [Variant(images="x", code_noise=[0.3, 0.0, 0.1]).noise_of(packet) for packet in range(3)] == [0.3, 0.0, 0.1]
    with pytest.raises(ValueError, match=r"code_noise = \[0\.3, 0\.1\] must have one entry per packet, 3"):
        Variant(images="x", code_noise=[0.3, 0.1])
    with pytest.raises(ValueError, match="code_noise"):
        Variant(images="x", code_noise=[0.3, -0.1, 0.1])
