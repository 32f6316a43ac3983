"""Affine lines: they start at given directions, and training through a generator brings them to the best ones."""

import pytest
import torch

from latentspace.gan.affine import Affine, Lines
from latentspace.gan.ganspace import orthonormal
from latentspace.nn import models
from latentspace.pca.errors import ErrorThrough
from latentspace.pca.growth import Growth, grow
from latentspace.pca.settings import Settings
from latentspace.pipeline.params import Training

LONG = Training(steps=1200, batch_size=64, learning_rate=0.02, warmup=0.1, betas=[0.9, 0.99], checkpoint_every=1000)


def grown(columns, offsets, through, training=LONG, hidden=0):
    lines, packets = Lines(columns, columns.shape[1], hidden), [1] * columns.shape[1]
    with torch.no_grad():
        images = through(offsets)
    growth = Growth(
        encoder=lines.encoder,
        decoder=lines.decoder,
        error=ErrorThrough(through, float((images - images.mean(0)).square().mean())),
        settings=Settings(packet_sizes=packets, weight=0.0),
        training=training,
        seed=0,
    )
    return grow((offsets, images), growth)[0]


def test_untrained_lines_are_those_of_the_directions():
    columns = orthonormal(torch.randn(8, 3))
    lines, x = Lines(columns, 3), torch.randn(5, 8)
    codes = torch.cat([lines.encoder(1)(x), lines.encoder(2)(x)], 1)
    assert torch.allclose(codes, x @ columns, atol=1e-6)
    assert torch.allclose(lines.decoder(2)(codes[:, :2]), codes[:, :2] @ columns[:, :2].T, atol=1e-6)


def test_what_may_bend_starts_as_the_lines_and_becomes_a_curve():
    columns = orthonormal(torch.randn(8, 3))
    bending, lines, x = Lines(columns, 3, 5), Lines(columns, 3), torch.randn(5, 8)
    encoder, decoder = bending.encoder(2), bending.decoder(2)
    assert torch.equal(encoder(x), lines.encoder(2)(x)) and torch.equal(decoder(x[:, :2]), lines.decoder(2)(x[:, :2]))
    assert decoder.bend.first.out_features == 10 and encoder.bend.first.out_features == 5
    with torch.no_grad():
        decoder.bend.second.weight.normal_()
    z = torch.tensor([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    assert not torch.allclose(decoder(z)[2] - decoder(z)[1], decoder(z)[1] - decoder(z)[0], atol=1e-3)


def test_what_no_line_encodes_is_found_by_bending():
    torch.manual_seed(0)
    offsets, training = torch.randn(2000, 4), LONG.model_copy(update={"steps": 600})

    class Through(torch.nn.Module):
        def forward(self, x):
            return torch.stack([x[:, 0] + x[:, 1].square(), 0.1 * x[:, 2]], 1)

    images, shares = Through()(offsets), {}
    for hidden in (0, 16):
        model = grown(torch.eye(4)[:, :1], offsets, Through(), training, hidden)
        with torch.no_grad():
            errors = Through()(model.decode(model.encode(offsets))) - images
        shares[hidden] = 1 - float(errors.square().mean() / (images - images.mean(0)).square().mean())
    assert shares[0] < 0.5 < 0.9 < shares[16]  # of a variance of 1 + 2, a line has 1


def test_more_components_than_directions_are_refused():
    with pytest.raises(ValueError, match="packet_sizes: 4 components; there are 3 directions"):
        Lines(torch.eye(3), 4)


def test_a_trained_line_becomes_the_principal_one_of_a_linear_map_wherever_it_starts():
    torch.manual_seed(0)
    turned = torch.linalg.qr(torch.randn(6, 6))[0]
    through = torch.nn.Linear(6, 6, bias=False)
    with torch.no_grad():
        through.weight.copy_(torch.diag(torch.tensor([3.0, 2.0, 0.5, 0.5, 0.5, 0.5])) @ turned.T)
    model = grown(orthonormal(torch.randn(6, 2)), torch.randn(2000, 6), through)
    for component in (0, 1):
        weight = model.encoders[component].layer.weight[0]
        assert float((weight / weight.norm()) @ turned[:, component]) ** 2 > 0.97
    decoded = model.decode(torch.tensor([[0.0], [1.0], [2.0]]))
    assert torch.allclose(decoded[2] - decoded[1], decoded[1] - decoded[0], atol=1e-5), "a straight line"


def test_trained_lines_survive_their_file(tmp_path):
    short = LONG.model_copy(update={"steps": 3})
    model = grown(torch.eye(6)[:, :2], torch.randn(200, 6), torch.nn.Tanh(), short)
    models.save(model, tmp_path / "lines.safetensors")
    read, x = models.load(tmp_path / "lines.safetensors"), torch.randn(4, 6)
    assert isinstance(read.encoders[0], Affine)
    assert torch.equal(read(x), model(x))
