"""The best code under noise beside learnt first components, on constructed codes."""

import numpy as np
import pytest
import torch

from latentspace.images import make
from latentspace.images.params import DataSet
from latentspace.nn.latent import LatentModel
from latentspace.organise.noise import CENTRED, Trained, experiment
from latentspace.organise.params import RESERVED
from latentspace.pipeline.measured import select, value_of


class Sizes(LatentModel):
    """The first component is a function of the number of bright pixels; a second one compares the halves."""

    def __init__(self, function, components=1):
        super().__init__()
        self.function, self.components = function, components

    def encode(self, x):
        area = x.flatten(1).sum(1)
        halves = x[..., : x.shape[-1] // 2, :].flatten(1).sum(1) / area.clamp_min(1)
        code = torch.stack([self.function(area), halves], 1)
        return ((code - code.mean(0)) / code.std(0))[:, : self.components]

    def decode(self, z):
        return torch.zeros(len(z), 1, 16, 16)


class Interpolated:
    """A function given by its values, linear between them; a worker can be sent it, as a lambda cannot."""

    def __init__(self, at, values):
        self.at, self.values = at, values

    def __call__(self, x):
        return torch.from_numpy(np.interp(x, self.at, self.values)).float()


def early(area):
    return -torch.exp(-area / 10)


@pytest.fixture(scope="module")
def disks():
    return make.make_set(DataSet(kind="centred_disks", image_size=16, train_images=512, test_images=512))


@pytest.fixture(scope="module")
def ellipses():
    return make.make_set(DataSet(kind="ellipses", image_size=16, train_images=1024, test_images=1024))


def best(data, noise=0.25):
    """A model whose first component is the best code."""
    trained = Trained(data, {}, {"any": noise})
    return Sizes(Interpolated(trained.by_area.key, trained.best[noise]))


def test_the_best_code_agrees_with_itself_and_another_function_of_the_area_costs_more(disks):
    one = Trained(disks, {"with": {0: best(disks)}, "without": {0: Sizes(early)}}, {"with": 0.25, "without": 0.0})
    findings = experiment({CENTRED: one})
    assert value_of(findings.rows, "noise.disks.with", "agreement", 0) > 0.999
    assert value_of(findings.rows, "noise.disks.without", "agreement", 0) < 0.9
    for name in ("with", "without"):
        assert value_of(findings.rows, f"noise.disks.{name}", "area_r2", 0) > 0.99
    assert value_of(findings.rows, "noise.disks", "noise_cost_ratio", 0) > 1.2
    assert value_of(findings.rows, "noise.disks", "rescaled_noise_cost_ratio", 0) == pytest.approx(1, rel=0.05)
    cost, least = (value_of(findings.rows, "noise.disks.with", f"{kind}noise_cost", 0) for kind in ("", "rescaled_"))
    assert cost == pytest.approx(least, rel=0.05)
    assert findings.summary.startswith("|Pearson| with the best code: with on disks ")


def test_the_formulas_hold_where_the_displacement_is_small(disks):
    one = Trained(disks, {"with": {0: best(disks)}}, {"with": 0.25})
    rows = experiment({CENTRED: one}).rows
    assert value_of(rows, "noise.disks.best_weak", "edge_ratio") == pytest.approx(1, abs=0.05)
    firsts = [
        value_of(rows, "noise.disks.best", "first_order_ratio", place=f"sigma_{s}") for s in ("0.05", "0.25", "1")
    ]
    assert 0.9 < firsts[0] < firsts[1] < firsts[2]
    assert value_of(rows, "noise.disks.best", "edge_code_pearson") > 0.99
    fits = [value_of(rows, "noise.disks.best", "area_pearson", place=f"sigma_{s}") for s in ("0.05", "0.5")]
    assert fits[0] < fits[1]
    assert {row.method.rpartition(".")[2] for row in select(rows, measure="area_pearson") if row.seed is None} == {
        *RESERVED[CENTRED]
    }


def test_both_image_sets_and_a_second_component(disks, ellipses, complete):
    def pair(data):
        models = {
            "with": {s: Sizes(torch.sqrt, 2) for s in (0, 1)},
            "without": {s: Sizes(torch.log1p, 2) for s in (0, 1)},
        }
        return Trained(data, models, {"with": 0.25, "without": 0.0})

    findings = experiment({CENTRED: pair(disks), "ellipses": pair(ellipses)})
    learnt = ["agreement", "curve_agreement", "area_pearson", "area_r2", "best_mse", "noise_cost", "noise_cost_k2"]
    ratios = ["noise_cost_ratio", "rescaled_noise_cost_ratio", "noise_cost_k2_ratio"]
    measures = {f"noise.{name}.{variant}": learnt for name in ("disks", "ellipses") for variant in ("with", "without")}
    complete(findings, measures | {"noise.disks": ratios, "noise.ellipses": ratios}, ["noise.png", "best_codes.png"])
    assert not select(findings.rows, method="noise.ellipses.best", measure="edge_ratio")


def test_trainings_without_noise_alone_are_compared_at_the_usual_one(disks):
    one = Trained(disks, {"without": {0: Sizes(torch.sqrt)}}, {"without": 0.0})
    assert one.noise == 0.25
    assert not select(experiment({CENTRED: one}).rows, measure="noise_cost_ratio")
