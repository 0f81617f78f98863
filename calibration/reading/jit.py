"""Compiling with Numba: once, kept on disk where the disk lets it."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code that runs beside other threads. Import modules that use this
    where they are needed: Numba takes a second to load."""
    numba: Any = import_module("numba")
    config: Any = import_module("numba.core").config
    folder, before = _folder(), config.CACHE_DIR
    config.CACHE_DIR = folder or ""
    try:
        done: F = numba.njit(nogil=True, cache=bool(folder), error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before
    return done


@lru_cache(maxsize=1)
def _folder() -> str | None:
    """Where machine code is kept: the folder in NUMBA_CACHE_DIR, else the user's cache; None where
    neither can be written to. It is named after the texts that it is of, so it is never stale."""
    text = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    versions = f"{version('numba')} {version('llvmlite')} {sys.version}"
    name = f"reading-{hashlib.sha256(text + versions.encode()).hexdigest()[:16]}"
    windows = os.environ.get("LOCALAPPDATA")
    places = [os.environ.get("NUMBA_CACHE_DIR"), windows, os.environ.get("XDG_CACHE_HOME"),
              str(Path.home() / ".cache")]
    for place in filter(None, places):
        folder = Path(place) / "onestop" / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f"probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return str(folder)
    return None
