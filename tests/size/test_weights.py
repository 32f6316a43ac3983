"""The filter that a linear encoder is, in closed form and against the encoder."""

import numpy as np
import pytest
import torch

from latentspace.images.shapes import distances
from latentspace.size.measures import respond
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.weights import (
    VARIANTS,
    averaging_cosine,
    effective_filters,
    encoder_filter,
    experiment,
    filters,
    linear_share,
    ring_cosine,
    ring_means,
)


def test_encoder_filter_of_one_level_is_the_part_of_its_taps_that_meets_the_image():
    net = ShapeAutoencoder(2, 1, [], [], slope=0.2, linear_encoder=True)
    taps = torch.arange(9.0).view(1, 1, 3, 3)
    with torch.no_grad():
        net.encoder[0].weight.copy_(taps)
    assert encoder_filter(net, 2).tolist() == [[4, 5], [7, 8]], "row and column 0 of the taps meet padding"


def test_encoder_filter_gives_the_code_of_any_image(network):
    net, x = network(linear_encoder=True), np.random.default_rng(0).random((5, 16, 16))
    assert np.allclose((x * encoder_filter(net, 16)).sum((1, 2)), respond(net, x).codes[:, 0], atol=1e-5)


def test_averaging_cosine():
    assert averaging_cosine(np.full((4, 4), -0.3)) == pytest.approx(1)
    assert averaging_cosine(np.tile([[1.0, -1], [-1, 1]], (2, 2))) == pytest.approx(0)
    assert averaging_cosine(np.eye(4)) == pytest.approx(1 / 2), "4 pixels of 16: 4 / (√4 · √16)"


def test_ring_means_are_all_that_the_code_of_a_disk_depends_on(disks):
    w = np.random.default_rng(0).random((16, 16))
    ring = distances(16).astype(int)
    even = ring_means(w, 99.0)[ring]
    whole = np.array([(ring < r).astype(float) for r in range(8)])  # disks of whole rings
    assert np.allclose((whole * w).sum((1, 2)), (whole * even).sum((1, 2)))
    assert len(ring_means(w, 7.5)) == 8 and ring_means(w, 7.5)[0] == pytest.approx(w[7:9, 7:9].mean())


def test_ring_cosine_ignores_what_varies_along_rings():
    lopsided = 1 + np.sign(np.arange(16) - 7.5)[:, None] * np.ones(16)  # 0 above, 2 below
    assert averaging_cosine(lopsided) == pytest.approx(1 / np.sqrt(2))
    assert ring_cosine(lopsided, 7.5) == pytest.approx(1)
    assert ring_cosine(-distances(16), 7.5) < 0.97
    assert ring_cosine(np.where(distances(16) < 7, 3.0, -99.0), 7.0) == pytest.approx(1), "no disk is larger"


def test_linear_share_is_1_for_a_linear_encoder_and_its_filter(network, disks):
    net = network(linear_encoder=True)
    w = encoder_filter(net, 16)
    z = respond(net, disks.test).codes[:, 0]
    assert linear_share(net, w, disks) == pytest.approx(1, abs=1e-6)
    assert linear_share(net, 0 * w, disks) == pytest.approx(1 - np.square(z).sum() / np.square(z - z.mean()).sum())
    assert linear_share(network(), w, disks) < 0.99


def test_filters_are_tiled_with_a_row_per_output_channel_or_per_input_channel_if_there_are_more(network):
    net = network()
    figure = filters(net)
    assert len(figure.axes) == 8
    image = figure.axes[1].images[0].get_array()
    assert image.shape == (4 * 4 - 1, 3 * 4 - 1)
    assert np.allclose(image[8:11, 4:7], net.down[1].weight[1, 2].detach().numpy())
    assert (image[3] == 0).all() and (image[:, 3] == 0).all()


def test_a_filter_and_its_ring_means_per_seed():
    figure = effective_filters({0: np.ones((4, 4)), 7: -np.eye(4)}, 2.0)
    assert len(figure.axes) == 4
    assert np.allclose(figure.axes[2].lines[1].get_ydata(), 1), "an average is drawn at 1"


def test_experiment(pair, disks, complete):
    networks = {name: pair(linear_encoder=name == "linear_encoder") for name in VARIANTS}
    findings = experiment(networks, disks)
    measures = {"linear_encoder": ("averaging_cosine", "ring_cosine", "filter_r2")}
    assert not complete(findings, measures, ["filters.png", "linear_encoder.png"])
