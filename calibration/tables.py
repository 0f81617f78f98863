"""The backtest and the forecast as tables on the screen."""

from __future__ import annotations

from typing import Any

Shown = tuple[str, list[str], list[list[str]], list[str]]
"""Title, columns, rows, notes."""


def backtest_table(found: dict[str, Any]) -> Shown:
    """Clearance as it was in the weeks held out and as it was predicted, then how often bands
    held; `found` as `Backtest.as_dict` gives it."""
    rows = [[f"{group}, {figure}", f"{entry['real']:.1f}", f"{entry['predicted']:.1f}",
             f"{entry['low']:.1f} .. {entry['high']:.1f}"]
            for group, figures in found["bias"].items() for figure, entry in figures.items()]
    notes = [f"{kind}: {100 * one['inside_50']:.0f} % of {one['points']} points inside 50 % bands, "
             f"{100 * one['inside_90']:.0f} % inside 90 % bands"
             for kind, one in found["coverage"].items()]
    notes += [f"{name} distance to the log: model {one['model']:.3g}, whole cases of the past at "
              f"its rate {one['b0']:.3g}, at the last weeks' rate {one['b1']:.3g}"
              for name, one in found["references"].items()
              if all(value is not None for value in one.values())]
    cuts = ", ".join(str(one["cut"]) for one in found["origins"]) or "none: the log is too short"
    return (f"Clearance in weeks held out, h (cut at {cuts})",
            ["goods", "in the log", "predicted", "90 % band"], rows, notes)


def forecast_table(found: dict[str, Any]) -> Shown:
    """Clearance by segment under each regime on the log's own traffic; `found` as
    `Prediction.as_dict` gives it."""
    first, *others = found["regimes"]
    columns = ["goods", "in the log", first, *(name for other in others
                                               for name in (other, "change"))]
    rows = []
    for group, figures in found["regimes"][first]["groups"].items():
        for figure in figures:
            seen = found["observed"].get(group, {}).get(figure)
            row = [f"{group}, {figure}", "-" if seen is None else f"{seen:.1f}"]
            for name in found["regimes"]:
                entry = found["regimes"][name]["groups"][group][figure]
                row.append(_span(entry, "{:.1f}"))
                if name != first:
                    row.append(_span(entry["relative"], "{:+.1%}"))
            rows.append(row)
    notes = [f"{name}: overloaded ({one['tightest']} is offered {one['load']:.2f} of what it can "
             f"do; {one['open']:.1%} open at the end): lower bounds, no forecast"
             for name, one in found["regimes"].items() if one["overloaded"]]
    return (f"Clearance on the log's own traffic, h ({found['level']:.0%} bands, "
            f"{found['runs']} runs)", columns, rows, notes)


def _span(entry: dict[str, Any], form: str) -> str:
    if entry["value"] is None:
        return "-"
    value, low, high = (form.format(entry[k]) for k in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"
