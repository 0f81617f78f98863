"""Cost by party: what each pays, less what it receives, plus the resources that it bears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.figures.frame import State, em_width, framed, states
from reports.figures.words import number, say
from reports.stored import MissingTable, Rows, Stored
from reports.style import INK, Look, Style
from scenarios.words import currency_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PARTIES = ("trader", "operator", "agencies", "carrier", "agent", "public")
BAR = 0.2
LABEL = 10.0


@dataclass(frozen=True)
class Net:
    """One scenario's net positions per TEU of a group, by party, and the resources' total."""

    parties: dict[str, float]
    total: float


def net_positions(ledger: Rows, group: str) -> Net | None:
    """Net positions per TEU of a group, 'all' = every group; None if it has no rows or no TEU.

    Position = payments made - payments received + resources borne, summed over replications and
    divided by the TEU of the group, which every row of a group and replication repeats.
    """
    groups = ledger["group"].astype(str)
    own = groups == group
    rows = own if own.any() or group != "all" else np.ones(len(groups), dtype=bool)
    if not rows.any():
        return None
    cells = zip(ledger["replication"][rows].tolist(), groups[rows].tolist(), strict=True)
    teu = sum(dict(zip(cells, ledger["teu"][rows].tolist(), strict=True)).values())
    if not teu > 0:
        return None
    kind, payer, payee = (ledger[k][rows].astype(str) for k in ("kind", "payer", "payee"))
    each = ledger["amount"][rows] / teu
    transfer = kind == "transfer"
    names = dict.fromkeys([*payer.tolist(), *payee[transfer].tolist()])
    parties = {
        name: float(each[payer == name].sum() - each[transfer & (payee == name)].sum())
        for name in names
        if name
    }
    return Net(parties, float(each[~transfer].sum()))


def draw(stored: Stored, style: Style, looks: list[Look]) -> tuple[Figure, str]:
    """The figure and its title. MissingTable without the ledger."""
    ledgers = {look.name: stored.ledger(look.name) for look in looks}
    nets: dict[str, dict[str, Net]] = {}
    for group in ("joint", "all"):
        found = {name: net_positions(ledger, group) for name, ledger in ledgers.items()}
        kept = {name: net for name, net in found.items() if net is not None}
        if kept:
            nets[group] = kept
    if not nets:
        raise MissingTable("the ledger has no rows for these scenarios")
    parties = _parties(nets)
    title = _title(stored, style, looks, nets)
    rows = len(parties) + 1
    labels = [_party_label(stored, style, party) for party in parties]
    left = 0.55 + max(em_width(text) for text in (*labels, say(style.lang, "total"))) * LABEL / 72
    figure, panels = framed(
        style,
        title,
        _notes(stored, style, looks, nets, parties),
        _key(looks),
        (1, len(nets)),
        rows * (len(looks) * BAR + 0.22),
        left=left,
        between=(0.9, 0.35),
    )
    for panel, group in zip(panels, nets):
        _panel(panel, stored, looks, nets[group], parties, group)
        panel.set_title(say(style.lang, "cost of", goods=say(style.lang, f"goods.{group}")))
        panel.set_xlabel(say(style.lang, "cost x", unit=_unit(stored, style)))
    ticks = _centres(len(parties) + 1, len(looks))
    for i, panel in enumerate(panels):
        shown = [*labels, say(style.lang, "total")] if i == 0 else [""] * rows
        panel.set_yticks(ticks, shown, fontsize=LABEL)
        panel.tick_params(axis="y", length=0)
        panel.grid(visible=False, axis="y")
    return figure, title


def _parties(nets: dict[str, dict[str, Net]]) -> list[str]:
    found = dict.fromkeys(
        party for of in nets.values() for net in of.values() for party in net.parties
    )
    # Agencies by name stand where the agencies as one party would.
    named = [party for party in found if party not in PARTIES]
    first, last = PARTIES[:3], PARTIES[3:]
    return [*(p for p in first if p in found), *named, *(p for p in last if p in found)]


def _key(looks: list[Look]) -> list[tuple[Artist, str]]:
    from matplotlib.patches import Patch

    return [
        (Patch(facecolor=look.colour, hatch=look.hatch, edgecolor="white"), look.label)
        for look in looks
    ]


def _centres(rows: int, scenarios: int) -> list[float]:
    """The middle of each row, counted in bars from the top."""
    height = scenarios + 0.22 / BAR
    return [(i + 0.5) * height for i in range(rows)]


def _panel(
    panel: Axes,
    stored: Stored,
    looks: list[Look],
    nets: dict[str, Net],
    parties: list[str],
    group: str,
) -> None:
    centres = _centres(len(parties) + 1, len(looks))
    ends = [0.0]
    drawn: list[tuple[float, float, float, float]] = []
    for j, look in enumerate(looks):
        if look.name not in nets:
            continue
        net = nets[look.name]
        for centre, party in zip(centres, [*parties, "total"]):
            y = centre + j - (len(looks) - 1) / 2
            last = centre == centres[-1]
            value = net.total if last else net.parties.get(party, 0.0)
            low, high = _interval(stored, look.name, party, group, value)
            if last:
                panel.plot([value], [y], marker=look.marker, color=look.colour, markersize=9)
            else:
                panel.barh(
                    y,
                    value,
                    height=0.84,
                    color=look.colour,
                    hatch=look.hatch,
                    edgecolor="white",
                    linewidth=0,
                )
            if high > low:
                panel.plot([low, high], [y, y], color=INK, linewidth=1.1, solid_capstyle="butt")
            ends += [low, high]
            drawn.append((y, value, low, high))
    span = (max(ends) - min(ends)) or 1.0
    digits = 0 if span >= 20 else 2
    for y, value, low, high in drawn:
        at, side = (low, "right") if value < 0 else (high, "left")
        gap = -0.012 if value < 0 else 0.012
        extra = 0.022 if y > centres[-1] - len(looks) / 2 else 0.0
        panel.text(
            at + gap * span + extra * span,
            y,
            number(value, digits),
            ha=side,
            va="center",
            fontsize=9,
        )
    panel.set_xlim(
        min(ends) - (0.17 if min(ends) < 0 else 0.0) * span, max(max(ends), 0.0) + 0.17 * span
    )
    bottom = centres[-1] + centres[0]
    panel.set_ylim(bottom, 0.0)
    panel.axvline(0.0, color=INK, linewidth=1)
    panel.axhline(bottom - 2 * centres[0], color=INK, linewidth=0.8)
    panel.xaxis.set_major_formatter(lambda x, _: number(x, digits))
    panel.locator_params(axis="x", nbins=6)


def _interval(
    stored: Stored, scenario: str, party: str, group: str, value: float
) -> tuple[float, float]:
    """The interval that summary.json states, if it is of this number; else the number itself."""
    stated = stored.measure(scenario, f"cost.{party}.{group}.per_teu")
    if stated is None or stated.value is None or stated.low is None or stated.high is None:
        return value, value
    if abs(stated.value - value) > 1e-6 * max(1.0, abs(value)):
        return value, value
    return stated.low, stated.high


def _party_label(stored: Stored, style: Style, party: str) -> str:
    if party in PARTIES:
        return say(style.lang, f"party.{party}")
    return style.clean(stored.agency_label(party, style.lang) or party, 26)


def _unit(stored: Stored, style: Style) -> str:
    found = stored.currency()
    shown = currency_name(style.lang, found) if found else say(style.lang, "currency")
    return style.clean(shown, 16)


def _title(stored: Stored, style: Style, looks: list[Look], nets: dict[str, dict[str, Net]]) -> str:
    group = next(iter(nets))
    if not all(look.name in nets[group] for look in looks):
        return say(style.lang, "cost plain")
    found = [nets[group][look.name].parties.get("trader") for look in looks]
    values = [
        State(look, value, number(value), lambda text: f"{text} {_unit(stored, style)}")
        for look, value in zip(looks, found)
        if value is not None
    ]
    if len(values) < len(looks):
        return say(style.lang, "cost plain")
    goods = say(style.lang, f"goods.{group}")
    return say(style.lang, "cost title", goods=goods, states=states(style, values))


def _notes(
    stored: Stored,
    style: Style,
    looks: list[Look],
    nets: dict[str, dict[str, Net]],
    parties: list[str],
) -> list[str]:
    levels = set()
    for look in looks:
        entries = stored.results.summary["scenarios"][look.name]["measures"]
        for party in (*parties, "total"):
            for group in nets:
                entry = entries.get(f"cost.{party}.{group}.per_teu")
                if isinstance(entry, dict) and entry.get("low") != entry.get("high"):
                    levels.add(entry.get("confidence"))
    notes = [say(style.lang, "replications", n=stored.replications)]
    if len(levels) == 1 and isinstance(level := levels.pop(), float):
        notes[0] += " " + say(style.lang, "whiskers", level=f"{level:.0%}")
    return [*notes, say(style.lang, "net")]
