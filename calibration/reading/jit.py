"""Compiling with Numba: once, kept on disk where the disk lets it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code that runs beside other threads. Import modules that use this
    where they are needed: Numba takes a second to load."""
    numba: Any = import_module("numba")
    try:
        done: F = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        # No folder to keep it in: every process compiles for itself.
        done = numba.njit(nogil=True, error_model="numpy")(function)
    return done
