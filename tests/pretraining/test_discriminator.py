"""The discriminator: the fade-in convention, growth, minibatch deviation, the zoo's layout."""

import torch
import torch.nn.functional as F

from latentspace.gan import zoo
from latentspace.pretraining.discriminator import Discriminator, minibatch_deviation


def test_discriminator_fades_from_the_scale_before():
    torch.manual_seed(0)
    grown = Discriminator([8, 6, 4])
    small = Discriminator([8, 6])
    small.load_state_dict({k: v for k, v in grown.state_dict().items() if k in small.state_dict()})
    images = torch.randn(4, 3, 16, 16)
    grown.alpha = 1.0
    torch.testing.assert_close(grown(images), small(F.avg_pool2d(images, 2)))


def test_minibatch_deviation_is_the_mean_over_groups_of_four():
    x = torch.randn(8, 3, 4, 4)
    channel = minibatch_deviation(x)[:, 3]
    for group in (slice(0, 4), slice(4, 8)):
        expected = (x[group].var(0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(channel[group], expected.expand(4, 4, 4))
    torch.testing.assert_close(minibatch_deviation(x[:3])[:, 3, 0, 0], (x[:3].var(0) + 1e-8).sqrt().mean().expand(3))
    assert not minibatch_deviation(x[:1])[:, 3].any()


def test_growth_keeps_the_trained_weights():
    torch.manual_seed(0)
    grown = Discriminator([8, 6])
    before = {key: tensor.clone() for key, tensor in grown.state_dict().items()}
    grown.grow(4)
    assert grown.config["widths"] == [8, 6, 4]
    for key, tensor in before.items():
        assert torch.equal(grown.state_dict()[key], tensor)
    assert grown(torch.randn(2, 3, 16, 16)).shape == (2,)


def test_scores_of_half_precision_images_are_float32():
    scores = Discriminator([8, 6])(torch.randn(2, 3, 8, 8).bfloat16())
    assert scores.dtype == torch.float32


def test_it_has_the_layers_that_zoo_files_hold():
    ours, theirs = (made([8, 6, 4]).state_dict() for made in (Discriminator, zoo.discriminator))
    assert {key: tensor.shape for key, tensor in ours.items()} == {key: tensor.shape for key, tensor in theirs.items()}
