"""Uniforms by address: nothing but the address decides a value."""

from __future__ import annotations

import numpy as np
from scipy import stats

from sim.streams import uniforms

KNOWN = [0.72780323814013, 0.21401746036625474, 0.21422458284346674]


def test_more_entities_change_no_value() -> None:
    long = uniforms(1, 0, "size", 10_001)
    for n in (0, 1, 2, 3, 5, 1000, 10_000):
        assert np.array_equal(uniforms(1, 0, "size", n), long[:n])


def test_order_of_asking_changes_no_value() -> None:
    first = uniforms(1, 0, "a", 10), uniforms(1, 0, "b", 10)
    second = uniforms(1, 0, "b", 10), uniforms(1, 0, "a", 10)
    assert np.array_equal(first[0], second[1]) and np.array_equal(first[1], second[0])


def test_every_part_of_the_address_counts() -> None:
    addresses = [(seed, replication, purpose, attempt) for seed in (0, 1, 2**63, 12)
                 for replication in (0, 1, 11, 2) for purpose in ("a", "b", "exam.customs")
                 for attempt in (0, 1)]
    firsts = [tuple(uniforms(s, r, p, 2, a)) for s, r, p, a in addresses]
    assert len(set(firsts)) == len(addresses)


def test_neighbours_are_independent() -> None:
    n = 20_000
    streams = [uniforms(1, r, p, n) for r in (0, 1) for p in ("exam.customs", "exam.quarantine")]
    correlation = np.corrcoef(streams)
    assert np.abs(correlation[~np.eye(4, dtype=bool)]).max() < 4 / np.sqrt(n)
    for stream in streams:
        assert stats.kstest(stream, "uniform").pvalue > 1e-3


def test_values_lie_inside_the_open_interval() -> None:
    draws = uniforms(1, 0, "a", 100_000)
    assert draws.min() > 0 and draws.max() < 1


def test_known_values_stay() -> None:
    """A change here changes the numbers of every study."""
    np.testing.assert_array_equal(uniforms(1, 0, "size", 3), KNOWN)
