"""The whole of a calibration, from the file to what becomes of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from calibration.longlogs import last_weeks
from calibration.pipeline import Calibration, Say, fit_records, with_shared
from calibration.records import Records
from calibration.shared import shared_layout, stated
from scenarios.errors import Fault, InputError
from scenarios.load import Loaded, under

BASELINE, FORECAST = "separate", "one-stop+restated"

DRAWN, FEW_RUNS = 24, 60
"""In a backtest: draws of the parameters, and runs to infer what the log does not show."""


def calibrate(log: Path, base: Loaded, base_name: str, *, mapping: Path | None = None,
              shared: Sequence[str] = (), regime: str | None = None, staff: bool = True,
              validate: bool = True, seed: int = 1, workers: int | None = None,
              say: Say = lambda text: None) -> Calibration:
    """Reads a log and makes a port of it.

    mapping: a file that corrects the guessed columns. shared: statements of `shared_layout`.
    regime: what is predicted on the log's own traffic (default: FORECAST, if a shared yard is
    stated). staff: also infer what the log does not show. validate: also a backtest on held-out
    weeks. Raises InputError for a log or a statement that cannot be used.
    """
    from calibration.reading import read

    workers = workers or os.cpu_count() or 1
    _check_wishes(base, shared, regime)
    say(f"reading {log}")
    attributes = {name: list(a.shares or {v: 0 for row in (a.table or {}).values() for v in row})
                  for name, a in base.traffic.attributes.items()}
    reading = read(log, mapping, agencies=list(base.agencies), attributes=attributes,
                   time_zone=base.run.time_zone)
    say("columns:\n" + reading.render_columns())
    records, shortened = last_weeks(reading.records)
    if shortened:
        say(shortened)
    fitted = fit_records(records, base, seed=seed, runs=None if staff else 0, workers=workers,
                         say=say)
    officers = {e.key.rsplit(".", 1)[1]: list(e.draws) for e in fitted.estimates
                if e.key.startswith("layout.separate.officers.")}
    yard = shared_layout(fitted.scenario, shared, records, officers)
    result = Calibration(log, base_name, reading, fitted, yard,
                         remarks=[shortened] if shortened else [])
    if validate:
        from calibration.backtest import LEAST_TRAINING, backtest

        say("backtest: fitting to the first weeks, predicting those held out")

        def refit(past: Records) -> list[Loaded]:
            again = fit_records(past, base, seed=seed, runs=FEW_RUNS if staff else 0,
                                workers=workers, least=LEAST_TRAINING)
            return [again.drawn(i) for i in range(DRAWN)]

        result.backtest = backtest(records, refit, seed=seed, workers=workers)
    if regime or yard:
        from calibration.forecast import predict

        regimes = (BASELINE, regime or FORECAST)
        say(f"predicting {' and '.join(regimes)} on the log's own traffic")
        whole = with_shared(fitted, yard)
        result.forecast = predict([whole.drawn(i) for i in range(DRAWN)], records, regimes,
                                  seed=seed, workers=workers)
    return result


def _check_wishes(base: Loaded, shared: Sequence[str], regime: str | None) -> None:
    """Raises InputError for what could not be done in the end, before the work begins."""
    stated(shared, base)
    if regime and under(base, regime).regime.site == "shared" and not shared:
        raise InputError(Fault("needs a shared yard, which no log shows", file="--forecast",
                               found=regime, hint="State it with --shared, such as gangs=12."))
