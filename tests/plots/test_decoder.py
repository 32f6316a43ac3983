"""Layers for the report's page: merged, counted and packed."""

import base64
import zlib

import numpy as np
import pytest
import torch
from torch import nn

from latentspace.plots import decoder

from .computed import computed


def test_two_linear_layers_in_a_row_are_one():
    torch.manual_seed(0)
    first, second = nn.Linear(3, 5), nn.Linear(5, 2)
    layers = [*decoder.layers_of(first), *decoder.layers_of(second), decoder.SILU, *decoder.layers_of(nn.Linear(2, 2))]
    merged, x = decoder.merged(layers), torch.randn(4, 3)
    assert [layer.op for layer in merged] == ["linear", "silu", "linear"] and merged[0].numbers == (2, 3)
    assert torch.allclose(computed(merged, x), computed(layers, x), atol=1e-6)
    assert decoder.size_of(merged) == 2 * 3 + 2 + 2 * 2 + 2


def test_weights_are_halves_and_biases_singles_in_one_text():
    weight, bias = torch.tensor([[1.0, -2.5], [1e-3, 0.1]]), torch.tensor([0.1, 3.0])
    found = decoder.packed([decoder.linear(weight, bias), decoder.leaky(0.2)])
    assert found["layers"] == [["linear", 2, 2], ["leaky", 0.2]]
    data = np.frombuffer(zlib.decompress(base64.b64decode(found["weights"])), np.uint8)
    halves = np.stack([data[4:8], data[:4]], 1).copy().view("<f2").ravel()  # high bytes are first
    assert (halves == weight.half().numpy().ravel()).all() and halves[3] != np.float32(0.1)
    assert (data[8:].view("<f4") == bias.numpy()).all()


def test_what_the_page_cannot_compute_is_refused():
    with pytest.raises(decoder.UnsupportedError, match="the page cannot compute a LSTM"):
        decoder.layers_of(nn.LSTM(2, 2))
    with pytest.raises(decoder.UnsupportedError, match="too large for half precision"):
        decoder.packed([decoder.linear(torch.tensor([[1e5]]), torch.zeros(1))])
