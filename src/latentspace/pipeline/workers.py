"""Independent trainings in parallel processes, one thread each, so that no result depends on the number of cores."""

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
    """Number of processes that train one network together, started by torchrun or `fabric run`; otherwise 1."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Index of this process among them, from 0; only process 0 writes files and prints."""
    return int(os.environ.get("RANK", "0"))


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Apply a picklable `function` to every item, each in its own process; results are in the order of `items`.

    All processes start at once and share the cores: three seeds on two cores take 1.5 times as long as one seed,
    whereas a pool of two processes would take twice as long.

    Raises:
        ChildProcessError: if one of the processes was killed.
    """
    if len(items) == 1 or processes() > 1:  # several processes train each item together, items in turn
        return [_one_thread(function, item) for item in items]
    # A forked child shares the parent's imports; forking is safe because the parent has one thread.
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    try:
        with ProcessPoolExecutor(len(items), mp_context=context, initializer=_begin_child) as pool:
            return list(pool.map(_one_thread, [function] * len(items), items))
    except BrokenProcessPool:
        raise ChildProcessError(
            "one of its processes was killed, perhaps for lack of memory; `dvc repro` resumes from the last checkpoint"
        ) from None


def in_shares(function: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item]) -> list[Result]:
    """Apply a picklable `function` of several items, one process per core with its share of them.

    Returns:
        The results in the order of `items`, of which `function` returns one each.
    """
    count = max(1, min(cores(), len(items)))
    shares = side_by_side(function, [items[first::count] for first in range(count)])
    return [shares[number % count][number // count] for number in range(len(items))]


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def one_thread() -> None:
    """Limit torch, BLAS and OpenMP to one thread in this process, so that no result depends on the number of cores."""
    from threadpoolctl import threadpool_limits

    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # if loaded later
    if torch := sys.modules.get("torch"):  # stages without networks do not import it
        torch.set_num_threads(1)
    threadpool_limits(1)


def _one_thread(function: Callable[[Item], Result], item: Item) -> Result:
    one_thread()
    return function(item)


def _begin_child() -> None:
    """Let Ctrl-C end this process without a traceback, as the parent reports it, and let it end with the parent."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with_parent()


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends, so that a killed stage leaves no orphan training."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 = PR_SET_PDEATHSIG
        if os.getppid() == 1 and os.environ.get("DVC_STAGE"):
            os._exit(1)
