"""The schema of params.yaml: good files pass, every kind of mistake is one line that names its key."""

import copy
from pathlib import Path

import pytest

from latentspace.pipeline import bases
from latentspace.pipeline.params import ParamsError, parse, read_yaml
from latentspace.pipeline.quick import overlay
from latentspace.schema import Params, read_params

ROOT = Path(__file__).parents[3]
GOOD = read_yaml(ROOT / "params.yaml")


def check(values):
    return parse(Params, bases.completed(values))


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
    check(overlay(copy.deepcopy(GOOD), read_yaml(ROOT / "params.quick.yaml")))


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
        ("seeds", [-1], "seeds.0 = -1: must be in 0 … 4294967295"),
        ("seeds", [2**64], "seeds.0 = 18446744073709551616: must be in"),
        ("size_disks.radius_max", 1e-320, "size_disks.radius_max = 1e-320: must be in 2 … 64"),
        ("size_disks.train_images", 10**12, "size_disks.train_images = 1000000000000: must be in 2 … 1000000"),
        ("size_train.names", ["bias", "bias"], "size_train.names = ['bias', 'bias']: must be distinct"),
        ("size_train.training.batch_size", 1, "size_train.training.batch_size = 1: must be in 2 … 1000000: a variance"),
        ("size_train.training.batch_size", 2000, "is more than size_disks.train_images = 1000"),
        ("size_train.network.encoder_widths", [8] * 4, "4 widths, but size_disks.image_size = 64 needs 5"),
        ("gan_regressor.widths", [8] * 6, "6 widths, but the side of an avatar = 64 needs at most 5"),
        ("size_train.variants.hole_none.hole", [11, 11.01], "for test radii between them"),
        ("organise_images.sets.digits.train_images", 4500, "5500 is more than the 5000 digits"),
        (
            "organise_images.sets.dial",
            {"kind": "dial", "image_size": 128, "train_images": 10**6, "test_images": 2},
            "organise_images.sets.dial: train_images + test_images: 1000002 × 1 × 128 × 128 numbers take 66 GB",
        ),
        (
            "position_train_decoder.positions_2d",
            65,
            "position_train_decoder.positions_2d = 65: must be a square number",
        ),
        ("position_train_decoder.positions", [32, 64], "is more than position_train_decoder.positions = [32, 64]"),
        (
            "organise_train.training.batch_size",
            2,
            "distance_correlation.penalty = 'distance_correlation' needs batches of 4",
        ),
        ("size_train.variants.bias.batch_size", 2000, "bias.batch_size = 2000 is more than size_disks.train_images"),
        ("launch", "python; reboot", "launch = 'python; reboot': must be python, or torchrun or"),
        ("device", "gpu", "device = 'gpu'"),
        ("size_train.names", ["nobody"], "'nobody'"),
        ("size_train.variants.bias", {"penalty": "contractive"}, "penalty and weight"),
        ("size_train.variants.bias", {"hole": [18, 11]}, "smaller, larger"),
        ("size_train.training.betas", [0.9, 1.0], "size_train.training.betas.1 = 1.0"),
        ("size_train.training.steps", 2.5, "size_train.training.steps = 2.5"),
        (
            "organise_images.names",
            ["ellipses", "authors_ellipses", "disks", "centred", "dial"],
            "organise_train.variants.digits.images = 'digits' is not in organise_images.names",
        ),
        ("gan_generator.names", ["faces"], "params.yaml: gan_train.variants.avatars.generator = 'avatars' is not in"),
        ("size_silhouettes.names", ["digit_12"], "size_silhouettes.names.0 = 'digit_12'"),
    ],
)
def test_mistakes_are_named(key, value, says):
    with pytest.raises(ParamsError) as caught:
        check(with_value(key, value))
    lines = str(caught.value).splitlines()
    assert any(says in line for line in lines), lines
    assert all(line.startswith("params.yaml: ") for line in lines)


def test_missing_sections_and_files_are_named(tmp_path):
    values = copy.deepcopy(GOOD)
    del values["size_train"]
    with pytest.raises(ParamsError, match=r"size_train: missing; `git checkout"):
        check(values)
    with pytest.raises(ParamsError, match="no such file"):
        read_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("seeds: [0")
    with pytest.raises(ParamsError, match="not valid YAML"):
        read_params(tmp_path / "params.yaml")


def lines_of(values):
    with pytest.raises(ParamsError) as caught:
        check(values)
    return str(caught.value).splitlines()


def test_many_missing_sections_or_keys_are_one_line():
    (line,) = lines_of({})
    assert line.startswith("params.yaml: 25 sections are missing: seeds, device, precision, launch, size_disks, ")
    assert line.endswith("gan_direct; `git checkout params.yaml` brings it back") and len(line) < 600
    assert lines_of({key: value for key, value in GOOD.items() if key not in {"seeds", "gan_zoo"}}) == [
        "params.yaml: 2 sections are missing: seeds, gan_zoo; `git checkout params.yaml` brings it back"
    ]
    assert lines_of(GOOD | {"size_disks": {"blur": 0.5, "seed": 0}}) == [
        "params.yaml: size_disks: 5 keys are missing: image_size, radius_max, train_images, test_images, "
        "validation_images"
    ]


def test_a_cut_file_is_two_lines_at_most(tmp_path):
    text = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    for length in range(0, len(text), 40):
        (tmp_path / "params.yaml").write_text("".join(text[:length]), encoding="utf-8")
        with pytest.raises(ParamsError) as caught:
            read_params(tmp_path / "params.yaml")
        assert len(str(caught.value).splitlines()) <= (1 if "\ngan_direct:" not in "".join(text[:length]) else 2), (
            caught.value
        )


def test_of_many_mistakes_five_are_shown():
    lines = lines_of(GOOD | {"size_disks": {f"key_{i}": i for i in range(9)}})
    assert len(lines) == 6 and lines[-1] == "params.yaml: and 5 more", lines


def test_a_mistake_that_variants_have_from_their_base_is_one_line():
    values = with_value("organise_train.variants.pca_ae.settle", -1.0)
    assert lines_of(values) == [
        "params.yaml: organise_train.variants.pca_ae.settle = -1.0: input should be greater than or equal to 0 "
        "(also in authors_ellipses)"
    ]
