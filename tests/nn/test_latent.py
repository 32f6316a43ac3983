"""Latent models: what follows from `encode` and `decode`."""

import pytest
import torch
from torch import nn

from latentspace.nn import chunks
from latentspace.nn.latent import LatentModel


class Halves(LatentModel):
    """A code of three numbers, half of each input; outputs are doubled codes, missing components zero."""

    def __init__(self):
        super().__init__()
        self.components, self.layer = 3, nn.Linear(3, 3)

    def encode(self, x):
        return x / 2

    def decode(self, z):
        return 2 * nn.functional.pad(z, (0, 3 - z.shape[1]))


X = torch.arange(12.0).reshape(4, 3)


def test_all_components_reconstruct_and_some_leave_the_others_at_zero():
    assert torch.equal(Halves()(X), X) and torch.equal(Halves().reconstruct(X), X)
    assert torch.equal(Halves().reconstruct(X, 1), X * torch.tensor([1.0, 0.0, 0.0]))


@pytest.mark.parametrize("components", [0, 4])
def test_components_that_are_not_there_are_refused(components):
    with pytest.raises(ValueError, match=f"n_components = {components}: there are 3"):
        Halves().reconstruct(X, components)
    with pytest.raises(ValueError, match=r"component 3: there are components 0 … 2"):
        Halves().traverse(3, torch.zeros(1), torch.zeros(3))


def test_a_traversal_changes_one_component_of_the_start():
    start = torch.tensor([1.0, 2.0, 3.0])
    found = Halves().traverse(1, torch.tensor([-1.0, 0.5]), start)
    assert torch.equal(found, torch.tensor([[2.0, -2.0, 6.0], [2.0, 1.0, 6.0]]))
    assert torch.equal(start, torch.tensor([1.0, 2.0, 3.0])), "the start is not changed"


def test_large_sets_are_reconstructed_in_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 3)
    sizes = []
    model = Halves()
    monkeypatch.setattr(model, "encode", lambda x: sizes.append(len(x)) or x / 2)
    assert torch.equal(model.reconstruct(X), X)
    assert sizes == [3, 1]
