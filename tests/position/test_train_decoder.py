"""What decoders are trained on, with the project's parameters."""

import numpy as np
import pytest

from latentspace.nn.models import parameter_count
from latentspace.pipeline.params import parse
from latentspace.position.networks import CoordConvDecoder, PositionDecoder
from latentspace.position.params import Decoder
from latentspace.position.train import build
from latentspace.position.train_decoder import decoder_jobs, decoder_kinds


@pytest.fixture(scope="module")
def decoder(params):
    return parse(Decoder, params["position_train_decoder"], "position_train_decoder")


def test_the_baseline_has_as_many_parameters_and_steps(decoder):
    jobs = {job.name: job for job in decoder_jobs(decoder, [0])}
    for ours, baseline in (("continuous", "coordconv"), ("image_continuous", "image_coordconv")):
        counts = [parameter_count(build(jobs[name])[0]) for name in (ours, baseline)]
        assert counts[1] == pytest.approx(counts[0], rel=0.01)
        assert jobs[ours].training.steps == jobs[baseline].training.steps
        assert (jobs[ours].positions == jobs[baseline].positions).all()


def test_batches_of_the_baseline_are_its_own(small_decoder):
    sizes = {job.name: job.training.batch_size for job in decoder_jobs(small_decoder, [0])}
    assert sizes["coordconv"] == 4 and sizes["image_coordconv"] == 2
    assert {size for name, size in sizes.items() if "coordconv" not in name} == {8}


def test_training_sets_are_whole_or_continuous_and_differ_by_seed(decoder):
    jobs = decoder_jobs(decoder, [0, 1])
    named = {(job.name, job.seed): job.positions for job in jobs}
    assert len(named) == len(jobs) == 2 * len(decoder_kinds(decoder))
    assert (named["one_hot", 0] == np.arange(decoder.line.image_size)[:, None]).all()
    assert len(named["image_one_hot", 0]) == decoder.image.image_size**2
    assert len(named["continuous_64", 0]) == 64 and len(named["continuous", 0]) == 4096
    assert not np.isin(named["continuous", 0], named["continuous", 1]).any()
    kinds = decoder_kinds(decoder)
    assert kinds["coordconv"] is CoordConvDecoder and kinds["image_one_hot"] is PositionDecoder
