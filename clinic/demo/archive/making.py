"""Processes that work out the archive's chunks beside the one that has them written down."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

import django

MAKERS = max(1, min(4, os.cpu_count() or 1))
AHEAD = 2  # results that may wait to be written down, for each maker: so memory doesn't grow with their number

Job = TypeVar("Job")
Made = TypeVar("Made")


def in_order(make: Callable[[Job], Made], jobs: Iterable[Job]) -> Iterator[Made]:
    """In the order of the jobs, whoever is done first."""
    # Not forked: this process's connection to PostgreSQL stays its own.
    with ProcessPoolExecutor(MAKERS, mp_context=multiprocessing.get_context("spawn"), initializer=_begin) as pool:
        waiting: deque[Future[Made]] = deque()
        try:
            for job in jobs:
                waiting.append(pool.submit(make, job))
                if len(waiting) > MAKERS * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that waits for us
    django.setup()
