"""Model files: what is saved comes back, and what is not sound is refused by name."""

import json

import pytest
import torch
from safetensors.torch import save_file

from latentspace import load
from latentspace.core.models import digest, save
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
    ["os.system", "os:system", "os.path.Path", "..os.Path", "size.network.nn", "size.nowhere.Net", "core.stage.Stage"],
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
