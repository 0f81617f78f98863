"""Random numbers by address: (seed, replication, purpose, attempt) names a stream, the entity's
number a place in it.

The same box has the same uniform for the same purpose under every regime, however many boxes
there are and in whatever order they are served. The key is full-width: 128 bits of BLAKE2b over
the address are the key of a Philox generator, so no two addresses share a stream.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def uniforms(seed: int, replication: int, purpose: str, n: int,
             attempt: int = 0) -> NDArray[np.float64]:
    """n uniforms in the open interval (0, 1); entity i always has the i-th of its stream."""
    address = f"{seed}|{replication}|{purpose}|{attempt}".encode()
    key = int.from_bytes(hashlib.blake2b(address, digest_size=16).digest(), "little")
    draws = np.random.Generator(np.random.Philox(key=key)).random(n)
    # The draws are multiples of 2**-53 from 0; half a step up, and never as far as 1.
    return np.minimum(draws + 2.0**-54, 1.0 - 2.0**-53)
