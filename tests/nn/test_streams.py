"""Random streams: no two streams of a training have the same seed."""

import torch

from latentspace.nn import streams
from latentspace.nn.streams import batch_indices, stream


def test_streams_of_a_training_do_not_meet():
    packets, restarts, steps = range(20), range(20), range(0, 2**28, 2**20 - 1)
    batches = (streams.RESTART_BATCHES, streams.DECODER_BATCHES, streams.PACKET_BATCHES)
    numbers = [*steps, *(first + packet for first in batches for packet in packets)]
    numbers += [streams.WEIGHTS + packet + restart * streams.RESTARTS for packet in packets for restart in restarts]
    assert len(set(numbers)) == len(numbers)
    assert len({stream(seed, number) for seed in range(20) for number in numbers}) == 20 * len(numbers)


def test_a_stream_is_a_seed_that_torch_takes():
    for seed, number in ((0, 0), (10**9, 2**31), (2**63, 7)):
        assert 0 <= stream(seed, number) < 2**32
        torch.Generator().manual_seed(stream(seed, number))


def test_batches_depend_on_seed_and_step_alone():
    one = batch_indices(1000, 8, 1, 1)
    torch.manual_seed(5)
    assert torch.equal(one, batch_indices(1000, 8, 1, 1))
    assert not torch.equal(one, batch_indices(1000, 8, 1, 2))
    assert not torch.equal(one, batch_indices(1000, 8, 2, 1))
