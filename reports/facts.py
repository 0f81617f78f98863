"""The stored results as numbers that know where they came from, and names that are safe to show."""

from __future__ import annotations

import shlex
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reports.content import Interval, Number, Sentence, Verdict
from reports.inputs import input_name
from reports.stored import Rows, Stored
from scenarios.words import Catalogue, currency_name, regime_name, site_name, terms
from sim.rounding import decimals, is_share, supported

say = Catalogue(Path(__file__).parent, "report", terms)

SIGNS = {"lower": "▼", "higher": "▲", "no difference that matters": "=", "exact": "=",
         "not resolved": "?", "overloaded": "!", "descriptive": "·"}
NAME_LIMIT = 60


def clean(text: object, limit: int = NAME_LIMIT) -> str:
    """A name on one line of at most `limit` characters, without control and direction marks."""
    raw = unicodedata.normalize("NFC", str(text)[: 20 * limit])
    kept = "".join(" " if c.isspace() else c for c in raw
                   if c.isspace() or unicodedata.category(c)[0] != "C")
    shown = " ".join(kept.split()) or "?"
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


@dataclass(frozen=True)
class Level:
    """A measure under one regime."""

    value: Number
    interval: Interval
    label: str


@dataclass(frozen=True)
class Change:
    """A measure's difference from the baseline."""

    value: Number
    interval: Interval
    relative: Number
    verdict: Verdict | None
    needed: int | None


