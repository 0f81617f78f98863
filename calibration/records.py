"""A port's log as columns, one row per container: what every fit reads.

A log of a port and a simulated run come as the same `Records`, so whatever is fitted to one can be
fitted to the other, and a distance between them compares like with like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BLANK = -(2**31)
"""Stands in `seconds` for a stamp that is not known."""

PLAIN = ("arrival", "discharged", "lodged", "released", "gate-out")
"""Stamps that belong to no agency's stage."""

STAGES = ("papers", "clearance-form", "move-in", "devanning", "examination", "restuffing",
          "move-back", "release")
"""Stages of which a log may have `start.STAGE.AGENCY` and `end.STAGE.AGENCY`, in the order in
which a container goes through them. Being in the yard is `end.move-in`."""


@dataclass(frozen=True, eq=False)
class Records:
    """N containers of n consignments.

    start        the Monday at whose midnight (local time) minute 0 lies
    since, until minutes between which the log was kept: what has not ended by `until` is censored
    consignment  int64[N], 0 to n - 1, in the order of arrival; rows of one stand together
    size         int16[N] feet, 0 unknown
    attributes   name -> int16[N], index into `values[name]`, -1 unknown
    selected     agency -> int8[N]: 1, 0 or -1 unknown
    depth        agency -> int8[N]: index into scenarios.ids.DEPTHS, -1 unknown or not selected
    seconds      stamp -> int32[N], seconds since `start`, BLANK unknown. Stamps are those of PLAIN
                 and start.STAGE.AGENCY, end.STAGE.AGENCY. Stamps of a consignment (papers, release)
                 stand in each of its rows
    step         stamp -> seconds to which the log rounds it (60: whole minutes)
    container, declaration   texts of N and n, or empty where the records are simulated
    share        of the log's rows, the part that these are (1 unless weeks were left out)
    """

    start: date
    since: float
    until: float
    consignment: Ints
    size: NDArray[np.int16]
    attributes: Mapping[str, NDArray[np.int16]]
    values: Mapping[str, list[str]]
    selected: Mapping[str, NDArray[np.int8]]
    depth: Mapping[str, NDArray[np.int8]]
    seconds: Mapping[str, NDArray[np.int32]]
    step: Mapping[str, int] = field(default_factory=dict)
    container: NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype="U11"))
    declaration: NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype="U1"))
    share: float = 1.0

    def __len__(self) -> int:
        return len(self.consignment)

    @property
    def agencies(self) -> list[str]:
        """Agencies whose selections the log shows, in its order."""
        return list(self.selected)

    @cached_property
    def first(self) -> Ints:
        """int64[n]: the first row of each consignment."""
        return np.flatnonzero(np.diff(self.consignment, prepend=-1))

    @cached_property
    def boxes(self) -> Ints:
        """int64[n]: containers of each consignment."""
        return np.bincount(self.consignment).astype(np.int64)

    def has(self, stamp: str) -> bool:
        """Whether the log has this stamp at all."""
        return stamp in self.seconds

    def minutes(self, stamp: str) -> Floats:
        """float64[N]: minutes since `start`, NaN where unknown, all NaN if the log lacks it."""
        if stamp not in self.seconds:
            return np.full(len(self), np.nan)
        seconds = self.seconds[stamp]
        return np.where(seconds == BLANK, np.nan, seconds / 60.0)

    def of_consignments(self, stamp: str, last: bool = False) -> Floats:
        """float64[n]: the earliest (or latest) of each consignment's rows, NaN if none is known."""
        minutes = self.minutes(stamp)
        if last:
            return -np.fmin.reduceat(-minutes, self.first) if len(self) else minutes
        return np.fmin.reduceat(minutes, self.first) if len(self) else minutes

    def selected_consignments(self, agency: str) -> NDArray[np.int8]:
        """int8[n]: 1 if the agency selected any of its boxes, 0 if none, -1 unknown."""
        return np.maximum.reduceat(self.selected[agency], self.first)

    def attribute(self, name: str) -> Ints:
        """int64[n]: the attribute of each consignment, -1 unknown."""
        return np.maximum.reduceat(self.attributes[name], self.first).astype(np.int64)

    def take(self, consignments: Flags, since: float | None = None,
             until: float | None = None) -> Records:
        """Some of the consignments (bool[n]), optionally as of another window.

        With `until`, stamps after it are blanked: the log as it looked at that minute. Consignments
        that had not arrived by then must not be among those taken.
        """
        rows = consignments[self.consignment]
        number = np.cumsum(consignments) - 1
        seconds = {name: column[rows] for name, column in self.seconds.items()}
        if until is not None:
            seconds = {name: np.where(column > 60.0 * until, BLANK, column).astype(np.int32)
                       for name, column in seconds.items()}
        return Records(
            self.start, self.since if since is None else since,
            self.until if until is None else until, number[self.consignment[rows]],
            self.size[rows], {k: v[rows] for k, v in self.attributes.items()}, self.values,
            {k: v[rows] for k, v in self.selected.items()},
            {k: v[rows] for k, v in self.depth.items()}, seconds, self.step,
            self.container[rows] if len(self.container) else self.container,
            self.declaration[consignments] if len(self.declaration) else self.declaration,
            self.share)
