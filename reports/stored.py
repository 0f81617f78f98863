"""What figures need of a folder of results, read from its files alone.

Numbers that are measures come from summary.json; tables are read by duckdb with bound paths.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import InputError
from sim.results import Results, read_results

if TYPE_CHECKING:
    from scenarios.load import Loaded

Floats = NDArray[np.float64]
Rows = dict[str, NDArray[Any]]
T = TypeVar("T")

HOURS_OF_WEEK = 168

EXPLAINED, EXPLAINED_SCHEMA = "explain.json", "onestop.explain/1"

HOW_TO_MAKE = "onestop compare SCENARIO SCENARIO... (or onestop run SCENARIO) makes it"


class MissingTable(InputError):
    """A table, or a column of it, that a figure needs is not in the folder."""


@dataclass(frozen=True)
class Value:
    """A measure of one scenario; None where undefined. `above`: only known to be more."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    above: float | None = None


@dataclass(frozen=True)
class Change:
    """A measure's difference from the baseline's, with its interval and that one's confidence."""

    value: float
    low: float | None
    high: float | None
    confidence: float | None
    primary: bool


@dataclass(frozen=True)
class Stored:
    """A folder of results, seen through what can be drawn of it."""

    results: Results
    _read: dict[tuple[str, str], Any] = field(default_factory=dict, init=False, repr=False,
                                              compare=False)

    @property
    def scenarios(self) -> list[str]:
        """Names in command order, the baseline first where the command put it first."""
        return list(self.results.summary["scenarios"])

    @property
    def replications(self) -> int:
        """The least number of replications of any scenario."""
        about = self.results.summary["scenarios"].values()
        return min((int(one["replications"]) for one in about), default=0)

    def measure(self, scenario: str, name: str) -> Value | None:
        """A measure as stated in summary.json, or None if the scenario has none of that name."""
        entry = self.results.summary["scenarios"][scenario]["measures"].get(name)
        if not isinstance(entry, dict):
            return None
        return Value(
            entry.get("mean"),
            entry.get("low"),
            entry.get("high"),
            str(entry.get("unit", "")),
            entry.get("censored_above"),
        )

    @cached_property
    def described(self) -> dict[str, Loaded]:
        """The scenarios as the manifest stores them; without those that it does not hold."""
        from scenarios.load import restore

        found = {}
        for name, payload in self.results.study.scenarios.items():
            inner = payload.get("scenario") if isinstance(payload, dict) else None
            resolved = inner if isinstance(inner, dict) else payload
            try:
                found[name] = restore(resolved)
            except (InputError, AttributeError, KeyError, TypeError):
                continue
        return found

    def agency_label(self, agency: str, lang: str) -> str | None:
        """What the scenarios call an agency in a language, or None."""
        for scenario in self.described.values():
            if agency in scenario.agencies:
                label = scenario.agencies[agency].label
                text = label.get(lang) if isinstance(label, dict) else getattr(label, lang, None)
                return str(text) if text else None
        return None

    def currency(self) -> str | None:
        """The currency of the first scenario that states one."""
        return next((str(one.currency) for one in self.described.values()), None)

    def fixed_area(self, scenario: str, site: str) -> float | None:
        """The fixed part of a yard in m2 (an input), or None if it is not stored."""
        described = self.described.get(scenario)
        if described is None:
            return None
        shared = described.layout.shared.sites if described.layout.shared else {}
        found = {**described.layout.separate.sites, **shared}.get(site)
        return None if found is None else float(found.fixed)

    def first_weekday(self) -> int | None:
        """The weekday of hour 0 (Monday is 0), or None if it is not stored."""
        starts = {s.run.start.weekday() for s in self.described.values() if s.run.start}
        return starts.pop() if len(starts) == 1 else None

    def difference(self, scenario: str, name: str) -> Change | None:
        """A measure's change against the baseline, or None if none is stated."""
        entry = self.results.summary.get("differences", {}).get(scenario, {}).get(name)
        if not isinstance(entry, dict) or entry.get("difference") is None:
            return None
        return Change(
            entry["difference"],
            entry.get("low"),
            entry.get("high"),
            entry.get("confidence"),
            bool(entry.get("primary")),
        )

    def overloaded(self, scenario: str) -> bool:
        """Whether the scenario does not get its work done, so that its means say little."""
        return bool(self.results.summary["scenarios"][scenario].get("overloaded"))

    def stages(self, scenario: str) -> Rows:
        """Columns replication, group, stage, agency, site, consignments, visits, waiting_h,
        working_h, binding_waiting_h, binding_working_h."""
        columns = ('replication, "group", stage, agency, site, consignments, visits, waiting_h, '
                   "working_h, binding_waiting_h, binding_working_h")
        return self._rows("stages", scenario, columns)

    @cached_property
    def processes(self) -> dict[str, Any]:
        """Scenario -> its process tree, of process.json; empty where that is missing."""
        found = self._json("process", "onestop.process/1")
        return found["scenarios"] if found else {}

    @cached_property
    def assumptions(self) -> dict[str, list[dict[str, Any]]]:
        """Scenario -> every input with value, source, confidence, range; empty where missing."""
        found = self._json("assumptions", "onestop.assumptions/1")
        return found["scenarios"] if found else {}

    @cached_property
    def verification(self) -> list[dict[str, Any]] | None:
        """The checks of a stored `onestop verify --json`, or None."""
        found = self._json("verification", "onestop.verification/1")
        return found["checks"] if found else None

    @cached_property
    def explained(self) -> dict[str, Any] | None:
        """explain.json, or None where nothing has been explained."""
        found = self._json("explain", EXPLAINED_SCHEMA)
        if found is not None and not isinstance(found.get("scenarios"), dict):
            raise InputError(f"{self.results.folder / EXPLAINED} is damaged: no scenarios")
        return found

    @cached_property
    def calibration(self) -> dict[str, Any] | None:
        """calibration.json of the port, or None where it was not calibrated."""
        return self._json("calibration", "onestop.calibration/1")

    @cached_property
    def uncertainty(self) -> dict[str, Any] | None:
        """uncertainty.json, or None."""
        return self._json("uncertainty", "onestop.uncertainty/1")

    def _json(self, name: str, schema: str) -> dict[str, Any] | None:
        """A JSON file of the folder, None if it is not there; InputError if it is damaged."""
        path = self.results.folder / f"{name}.json"
        if not path.is_file():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"{path} cannot be read: {error}") from error
        if not isinstance(found, dict) or found.get("schema") != schema:
            raise InputError(f"{path} is not of the schema {schema}. Make the results again.")
        return found

    def clearance(self, scenario: str) -> dict[str, Floats]:
        """Group -> hours to clearance of all replications, sorted; +inf = still open."""
        return self._once("clearance", scenario, self._clearance)

    def _clearance(self, scenario: str) -> dict[str, Floats]:
        rows = self._rows("distributions", scenario, '"group", clearance_h')
        hours = np.where(np.isfinite(rows["clearance_h"]), rows["clearance_h"], np.inf)
        groups = rows["group"].astype(str)
        found = {str(name): np.sort(hours[groups == name]) for name in np.unique(groups)}
        if found:
            found["all"] = np.sort(hours)
        return found

    def ledger(self, scenario: str) -> Rows:
        """Columns group, kind, payer, payee, reason, amount, teu, replication."""
        columns = 'replication, "group", kind, payer, payee, reason, amount, teu'
        return self._once("ledger", scenario, lambda name: self._rows("ledger", name, columns))

    def occupancy(self, scenario: str) -> dict[str, Floats]:
        """Site -> float64[weeks, 168]: m2 in use in each hour of each measured week, at its peak.

        Without the fixed part. Hours of a week that were not measured are NaN.
        """
        return self._once("occupancy", scenario, self._occupancy)

    def _once(self, what: str, scenario: str, read: Callable[[str], T]) -> T:
        """What `read` says of a scenario; each table is wanted for every language."""
        if (what, scenario) not in self._read:
            self._read[what, scenario] = read(scenario)
        found: T = self._read[what, scenario]
        return found

    def _occupancy(self, scenario: str) -> dict[str, Floats]:
        rows = self._rows("occupancy", scenario, "run, site, hour, m2_max")
        actual = rows["run"].astype(str) == "actual"
        sites, hours, area = (rows[k][actual] for k in ("site", "hour", "m2_max"))
        found = {}
        for site in dict.fromkeys(sites.astype(str).tolist()):
            mine = sites.astype(str) == site
            hour = hours[mine].astype(np.int64)
            week = hour // HOURS_OF_WEEK
            grid = np.full((int(week.max() - week.min()) + 1, HOURS_OF_WEEK), np.nan)
            grid[week - week.min(), hour % HOURS_OF_WEEK] = area[mine]
            found[site] = grid
        return found

    def _rows(self, table: str, scenario: str, columns: str) -> Rows:
        import duckdb

        path = self.results.folder / f"{table}.parquet"
        if not path.is_file():
            raise MissingTable(f"{self.results.folder} has no {path.name}; {HOW_TO_MAKE}")
        query = f"SELECT {columns} FROM read_parquet(?) WHERE scenario = ?"
        try:
            with duckdb.connect(config={"threads": "1"}) as connection:
                connection.execute("SET autoload_known_extensions = false")
                found = connection.execute(query, [str(path), scenario]).fetchnumpy()
        except duckdb.BinderException as error:
            raise MissingTable(f"{path} lacks a column ({columns}); {HOW_TO_MAKE}") from error
        except duckdb.Error as error:
            raise InputError(f"{path} cannot be read: {error}") from error
        return {name: _plain(values) for name, values in found.items()}


def _plain(values: Any) -> NDArray[Any]:
    """A column without its mask: null numbers become NaN, null texts the empty text."""
    if np.ma.isMaskedArray(values):
        if values.dtype.kind in "iuf":
            return np.ma.filled(values.astype(np.float64), np.nan)
        return np.ma.filled(values, "")
    return np.asarray(values)


def open_results(folder: Path | str) -> Stored:
    """The stored results of a folder, whether or not a file was changed since.

    InputError if it is not a folder of finished results.
    """
    stored = Stored(read_results(folder, check=False))
    about = stored.results.summary.get("scenarios")
    sound = isinstance(about, dict) and all(
        isinstance(one, dict)
        and isinstance(one.get("measures"), dict)
        and isinstance(one.get("replications"), int)
        for one in about.values()
    )
    if not sound or not about:
        raise InputError(f"{stored.results.folder / 'summary.json'} is damaged: no scenarios")
    return stored
