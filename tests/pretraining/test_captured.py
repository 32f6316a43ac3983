"""Steps whose share and rate are in tensors do what those with numbers do; CUDA's own capturing needs a GPU."""

import copy
from dataclasses import replace

import pytest
import torch

from latentspace.images.labelled import pooled
from latentspace.pretraining import progressive
from latentspace.pretraining.captured import WARM, Captured, Share
from latentspace.pretraining.state import resume, save_checkpoint, start


class Replayed(Captured):
    """A capture that calls the update again, on copies of the first arguments."""

    def aside(self, run):
        return run()

    def capture(self, real, z):
        inputs = real.clone(), z.clone()

        def replay(real, z):
            with torch.no_grad():
                inputs[0].copy_(real)
                inputs[1].copy_(z)
            return self.update(*inputs)

        return replay


def trained(state, recipe, images, steps, graph=None):
    data = pooled(images, state.size)
    scale = recipe.scales[state.scale]
    for _ in range(steps):
        losses = progressive.train_step(state, recipe, *progressive.batch_at(data, recipe, state, 5), graph)
        state.step, state.seen = state.step + 1, state.seen + scale.batch
    return losses


@pytest.mark.parametrize("scale", [0, 1])
def test_graphs_do_the_same_steps(scale, recipe, images):
    longer = [part.model_copy(update={"fade": 8 * part.fade, "steady": 100}) for part in recipe.scales]
    recipe = recipe.model_copy(update={"scales": longer})
    plain = start(recipe, 1, scale)
    other = replace(start(recipe, 1, scale))
    update = Replayed(lambda real, z: progressive.update(other, recipe, real, z), other)
    expected, found = trained(plain, recipe, images, 30), trained(other, recipe, images, 30, update)
    assert plain.generator.alpha == other.generator.alpha == 0
    assert len(update.replays) == (4 if scale else 2) and min(update.seen.values()) > WARM
    for name, loss in expected.items():
        torch.testing.assert_close(found[name], loss, rtol=1e-4, atol=1e-5)
    for key, weight in plain.average.state_dict().items():
        torch.testing.assert_close(other.average.state_dict()[key], weight, rtol=1e-4, atol=1e-5)


def test_a_checkpoint_of_graphs_is_read(recipe, images, tmp_path):
    state = start(recipe, 1, 1)
    losses = trained(
        state, recipe, images, 1, Replayed(lambda real, z: progressive.update(state, recipe, real, z), state)
    )
    assert isinstance(state.generator.alpha, Share)
    progressive._record(state, losses, 0)
    save_checkpoint(tmp_path, state)
    found = resume(tmp_path, recipe, torch.device("cpu"))
    assert found is not None and found.history == state.history
    trained(found, recipe, images, 1)


def test_a_share_is_the_number_in_its_tensor():
    place, x = torch.zeros(()), torch.arange(3.0)
    share = Share(0.25, place)
    torch.testing.assert_close(share * x + (1 - share) * 2 * x, 1.75 * x)
    assert share == 0.25 and copy.copy(float(share)) == 0.25
    place.fill_(0.5)
    torch.testing.assert_close(share * x, 0.5 * x)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_cuda_graphs_do_the_same_steps(recipe, images):
    longer = [part.model_copy(update={"fade": 8 * part.fade, "steady": 100}) for part in recipe.scales]
    recipe = recipe.model_copy(update={"scales": longer})
    states = [start(recipe, 1, 1).to(torch.device("cuda")) for _ in range(2)]
    graph = progressive.captured_update(states[1], recipe)
    trained(states[0], recipe, images, 30)
    trained(states[1], recipe, images, 30, graph)
    for key, weight in states[0].average.state_dict().items():
        torch.testing.assert_close(states[1].average.state_dict()[key], weight, rtol=1e-2, atol=1e-3)
