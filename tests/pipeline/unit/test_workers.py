"""Trainings side by side: order of results, one thread each, and what a killed process says."""

import os
import signal
import time

import pytest
import torch

from latentspace.pipeline import workers
from latentspace.pipeline.workers import cores, in_shares, one_thread, processes, rank, side_by_side


def squared(number: int) -> tuple[int, int, int]:
    time.sleep(0.5)  # long enough for every process to take an item
    return number**2, os.getpid(), torch.get_num_threads()


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_are_in_the_order_of_the_items_and_each_has_its_process_and_one_thread():
    results = side_by_side(squared, [3, 1, 2])
    assert [value for value, _, _ in results] == [9, 1, 4]
    assert 1 <= len({pid for _, pid, _ in results} - {os.getpid()}) <= 3, "one process may take two shares"
    assert os.getpid() not in {pid for _, pid, _ in results}
    assert {threads for _, _, threads in results} == {1}


def squares(numbers: list[int]) -> list[tuple[int, int, int]]:
    return [(number**2, os.getpid(), len(numbers)) for number in numbers]


def test_many_items_are_shared_by_as_many_processes_as_there_are_cores(monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 3)
    results = in_shares(squares, range(8))
    assert [value for value, _, _ in results] == [number**2 for number in range(8)]
    assert [size for _, _, size in results] == [3, 3, 2, 3, 3, 2, 3, 3]
    assert 1 <= len({pid for _, pid, _ in results} - {os.getpid()}) <= 3, "one process may take two shares"
    assert os.getpid() not in {pid for _, pid, _ in results}
    assert in_shares(squares, [5]) == [(25, os.getpid(), 1)] and in_shares(squares, []) == []


def test_cores_are_those_that_this_process_may_use():
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_one_item_stays_in_this_process():
    assert side_by_side(squared, [3]) == [(9, os.getpid(), 1)]


def test_processes_that_train_together_take_one_training_after_another(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    assert (processes(), rank()) == (2, 1)
    assert side_by_side(lambda _: os.getpid(), [1, 2]) == [os.getpid()] * 2


def test_a_killed_process_is_one_line():
    with pytest.raises(ChildProcessError, match="one of its processes was killed"):
        side_by_side(die, [1, 2])


def test_later_libraries_find_one_thread_in_the_environment(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "8")
    one_thread()
    assert os.environ["OMP_NUM_THREADS"] == os.environ["OPENBLAS_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
    assert torch.get_num_threads() == 1
