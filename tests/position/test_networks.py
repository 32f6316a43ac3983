"""Networks of the position chapter against closed forms."""

import numpy as np
import pytest
import torch

from latentspace.nn.models import parameter_count
from latentspace.position import dataset, theory
from latentspace.position.filters import PHI
from latentspace.position.networks import (
    AutoencoderObjective,
    CoordConvDecoder,
    DecoderObjective,
    LabelObjective,
    PositionAutoencoder,
    PositionDecoder,
    PositionEncoder,
    dirac,
    initialise,
    initialise_averaging,
    initialise_positive,
)


def test_dirac_is_eq_11():
    a = dataset.held_out(50, 16, 1)
    assert np.allclose(dirac(torch.as_tensor(a), 16).numpy(), theory.fractional(a[:, 0], 16))
    b = dataset.held_out(49, 16, 2)
    assert np.allclose(dirac(torch.as_tensor(b), 16).numpy(), theory.fractional_2d(b, 16))


def with_taps(levels, halving, taps):
    network = PositionEncoder(levels, halving).double()
    with torch.no_grad():
        network.taps.copy_(torch.tensor(taps, dtype=torch.float64))
    return network


def test_stride_with_phi_is_the_theorem_layer_by_layer():
    x = theory.one_hot(np.arange(16), 16).astype(float)
    outputs = with_taps(4, "stride", [PHI] * 4).layers(torch.as_tensor(x))
    for ours, exact in zip(outputs, theory.layers(x), strict=True):
        assert (ours.detach().numpy() == exact).all()


def test_average_pooling_can_be_exact_with_another_filter():
    network = with_taps(5, "average_pool", [[2.0, 2.0, 0.0]] * 5)  # pairs of [1, 1, 0] make [1, 2, 1, 0]
    answers = network(torch.eye(32, dtype=torch.float64)).detach().numpy()
    assert np.allclose(answers, 32 - np.arange(32))


def test_an_even_filter_multiplies_one_factor_per_binary_digit():
    taps = np.random.default_rng(0).uniform(0.5, 2, (4, 2))
    answers = with_taps(4, "even_filter", taps)(torch.eye(16, dtype=torch.float64)).detach().numpy()
    digits = (np.arange(16)[:, None] >> np.arange(4)) & 1
    assert np.allclose(answers, np.prod(taps[np.arange(4), digits], axis=1))


def test_max_pooling_of_phi_cannot_tell_the_two_places_of_a_pair_apart_at_the_end():
    answers = with_taps(3, "max_pool", [PHI] * 3)(torch.eye(8, dtype=torch.float64)).detach().numpy()
    assert len(set(answers)) < 8


@pytest.mark.parametrize("dimensions", [1, 2])
def test_shapes_and_parameter_counts(dimensions):
    ours = PositionDecoder(16, dimensions, [6, 5, 4, 3, 2])
    baseline = CoordConvDecoder(16, dimensions, [7, 5])
    a = torch.as_tensor(dataset.held_out(9, 16, dimensions), dtype=torch.float32)
    assert ours(a).shape == baseline(a).shape == (9, *(16,) * dimensions)
    k = 4**dimensions
    assert parameter_count(ours) == 6 * (dimensions + 1) + k * (30 + 20 + 12 + 6) + 5 + 4 + 3 + 2 + 3
    assert parameter_count(baseline) == 7 * (2 * dimensions + 1) + 5 * 8 + 6
    autoencoder = PositionAutoencoder(16, dimensions, 4, [6, 5, 4, 3, 2])
    x = dirac(a, 16)
    assert autoencoder.encode(x).shape == (9, dimensions)
    assert autoencoder(x).shape == x.shape


