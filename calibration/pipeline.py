"""From a log to a calibrated port: read, fit, infer what is not shown, validate, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calibration.estimates import DRAWS, Estimate
from calibration.records import Records
from scenarios.errors import Fault, InputError
from scenarios.load import Loaded, with_values
from scenarios.schema.scenario import WEEK
from scenarios.validate import MOST_BOXES

WARM_UP = 4
"""Weeks of a calibrated scenario's warm-up."""

LEAST_WEEKS = 8
"""Whole weeks that a log must cover to be fitted."""

Say = Callable[[str], None]


@dataclass
class Fitted:
    """A port fitted to records.

    estimates   what the log gives, latent capacities included
    settings    dotted key -> plain data that is neither: the run, the log's window
    scenario    the base with all of them
    """

    base: Loaded
    estimates: list[Estimate]
    settings: dict[str, Any]
    scenario: Loaded = field(init=False)

    def __post_init__(self) -> None:
        self.scenario = self.drawn(None)

    def values(self, draw: int | None = None) -> dict[str, Any]:
        """Dotted key -> value; of one posterior draw, or the point estimates."""
        return {e.key: e.value if draw is None or not e.draws else e.draws[draw % len(e.draws)]
                for e in self.estimates}

    def drawn(self, draw: int | None) -> Loaded:
        """The scenario with the values of one posterior draw (None: the estimates)."""
        return with_values(self.base, {**self.settings, **self.values(draw)})

    def with_estimates(self, more: Sequence[Estimate]) -> Fitted:
        """The same with further estimates, which replace those of the same key."""
        keys = {e.key for e in more}
        kept = [e for e in self.estimates if e.key not in keys]
        return Fitted(self.base, [*kept, *more], self.settings)


def fit_records(records: Records, base: Loaded, *, seed: int = 1, runs: int | None = None,
                workers: int = 1, least: int = LEAST_WEEKS, say: Say = lambda text: None
                ) -> Fitted:
    """Everything that records tell of a port, as estimates laid over the base.

    runs: of the simulation that infers what they do not show (gangs, officers, clerks, tractors,
    places); None: its default, 0: leave them as in the base.
    Raises InputError for fewer than `least` whole weeks, or more traffic than a run can hold.
    """
    from calibration.process import fit_process
    from calibration.traffic import fit_traffic

    weeks = int((records.until - records.since) // WEEK)
    if weeks < least:
        raise InputError(Fault("covers too little time to be fitted", file="log",
                               found=f"{weeks} whole weeks", allowed=f"{least} or more"))
    settings = settings_of(records, base, weeks)
    say("fitting what is done with a container")
    fitted = Fitted(base, fit_process(records, base, seed), settings)
    say("fitting what comes to the port")
    fitted = fitted.with_estimates(fit_traffic(records, fitted.scenario, seed))
    if runs != 0:
        from calibration.latent import RUNS, infer

        say("inferring gangs, officers, clerks and tractors from simulated runs")
        found = infer(fitted.scenario, records, fitted.estimates, seed=seed, runs=runs or RUNS,
                      workers=workers)
        fitted = fitted.with_estimates([*found, *areas_of(found, fitted.scenario)])
    return fitted


def areas_of(found: Sequence[Estimate], scenario: Loaded) -> list[Estimate]:
    """The area that each yard's places come to: a log shows no square metres."""
    by_key = {estimate.key: estimate for estimate in found}
    result = []
    for name, site in scenario.layout.separate.sites.items():
        root = f"layout.separate.sites.{name}"
        slots, buffer = by_key.get(f"{root}.slots"), by_key.get(f"{root}.buffer")
        if slots is None and buffer is None:
            continue

        def area(many: int, waiting: int, fixed: float = site.fixed) -> str:
            size = fixed + many * scenario.yard.slot + waiting * scenario.yard.buffer
            return f"{size:g} m2"

        drawn = [area(slots.draws[i] if slots else site.slots,
                      buffer.draws[i] if buffer else site.buffer) for i in range(DRAWS)]
        result.append(Estimate(
            f"{root}.area", area(slots.value if slots else site.slots,
                                 buffer.value if buffer else site.buffer), drawn,
            how="the base's fixed part, and its unit areas for the places inferred",
            confidence="derived"))
    return result


def settings_of(records: Records, base: Loaded, weeks: int) -> dict[str, Any]:
    """What the scenario of a log states beside estimates; of its weeks as many are measured as a
    run can hold. Raises InputError if it can hold none."""
    each = len(records) / ((records.until - records.since) / WEEK)
    around = WARM_UP + base.run.drain / WEEK
    # Single runs, and draws of the rate, may have more.
    held = int(0.9 * MOST_BOXES / max(each, 1.0) - around)
    if held < 1:
        raise InputError(Fault(
            "the port has more traffic than a run can hold", file="log",
            found=f"{each:,.0f} containers a week",
            allowed=f"at most {0.9 * MOST_BOXES / (around + 1.0):,.0f}",
            hint="Calibrate a part of it, such as one terminal."))
    return {
        "run.start": records.start.isoformat(), "run.warmup": f"{WARM_UP} weeks",
        "run.measured": f"{min(max(weeks - WARM_UP, WARM_UP), held)} weeks",
        "run.study": "steady",
        "layout.shared": None, "layout.restated": None, "traffic.log": None,
        "traffic.columns": {}, "traffic.values": {}, "findings": None, "published": []}


def with_shared(fitted: Fitted, stated: Sequence[Estimate]) -> Fitted:
    """The port with the shared yard that it states."""
    settings = {key: value for key, value in fitted.settings.items()
                if not any(e.key == key or e.key.startswith(f"{key}.") for e in stated)}
    return Fitted(fitted.base, [*fitted.estimates, *stated], settings)


def draws_of(fitted: Fitted, stated: Sequence[Estimate]) -> list[dict[str, Any]]:
    """DRAWS draws, dotted key -> value, of the keys that have any. Those of different fits are
    independent."""
    every = [*fitted.estimates, *stated]
    return [{e.key: e.draws[i % len(e.draws)] for e in every if e.draws} for i in range(DRAWS)]


@dataclass
class Calibration:
    """All that a calibration found out: see `calibration.output` for what becomes of it."""

    log: Path
    base_name: str
    reading: Any
    fitted: Fitted
    stated: list[Estimate]
    backtest: Any = None
    forecast: Any = None
    remarks: Sequence[str] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
