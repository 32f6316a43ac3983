"""What autoencoders are trained on."""

import numpy as np

from latentspace.position.networks import PositionAutoencoder
from latentspace.position.train_autoencoder import AUTOENCODERS, autoencoder_jobs


def test_every_start_of_the_autoencoder_is_trained(small_autoencoder):
    jobs = autoencoder_jobs(small_autoencoder, [0, 1])
    assert [job.name for job in jobs] == [*AUTOENCODERS, *AUTOENCODERS]
    assert {job.name: job.start for job in jobs} == {name: start for name, (_, start) in AUTOENCODERS.items()}
    assert all(job.encoder_rate == small_autoencoder.encoder_rate for job in jobs)


def test_dimensions_and_positions(small_autoencoder):
    jobs = {(job.name, job.seed): job for job in autoencoder_jobs(small_autoencoder, [0, 1])}
    assert all(job.network is PositionAutoencoder for job in jobs.values())
    assert jobs["line", 0].positions.shape == (25, 1) and jobs["image", 0].positions.shape == (25, 2)
    assert jobs["image_random", 0].config["dimensions"] == 2
    assert np.array_equal(jobs["line", 0].positions, jobs["line_random", 0].positions)
    assert not np.isin(jobs["line", 0].positions, jobs["line", 1].positions).any()
