"""Training through a generator: the error falls, a killed training resumes, large sets are mapped from a file."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latentspace.gan import train as training
from latentspace.gan.affine import Affine
from latentspace.gan.directions import Directions
from latentspace.gan.ganspace import ganspace
from latentspace.gan.local import LocalModel
from latentspace.gan.neighbourhood import seed_of
from latentspace.gan.places import places
from latentspace.gan.rendering import render, sample
from latentspace.gan.roles import AFFINE
from latentspace.gan.train import Job, train, unexplained
from latentspace.nn.chunks import mean_squared_difference
from latentspace.pca import growth
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.params import Training

SCHEDULE = Training(steps=12, batch_size=16, learning_rate=0.01, warmup=0.25, betas=[0.9, 0.99], checkpoint_every=4)


@pytest.fixture
def job(generator, variant, sizes, tmp_path):
    def made(folder="run", schedule=SCHEDULE):
        return Job(generator, places(variant, 8)[0], sizes, schedule, variant, 16, CPU, tmp_path / folder, 0)

    return made


def test_training_reaches_below_the_error_of_the_mean_image(job):
    long = job(schedule=SCHEDULE.model_copy(update={"steps": 150}))
    model, curve = train(long)
    assert isinstance(model, LocalModel) and model.components == 2
    assert curve[-1]["reconstruction"] < 0.8
    place = long.place
    codes = model.encode(place.latents(place.draw(500, seed=9)))
    assert codes.std(0).detach().numpy() == pytest.approx(np.ones(2), rel=0.3)


def test_affine_lines_begin_at_ganspace_and_end_above_it(job, variant):
    lines = variant.model_copy(update={"method": AFFINE, "weight": 0.0})
    tried = replace(job(), variant=lines, training=SCHEDULE.model_copy(update={"steps": 60}))
    model, _ = train(tried)
    assert all(isinstance(part, Affine) for part in [*model.inner.encoders, *model.inner.decoders])
    data = sample(tried.generator, tried.place, 64, seed_of(0, test=False))
    start = LocalModel.about(tried.place, Directions.along(ganspace(data, 2)))
    errors = [
        mean_squared_difference(
            render(tried.generator, each.reconstruct(tried.place.latents(data.offsets))), data.images
        )
        for each in (model, start)
    ]
    assert errors[0] < errors[1]


def test_a_killed_training_ends_in_the_same_weights(job, monkeypatch):
    whole, _ = train(job("whole"))
    real, calls = growth.fit, []

    def killed(*arguments, **keywords):
        result = real(*arguments, **keywords)
        calls.append(result)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(growth, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        train(job("killed"))
    monkeypatch.setattr(growth, "fit", real)
    resumed, _ = train(job("killed"))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_images_too_many_for_the_memory_are_mapped(job, monkeypatch, tmp_path):
    kept, _ = train(job("memory"))
    monkeypatch.setattr(training, "LARGE", 10)
    mapped, _ = train(job("file"))
    assert (tmp_path / "file" / "images.npy").exists()
    assert all(torch.equal(a, b) for a, b in zip(kept.parameters(), mapped.parameters(), strict=True))


def test_metrics_name_place_and_seed(job):
    curve = [{"step": 0.0, "reconstruction": 0.9}, {"step": 1.0, "reconstruction": 0.5}]
    (row,) = unexplained([job()], [curve])
    assert (row.key, row.value) == ("unexplained/sigma_0.1_anchor_1_seed_0", 0.5)
