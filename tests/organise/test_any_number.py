"""Any number of components from 1 to 10, in packets of any sizes, on sets of any kind, in all of the evaluation."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from latentspace.images.image_set import ImageSet
from latentspace.organise import circular, codes, explorer, packets, sweep
from latentspace.organise import set as any_set
from latentspace.organise.afterwards import organise
from latentspace.organise.params import Variant
from latentspace.organise.selected import LONG
from latentspace.organise.train import train
from latentspace.pipeline.compute import CPU

from .samples import drawn, keys, linear

NUMBERS = range(1, 11)


def saved(findings, folder):
    """The pictures of an experiment, written and read again, by file name."""
    assert len(set(keys(findings))) == len(findings.rows) and all(np.isfinite(row.value) for row in findings.rows)
    assert findings.summary
    shapes = {}
    for name, picture in findings.pictures.items():
        picture.save(folder / name)
        if not name.endswith(".json"):
            with Image.open(folder / name) as image:
                shapes[name] = image.size
    assert all(max(size) < 4000 for name, size in shapes.items() if not name.endswith(".webp"))
    return shapes


@pytest.fixture(scope="module")
def ellipses():
    return drawn("ellipses", 60)


@pytest.mark.parametrize("components", NUMBERS)
def test_codes_of_ellipses(components, ellipses, tmp_path):
    models = {"mine": {0: linear(ellipses, components)}, "plain": {0: linear(ellipses, 3)}}
    findings = codes.experiment(models, ellipses)
    saved(findings, tmp_path)
    found = {row.measure for row in findings.rows if row.method == "mine"}
    assert {f"mse_k{k}" for k in range(1, components + 1)} <= found and f"mse_k{components + 1}" not in found
    assert {"area_pearson", "factor_match", "S", "H", "V"} <= found
    assert ("mig" in found) == ("area_leakage" in found) == ("max_correlation" in found) == (components > 1)
    assert ("factor_match_rotated" in found) == (components > 2)


def test_codes_without_any_variant_of_the_talk(ellipses, tmp_path):
    findings = codes.experiment({"mine": {0: linear(ellipses, 1)}}, ellipses)
    pictures = {"growth", "comparison", "correlation", "factors", "errors", "codes", "traversals"}
    assert {name.partition(".")[0] for name in saved(findings, tmp_path)} == pictures
    assert set(findings.matrices) == {"covariance_mine", "correlation_mine"} and findings.summary.startswith("z1: ")


@pytest.mark.parametrize("components", NUMBERS)
def test_sweeps(components, ellipses, tmp_path):
    model = {0: linear(ellipses, components)}
    findings = sweep.experiment({"pca_ae": model, "no_cov": model}, {"pca_ae": 0.1, "no_cov": 0.0}, ellipses)
    assert set(saved(findings, tmp_path)) == {"lambda.png"}
    assert f"no_cov.mse_k{components}/seed_0" in keys(findings)
    alone = sweep.experiment({LONG: model}, {}, ellipses)
    assert set(saved(alone, tmp_path)) == {"components.png"}


@pytest.mark.parametrize("components", NUMBERS)
def test_packets_and_a_circular_factor(components, tmp_path):
    disks, dial = drawn("disks", 60), drawn("dial", 60)
    found = packets.experiment({"packets_1_2": {0: linear(disks, components)}, "mine": {0: linear(disks, 3)}}, disks)
    saved(found, tmp_path)
    assert {"packets_1_2.radius_r2/seed_0", "mine.translation_r2/seed_0"} <= {*keys(found)}
    found = circular.experiment({"mine": {0: linear(dial, components)}}, dial)
    saved(found, tmp_path)
    assert f"circular.mine.mse_k{components}/seed_0" in keys(found)
    assert ("distance correlation: mine 0." in found.summary) == (components > 1)


@pytest.mark.parametrize("components", NUMBERS)
def test_explorers_have_a_view_of_each_method_with_a_name_for_every_component(components, ellipses, tmp_path):
    models = {"pca_ae": {0: linear(ellipses, components)}, "plain": {0: linear(ellipses, 2)}}
    (explorer_of,) = explorer.experiment(models, ellipses).pictures.values()
    explorer_of.save(tmp_path / "made.json")
    facts = json.loads((tmp_path / "made.json").read_text())
    assert [len(view["labels"]) for view in facts["views"]] == [components, 2]
    assert [view["networks"] for view in facts["views"]] == [[0], [1]] and len(facts["networks"]) == 2
    (alone,) = explorer.experiment({"pca_ae": models["pca_ae"]}, ellipses).pictures.values()
    assert len(alone.described()["views"]) == 1


def a_folder(channels, factors):
    """An image set as of a folder of the user's, with the given names of known factors."""
    pixels = np.random.default_rng(0).integers(0, 255, (90, channels, 16, 16), dtype=np.uint8)
    known = {name: np.linspace(0, 1, 30) for name in factors}
    return ImageSet(pixels[:60], pixels[60:], {}, known)


@pytest.mark.parametrize("components", NUMBERS)
def test_any_image_set(components, tmp_path):
    data = a_folder([1, 3][components % 2], ["height", "width"][: components % 3])
    findings = any_set.experiment({0: linear(data, components)}, data)
    assert set(saved(findings, tmp_path)) == {"errors.png", "attributes.png", "traversals.png", "traversals.gif"}
    assert len(findings.matrices["covariance"]) == components
    assert f"linear_pca.mse_k{components}/seed_0" in keys(findings)


@pytest.mark.parametrize("sizes", [[1], [2], [3, 1, 6], [1] * 10], ids=str)
def test_packets_of_any_sizes_train_and_are_organised_afterwards(sizes, tmp_path, images, job):
    model, _ = train(job(tmp_path / "base", packet_sizes=sizes))
    assert model.components == sum(sizes)
    variant, training = Variant(images="ellipses", hidden=4, packet_sizes=sizes), job(tmp_path).training
    organised, _ = organise(model, images, variant, training, seed=0, compute=CPU, checkpoints=tmp_path / "inner")
    with torch.no_grad():
        assert organised.encode(images).shape == (64, sum(sizes))
        assert organised.reconstruct(images).isfinite().all()