class Facts:
    """What one report says of a folder, in one language."""

    def __init__(self, stored: Stored, lang: str) -> None:
        self.stored, self.lang = stored, lang
        self.summary = stored.results.summary
        self.manifest = stored.results.manifest
        self.names = stored.scenarios
        self.baseline = str(self.summary.get("baseline", self.names[0]))
        self.primary: list[str] = list(self.summary.get("primary", []))

    def say(self, key: str, **parts: object) -> str:
        """Words of the report."""
        return say(self.lang, key, **parts)

    def say_or(self, key: str, name: str) -> str:
        """Words of the report; where there are none, the name that the files give."""
        return self.say(key) if key in say else clean(name)

    @property
    def others(self) -> list[str]:
        """The scenarios that are compared with the baseline."""
        return [name for name in self.names if name != self.baseline]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Scenario -> its name as shown; alike ones are told apart by number."""
        shown = [clean(regime_name(self.lang, name)) for name in self.names]
        return {name: label if shown.count(label) == 1 else f"{i}: {label}"
                for i, (name, label) in enumerate(zip(self.names, shown), 1)}

    @cached_property
    def agencies(self) -> list[str]:
        """Every agency of the scenarios, in their order."""
        return list(dict.fromkeys(a for one in self.stored.described.values()
                                  for a in one.agencies))

    def agency(self, name: str) -> str:
        """An agency's label; several joined by +."""
        parts = [clean(self.stored.agency_label(part, self.lang) or part, 40)
                 for part in name.split("+") if part]
        return self.say("plus").join(parts)

    def site(self, name: str) -> str:
        """A yard in words; its own name where there are none."""
        return clean(site_name(self.lang, name), 40)

    def group(self, group: str) -> str:
        """The heading of a segment."""
        if group in ("all", "joint", "none"):
            return self.say(f"group.{group}")
        return self.say("group.only", agency=self.agency(group))

    def goods(self, group: str) -> str:
        """A segment within a sentence."""
        if group in ("all", "joint", "none"):
            return self.say(f"goods.{group}")
        return self.say("goods.only", agency=self.agency(group))

    def input(self, key: str) -> str:
        """An input in words; its key where there are none."""
        return input_name(self.lang, key, self.agency, self.site) or clean(key, 80)

    def unit(self, unit: str, measure: str = "") -> str:
        """A stored unit in words; '%' for shares."""
        if is_share(measure):
            return "%"
        if unit.endswith("/TEU"):
            return self.say("unit.per teu", currency=clean(currency_name(self.lang, unit[:-4]), 8))
        key = f"unit.{unit}"
        return "" if unit == "1" else self.say(key) if key in say else clean(unit, 20)

    def unit_of(self, measure: str) -> str:
        """The unit of a measure in words."""
        found = (self._measures(name).get(measure) for name in self.names)
        entry: dict[str, Any] = next((one for one in found if one), {})
        return self.unit(str(entry.get("unit", "1")), measure)

    @cached_property
    def measures(self) -> list[str]:
        """Every measure of any scenario, in the order of the first that has it."""
        return list(dict.fromkeys(m for name in self.names for m in self._measures(name)))

    @cached_property
    def segments(self) -> list[str]:
        """The groups that clearance is measured for: all, joint, then each agency alone."""
        found = [m.split(".")[2] for m in self.measures
                 if m.startswith("time.clearance.") and m.count(".") == 3 and m.endswith(".mean")]
        first = [g for g in ("all", "joint") if g in found]
        return [*first, *(g for g in found if g not in first)]

    @cached_property
    def confidences(self) -> Counter[str]:
        """How many inputs of the scenarios rest on what."""
        found = {}
        for rows in self.stored.assumptions.values():
            for row in rows:
                found[row["key"], str(row["value"])] = row["confidence"] or "none"
        return Counter(found.values())

    @cached_property
    def verification(self) -> list[dict[str, Any]] | None:
        """The checks of verification.json, or None if the folder has none."""
        return self.stored.verification

    @property
    def folder_shown(self) -> str:
        """The folder as a word of a command."""
        return shlex.quote(clean(self.stored.results.folder, 200))

    @property
    def family_level(self) -> str:
        """The confidence with which the primary intervals hold together."""
        return f"{100 * self.summary['statistics']['family_confidence']:g}%"

    def weeks(self, which: str) -> str:
        """How long a part of the run is, 'warmup', 'measured' or 'drain', of the baseline."""
        described = self.stored.described.get(self.baseline)
        if described is None:
            return "?"
        minutes = getattr(described.run, which)
        if minutes is None:
            return self.say("weeks from log")
        weeks = minutes / 10080.0
        return self.say("weeks", n=weeks, weeks=f"{weeks:g}") if weeks else self.say("weeks none")

    def has(self, measure: str) -> bool:
        """Whether any scenario has a measure."""
        return any(measure in self._measures(name) for name in self.names)

    def digits(self, measure: str) -> int:
        """The decimals that all numbers of a measure are shown with."""
        levels = [self._measures(n)[measure] for n in self.names if measure in self._measures(n)]
        changes = [d[measure] for d in self.summary["differences"].values() if measure in d]
        found = decimals(levels, changes, self._factor(measure)) if levels else 0
        return min(found, 1) if is_share(measure) else found

    def level(self, name: str, measure: str) -> Level | None:
        """A measure under a scenario, or None."""
        entry = self._measures(name).get(measure)
        if not isinstance(entry, dict):
            return None
        place, digits = f"{measure} s{self.names.index(name)}", self.digits(measure)
        bound, key = ("≥" if entry.get("label") == "lower bound" else ""), "mean"
        if entry.get("mean") is None and entry.get("censored_above") is not None:
            bound, key = ">", "censored_above"
        factor = self._factor(measure)
        value = Number(entry.get(key), digits, f"{place} {key}", factor, bound=bound)
        return Level(value, self._interval(entry, place, digits, factor), entry.get("label") or "")

    def change(self, name: str, measure: str) -> Change | None:
        """The difference of a scenario from the baseline, or None if it is not defined."""
        entry = self.summary["differences"].get(name, {}).get(measure)
        if not isinstance(entry, dict) or entry.get("difference") is None:
            return None
        place, digits = f"{measure} d{self.names.index(name)}", self.digits(measure)
        factor = self._factor(measure)
        value = Number(entry["difference"], digits, f"{place} difference", factor, sign=True)
        relative = Number(None if factor != 1.0 else entry.get("relative"),
                          min(_relative_digits(entry), 1),
                          f"{place} relative", 100.0, sign=True, suffix="%")
        word = entry.get("verdict")
        return Change(value, self._interval(entry, place, digits, factor, sign=True), relative,
                      self.verdict(word) if word else None, entry.get("replications_needed"))

    def sentence(self, key: str, **parts: object) -> Sentence:
        """Words of the report with numbers in them that stay numbers."""
        kept = {k: v.parts if isinstance(v, Sentence) else [v] for k, v in parts.items()
                if isinstance(v, Number | Sentence)}
        marked = {k: f"\0{k}\0" if k in kept else v for k, v in parts.items()}
        pieces = self.say(key, **marked).split("\0")
        return Sentence([part for i, piece in enumerate(pieces)
                         for part in (kept[piece] if i % 2 else [piece]) if part != ""])

    def listed(self, sentences: list[Sentence]) -> Sentence:
        """Sentences as a list within one."""
        comma = self.say("list")
        return Sentence([part for i, one in enumerate(sentences)
                         for part in ([comma] if i else []) + list(one.parts)])

    def verdict(self, word: str) -> Verdict:
        """A verdict in words, with its sign."""
        known = next((one for one in SIGNS if word.startswith(one)), "")
        key = f"verdict.{known}"
        return Verdict(known or word, self.say(key) if key in say else clean(word),
                       SIGNS.get(known, "·"))

    def estimate(self, entry: dict[str, Any], place: str, digits: int, sign: bool = True
                 ) -> tuple[Number, Interval]:
        """An estimate of explain.json with its interval; `place` is its path there."""
        value = Number(entry.get("estimate"), digits, f"{place}/estimate", sign=sign)
        low, high = (Number(entry.get(end), digits, f"{place}/{end}", sign=sign)
                     for end in ("low", "high"))
        return value, Interval(low, high)

    @cached_property
    def stages(self) -> dict[str, Rows]:
        """Scenario -> the stages' table (rows of all replications)."""
        return {name: self.stored.stages(name) for name in self.names}

    @cached_property
    def explained(self) -> dict[str, Any] | None:
        """explain.json, or None."""
        return self.stored.explained

    def _measures(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.summary["scenarios"][name]["measures"]
        return found

    def _factor(self, measure: str) -> float:
        return 100.0 if is_share(measure) else 1.0

    def _interval(self, entry: dict[str, Any], place: str, digits: int, factor: float,
                  sign: bool = False) -> Interval:
        fixed = entry.get("low") == entry.get("high") or entry.get("label") == "input"
        low, high = (Number(None if fixed else entry.get(end), digits, f"{place} {end}", factor,
                            sign=sign) for end in ("low", "high"))
        return Interval(low, high)


def _relative_digits(entry: dict[str, Any]) -> int:
    """The decimals of a relative change in per cent that its interval supports."""
    found = supported({end: entry.get(f"relative_{end}") for end in ("low", "high")}, 100.0)
    return 1 if found is None else found
