"""Sums and means chunk by chunk are those of the whole."""

import pytest
import torch

from latentspace.nn import chunks

ROWS = torch.randn(200, 3, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 30)
    monkeypatch.setattr(chunks, "SUMMED", 7)


def test_functions_of_rows_are_joined():
    assert torch.equal(chunks.in_chunks(lambda part: 2 * part, ROWS), 2 * ROWS)


def test_moments_are_those_of_the_whole_set():
    exact = ROWS.double()
    torch.testing.assert_close(chunks.mean_over(ROWS), exact.mean(0))
    assert chunks.variance(ROWS) == pytest.approx(float((exact - exact.mean(0)).square().mean()))


def test_differences_are_those_of_the_whole_set():
    other = ROWS + 0.5
    assert chunks.mean_squared_difference(ROWS, other) == pytest.approx(0.25, rel=1e-5)
