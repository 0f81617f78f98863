"""Runs in several processes: the same outcomes in the same order for any number of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

T = TypeVar("T")


def outcomes(run: Callable[[int], T], number: int, workers: int = 1) -> Iterator[T]:
    """run(0), run(1), ... run(number - 1), each as soon as it and those before it are known.

    With more than one worker, `run` must be what can be pickled: a method of an object of a module.
    """
    if workers <= 1 or number <= 1:
        yield from map(run, range(number))
        return
    with ProcessPoolExecutor(min(workers, number), get_context("spawn"), _begin, (run,)) as pool:
        try:
            yield from pool.map(_run, range(number))
        finally:
            pool.shutdown(cancel_futures=True)


_RUN: list[Callable[[int], Any]] = []


def _begin(run: Callable[[int], Any]) -> None:
    _RUN[:] = [run]


def _run(number: int) -> Any:
    return _RUN[0](number)
