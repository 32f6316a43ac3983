"""Model files: what is saved comes back, and what is not sound is refused by name."""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from latentspace import load
from latentspace.nn import models
from latentspace.nn.kinds import FORMER, KINDS
from latentspace.nn.models import digest, kind_of, load_seeds, register, save, save_seeds
from latentspace.pca.networks import DenseNetwork
from latentspace.size.network import ShapeAutoencoder, initialise


@pytest.fixture
def network():
    net = ShapeAutoencoder(16, 2, [3, 4, 5], [5, 4, 3], slope=0.1)
    initialise(net, "random", seed=1)
    return net


def test_round_trip(tmp_path, network):
    save(network, tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    x = torch.rand(2, 1, 16, 16)
    assert torch.equal(network(x), again(x))
    save(again, tmp_path / "again.safetensors")
    assert (tmp_path / "net.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()


def test_damaged_files_are_refused_by_name(tmp_path, network):
    path = tmp_path / "net.safetensors"
    with pytest.raises(ValueError, match="no such file"):
        load(path)
    save(network, path)
    whole = path.read_bytes()
    for cut in (0, 7, 100, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"net\.safetensors: not a sound model file"):
            load(path)


def test_changed_weights_are_refused_by_their_digest(tmp_path, network):
    path = tmp_path / "net.safetensors"
    save(network, path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.safetensors: .* digest differs"):
        load(path)


@pytest.mark.parametrize(
    "kind",
    [
        "os.system",
        "os:system",
        "os.path.Path",
        "..os.Path",
        "size.network.nn",
        "size.nowhere.Net",
        "pipeline.stage.Stage",
    ],
)
def test_a_file_cannot_name_what_is_imported(tmp_path, kind):
    path = tmp_path / "net.safetensors"
    header = json.dumps({"kind": kind, "config": {}, "sha256": digest({"x": torch.zeros(1)})})
    save_file({"x": torch.zeros(1)}, path, metadata={"latentspace": header})
    with pytest.raises(
        ValueError, match=r"net\.safetensors: not a sound model file \((KeyError|ImportError|ModuleNotFoundError)"
    ):
        load(path)


def test_weights_of_another_shape_are_refused(tmp_path, network):
    path = tmp_path / "net.safetensors"
    network.config = {**network.config, "code_size": 3}
    save(network, path)
    with pytest.raises(ValueError, match="not a sound model file"):
        load(path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_class_of_this_package(kind):
    found = models._class(kind)
    assert issubclass(found, nn.Module) and kind_of(found) == kind


def test_files_that_name_a_module_are_read(tmp_path, network):
    """Files written before there were kinds hold the module in which the class was then."""
    assert set(FORMER.values()) <= set(KINDS)
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    header = {"kind": "size.network.ShapeAutoencoder", "config": network.config, "sha256": digest(weights)}
    save_file(weights, tmp_path / "net.safetensors", metadata={"latentspace": json.dumps(header)})
    x = torch.rand(2, 1, 16, 16)
    assert torch.equal(load(tmp_path / "net.safetensors")(x), network(x))


class Scale(nn.Module):
    def __init__(self, factor: float):
        super().__init__()
        self.config, self.weight = {"factor": factor}, nn.Parameter(torch.tensor([factor]))


def test_a_network_outside_the_package_is_registered_under_a_name(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "REGISTERED", {})
    with pytest.raises(TypeError, match="Scale is not registered"):
        save(Scale(2.0), tmp_path / "net.safetensors")
    assert register("scale")(Scale) is Scale
    save(Scale(2.0), tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    assert type(again) is Scale and again.config == {"factor": 2.0}
    for taken in ("scale", "generator"):
        with pytest.raises(ValueError, match=f"the kind '{taken}' is taken"):
            register(taken)(nn.Linear)


def test_networks_of_seeds_come_back_by_seed(tmp_path, network):
    save_seeds({0: network, 3: network}, tmp_path)
    assert list(load_seeds(tmp_path, [3, 0], ShapeAutoencoder)) == [3, 0]
    with pytest.raises(ValueError, match=r"seed_1\.safetensors: no such file"):
        load_seeds(tmp_path, [1], ShapeAutoencoder)
    with pytest.raises(ValueError, match=r"seed_0\.safetensors: holds a ShapeAutoencoder, not a Scale"):
        load_seeds(tmp_path, [0], Scale)


def written(path, tensors, **header):
    header = {"sha256": digest(tensors), **header}
    save_file(tensors, path, metadata={"latentspace": json.dumps(header)})


DENSE = {"in_size": 3, "hidden": 4, "out_size": 2}


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({**DENSE, "hidden": 10**6}, r"'first.weight' have the shape \(4, 3\), by its config \(1000000, 3\)"),
        ({**DENSE, "in_size": 10**12, "hidden": 10**6}, "have the shape"),
        ({**DENSE, "hidden": 10**30}, "its config has the number 1000000"),
        ({**DENSE, "hidden": float("nan")}, "its config has the number nan"),
        ({**DENSE, "more": [1] * 200}, "more entries than a network of 4 tensors needs"),
    ],
)
def test_a_config_of_terabytes_is_refused_before_it_is_built(tmp_path, monkeypatch, config, complaint):
    tensors = {name: tensor.contiguous() for name, tensor in DenseNetwork(**DENSE).state_dict().items()}
    written(tmp_path / "net.safetensors", tensors, kind="dense_network", config=config)
    made = []
    monkeypatch.setattr(models, "digest", lambda _: made.append(1))  # what comes after building
    with pytest.raises(ValueError, match=rf"net\.safetensors: not a sound model file .*{complaint}") as caught:
        load(tmp_path / "net.safetensors")
    assert not made and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda tensor: tensor.long(), r"'first.bias' are torch.int64, not torch.float32"),
        (lambda tensor: tensor.bool(), r"'first.bias' are torch.bool"),
        (lambda tensor: tensor * float("nan"), "'first.bias' are not all finite"),
        (lambda tensor: tensor.fill_(float("inf")), "'first.bias' are not all finite"),
        (lambda tensor: tensor[:3].clone(), r"'first.bias' have the shape \(3,\), by its config \(4,\)"),
        (None, "'first.bias' are missing"),
    ],
)
def test_weights_that_no_network_has_are_refused(tmp_path, change, complaint):
    tensors = {name: tensor.contiguous() for name, tensor in DenseNetwork(**DENSE).state_dict().items()}
    bias = tensors.pop("first.bias")
    if change:
        tensors["first.bias"] = change(bias)
    written(tmp_path / "net.safetensors", tensors, kind="dense_network", config=DENSE)
    with pytest.raises(ValueError, match=rf"net\.safetensors: not a sound model file .*{complaint}"):
        load(tmp_path / "net.safetensors")


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "net.safetensors")
    with pytest.raises(ValueError, match=r"net\.safetensors: no such file"):
        load(tmp_path / "net.safetensors")


def test_loading_draws_the_same_random_numbers_as_building(tmp_path, network):
    """Comparing with the config on device meta draws none, so that results are those of before."""
    save(network, tmp_path / "net.safetensors")
    torch.manual_seed(0)
    models.build(models.describe(network))
    state = torch.get_rng_state()
    torch.manual_seed(0)
    load(tmp_path / "net.safetensors")
    assert torch.equal(torch.get_rng_state(), state)


def test_a_network_whose_module_is_imported_by_loading_it_computes(tmp_path, network):
    """The module's own tensors must not end on device meta, where the described network is compared first."""
    path = tmp_path / "network.safetensors"
    save(network, path)
    line = "import sys, torch, latentspace; latentspace.load(sys.argv[1])(torch.zeros(2, 1, 16, 16))"
    subprocess.run([sys.executable, "-c", line, str(path)], check=True)
