"""The reader of OpenVINO's files against OpenVINO; the last test needs both it and the downloaded files."""

import sys

import pytest
import torch

from latentspace.gan.formats.openvino_file import Network
from latentspace.photos import reader

FILES = "photos/data/files"


class Known:
    """A network of two layers, in place of a file."""

    def __init__(self, monkeypatch, factor):
        layers = {"0": _layer("first"), "1": _layer("last")}
        results = {"0": torch.tensor([[1.0, -4.0]]), "1": torch.tensor([[2.0, 3.0]])}
        monkeypatch.setattr(Network, "of", classmethod(lambda cls, path: cls(layers, b"", ("1", "0"))))
        monkeypatch.setattr(Network, "__call__", lambda self, x: results[self.result[0]])
        expected = [("first", results["0"].numpy()), ("last", factor * results["1"].numpy())]
        monkeypatch.setattr(reader, "outputs", lambda path, x: expected)


def _layer(name):
    from latentspace.gan.formats.openvino_layers import Layer

    return Layer(name, "Convolution", {}, [], ["0"])


@pytest.mark.parametrize(("factor", "difference"), [(1, 0.0), (2, 0.5)])
def test_differences_are_relative_to_the_largest_number_of_a_layer(monkeypatch, tmp_path, factor, difference):
    Known(monkeypatch, factor)
    assert dict(reader.differences(tmp_path, torch.zeros(1, 2))) == {"first": 0.0, "last": difference}


def test_without_openvino_there_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ValueError, match=r"openvino is not installed: run `pip install -e '\.\[photos\]'`"):
        reader.outputs(tmp_path / "MappingNetwork.xml", torch.zeros(1, 2))


def test_the_published_generator_is_read_as_openvino_reads_it(root):
    pytest.importorskip("openvino", reason="openvino is not installed")
    if not (root / FILES).is_dir():
        pytest.skip(f"{FILES} is made by `make photos`")
    rows = {row.measure: row.value for row in reader.experiment(root / FILES, seed=0).rows}
    assert rows["mapping_layers"] >= 8 and rows["synthesis_layers"] >= 100
    assert max(rows["mapping_difference"], rows["synthesis_difference"]) < 1e-3
