"""Processes: independent trainings side by side, one thread each, so that a result does not depend on the machine."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def processes() -> int:
    """How many processes train one network together, started by torchrun or `fabric run`; 1 otherwise."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0; the first is the one that writes files and speaks."""
    return int(os.environ.get("RANK", "0"))


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Apply a picklable `function` to every item, each in a process of its own; results in the order of `items`.

    All start at once and share the cores there are, which wastes none of them (three seeds on two cores take 1.5
    times as long as one, where taking turns would take twice as long).

    Raises:
        ChildProcessError: if one of the processes was killed.
    """
    if len(items) == 1 or processes() > 1:  # several processes train each item together, one by one
        return [_one_thread(function, item) for item in items]
    # A forked child has the parent's imports already; it is safe because the parent keeps to one thread.
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    try:
        with ProcessPoolExecutor(len(items), mp_context=context, initializer=die_with_parent) as pool:
            return list(pool.map(_one_thread, [function] * len(items), items))
    except BrokenProcessPool:
        raise ChildProcessError(
            "one of its processes was killed, perhaps for lack of memory; `dvc repro` goes on from the last checkpoint"
        ) from None


def one_thread() -> None:
    """Keep torch, BLAS and OpenMP to one thread in this process: results then do not depend on the machine's cores."""
    from threadpoolctl import threadpool_limits

    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # if loaded later
    if torch := sys.modules.get("torch"):  # a stage without networks does not wait for its import
        torch.set_num_threads(1)
    threadpool_limits(1)


def _one_thread(function: Callable[[Item], Result], item: Item) -> Result:
    one_thread()
    return function(item)


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that a killed stage leaves no orphan training."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 = PR_SET_PDEATHSIG
        if os.getppid() == 1 and os.environ.get("DVC_STAGE"):
            os._exit(1)