def test_coordconv_treats_all_places_alike():
    network = CoordConvDecoder(16, 1, [8])
    initialise(network, 0)
    with torch.no_grad():  # a function of place − a only: an exact Dirac by three ReLUs
        network.levels[0].weight.zero_()
        network.levels[0].weight[:3] = torch.tensor([[-8.0, 8.0]])
        network.levels[0].bias[:3] = torch.tensor([1.0, 0.0, -1.0])
        network.levels[1].weight.copy_(torch.tensor([[1.0, -2.0, 1.0, 0, 0, 0, 0, 0]]))
    a = torch.tensor([[3.0], [7.25]])
    assert torch.allclose(network(a), dirac(a, 16), atol=1e-5)


def test_objectives_are_zero_for_exact_networks():
    exact = with_taps(4, "stride", [[0.5, 1.0, 0.5]] * 4)
    assert LabelObjective(exact)(torch.as_tensor(dataset.held_out(20, 16, 1)))["loss"].item() < 1e-12


@pytest.mark.parametrize("kind", [DecoderObjective, AutoencoderObjective])
def test_an_objective_is_the_mean_square_per_place(kind):
    positions = torch.as_tensor(dataset.held_out(25, 8, 2), dtype=torch.float32)
    widths = [4, 4, 4, 4]
    network = PositionDecoder(8, 2, widths) if kind is DecoderObjective else PositionAutoencoder(8, 2, 3, widths)
    initialise(network, 0)
    objective = kind(network) if kind is DecoderObjective else kind(network, 0.5)
    x = dirac(positions, 8)
    outputs = network(positions) if kind is DecoderObjective else network(x)
    assert objective(positions)["loss"].item() == pytest.approx((outputs - x).square().mean().item())


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("encoder_width", [2, 5])
def test_the_averaging_start_is_the_theorem(dimensions, encoder_width):
    network = PositionAutoencoder(16, dimensions, encoder_width, [4] * 5)
    initialise(network, 0)
    initialise_averaging(network, 0)
    a = torch.as_tensor(dataset.held_out(49, 16, dimensions), dtype=torch.float32)
    assert torch.allclose(network.encode(dirac(a, 16)), 1 - a / 16, atol=1e-6)


def test_a_random_start_is_not_the_theorem():
    network = PositionAutoencoder(16, 1, 4, [4] * 5)
    initialise(network, 0)
    a = torch.as_tensor(dataset.held_out(49, 16, 1), dtype=torch.float32)
    assert (network.encode(dirac(a, 16)) - (1 - a / 16)).abs().max() > 0.1


@pytest.mark.parametrize("dimensions", [1, 2])
def test_every_kink_of_the_first_layer_crosses_the_positions(dimensions):
    network = PositionDecoder(8, dimensions, [500, 2, 2, 2])
    initialise(network, 0)
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * dimensions).reshape(-1, dimensions)
    values = network.spread(corners)
    assert (values.amin(0) <= 0).all() and (values.amax(0) >= 0).all()


def test_the_encoder_learns_at_its_own_rate():
    objective = AutoencoderObjective(PositionAutoencoder(8, 1, 2, [2, 2, 2, 2]), 0.25)
    groups = objective.parameter_groups()
    assert [group["scale"] for group in groups] == [0.25, 1.0]
    assert sum(len(group["params"]) for group in groups) == len(list(objective.parameters()))


@pytest.mark.parametrize("halving", ["stride", "max_pool", "average_pool", "even_filter"])
def test_positive_start(halving):
    network = PositionEncoder(5, halving)
    initialise_positive(network, 0)
    answers = network(torch.eye(32))
    assert (network.taps > 0).all() and (answers > 0).all() and (answers < 30).all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="16 places need one width for each of"):
        PositionDecoder(16, 1, [4, 4])
    with pytest.raises(ValueError, match="12 places need one width"):  # not a power of two
        PositionDecoder(12, 1, [4, 4, 4, 4, 4])
    with pytest.raises(ValueError, match="encoder_width = 1 must be at least d = 2"):
        PositionAutoencoder(8, 2, 1, [4, 4, 4, 4])
    with pytest.raises((ValueError, TypeError)):
        PositionEncoder(3, "median")
