"""The schema of params.yaml: good files pass, every kind of mistake is one line that names its key."""

import copy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentspace.pipeline.params import ParamsError, parse, read_yaml
from latentspace.pipeline.quick import overlay
from latentspace.schema import Params, read_params

ROOT = Path(__file__).parents[3]
GOOD = read_yaml(ROOT / "params.yaml")


def with_value(key, value):
    values = copy.deepcopy(GOOD)
    *parents, last = key.split(".")
    here = values
    for part in parents:
        here = here[part]
    here[last] = value
    return values


def test_the_shipped_files_are_well_formed():
    read_params(ROOT / "params.yaml")
    parse(Params, overlay(copy.deepcopy(GOOD), read_yaml(ROOT / "params.quick.yaml")))


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("size_disks.radius_max", -1.0, "size_disks.radius_max = -1.0"),
        ("size_disks.radius_max", 40.0, "half the image"),
        ("size_disks.radius_max", "31", "size_disks.radius_max = '31'"),
        ("size_disks.radius_max", float("nan"), "size_disks.radius_max"),
        ("size_disks.image_size", 48, "size_disks.image_size = 48"),
        ("size_disks.typo", 1, "size_disks.typo = 1: unknown key"),
        ("seeds", [], "seeds = []"),
        ("seeds", [1, 1], "distinct"),
        ("seeds", [-1], "≥ 0"),
        ("device", "gpu", "device = 'gpu'"),
        ("size_train.names", ["nobody"], "'nobody'"),
        ("size_train.variants.bias", {"penalty": "contractive"}, "penalty and weight"),
        ("size_train.variants.bias", {"hole": [18, 11]}, "smaller, larger"),
        ("size_train.training.betas", [0.9, 1.0], "size_train.training.betas.1 = 1.0"),
        ("size_train.training.steps", 2.5, "size_train.training.steps = 2.5"),
        (
            "organise_images.names",
            ["ellipses", "disks", "dial"],
            "organise_train.variants.digits.images = 'digits' is not in organise_images.names",
        ),
        ("gan_generator.names", ["faces"], "params.yaml: gan_train.variants.avatars.generator = 'avatars' is not in"),
        ("size_silhouettes.names", ["digit_12"], "size_silhouettes.names.0 = 'digit_12'"),
    ],
)
def test_mistakes_are_named(key, value, says):
    with pytest.raises(ParamsError) as caught:
        parse(Params, with_value(key, value))
    lines = str(caught.value).splitlines()
    assert any(says in line for line in lines), lines
    assert all(line.startswith("params.yaml: ") for line in lines)


def test_missing_sections_and_files_are_named(tmp_path):
    values = copy.deepcopy(GOOD)
    del values["size_train"]
    with pytest.raises(ParamsError, match=r"size_train: field required"):
        parse(Params, values)
    with pytest.raises(ParamsError, match="no such file"):
        read_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("seeds: [0")
    with pytest.raises(ParamsError, match="not valid YAML"):
        read_params(tmp_path / "params.yaml")


def leaves(values, prefix=""):
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


JUNK = st.one_of(
    st.none(), st.dictionaries(st.text(max_size=3), st.integers(), min_size=1, max_size=2), st.floats(max_value=-1e-9)
)


@settings(max_examples=250, deadline=None)
@given(key=st.sampled_from(sorted(leaves(GOOD))), value=JUNK)
def test_any_leaf_with_junk_in_it_is_refused_by_name(key, value):
    try:
        parse(Params, with_value(key, value))
    except ParamsError as error:
        assert key.partition(".")[0] in str(error)
    else:
        assert value is None and ".variants." in key, (
            "only a variant has optional values; without one, the general holds"
        )
