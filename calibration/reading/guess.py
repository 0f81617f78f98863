"""Which column of a table means what: by its header, then by what stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.reading.mapping import LogMap
from calibration.reading.sample import Sample, take_sample
from calibration.reading.source import Source
from calibration.reading.table import Plan, scan_texts
from calibration.reading.words import (
    Named,
    depth_of,
    field_of,
    fold,
    long_field,
    yes_no,
)
from calibration.records import PLAIN
from scenarios.errors import Fault, InputError, nearest, shorten
from sim.portlog.iso6346 import read_container, read_size

_MOST = 0.6
"""Of a column's texts, the part that must look like what its header says."""


@dataclass(frozen=True)
class Column:
    """One column of the file: its header, the field it is read as ('' unread) and how that was
    found out ('map', 'name', 'content', or why it is not read)."""

    header: str
    field: str
    how: str


@dataclass
class Layout:
    """What a table was found to be."""

    kind: str
    plan: Plan
    columns: list[Column]
    remarks: list[str] = field(default_factory=list)

    @property
    def unread(self) -> list[str]:
        return [c.header for c in self.columns if not c.field]


def look(source: Source, log_map: LogMap, agencies: Sequence[str],
         attributes: Mapping[str, Sequence[str]], time_zone: str) -> Layout:
    """Finds headers, columns, layout and spellings from the first megabyte.

    Raises InputError where no header can be made out, the box or every stamp is missing, or the map
    names headers that there are not.
    """
    sample = take_sample(source, log_map, agencies, attributes)
    remarks = []
    if sample.line > 1:
        remarks.append(f"the headers are on line {sample.line}; what stands above is not read")
    guess = _Guess(sample, log_map, agencies, attributes, source.name)
    guess.take_map()
    guess.take_names()
    kind = log_map.layout or guess.layout()
    if kind == "long":
        guess.take_long()
    else:
        guess.drop_long()
    guess.find_box()
    guess.check(kind)
    kinds = {name: _kind(name) for name in guess.places}
    if "container" in guess.places and not _iso(
            sample.column(guess.places["container"]), 0.1):
        kinds["container"] = "key"
        remarks.append("boxes have no numbers of ISO 6346: their numbers are taken as they are")
    plan = Plan(guess.places, kinds, len(sample.headers), sample.delimiter, sample.rows_above, {},
                time_zone, log_map.time_zone or time_zone, log_map.encoding)
    columns = [Column(header, guess.named.get(k, ""), guess.how.get(k, "no known name"))
               for k, header in enumerate(sample.headers)]
    layout = Layout(kind, plan, columns, remarks + guess.remarks)
    first_orders(layout, sample.texts, log_map.day_first)
    return layout


def first_orders(layout: Layout, rows: list[list[str]], day_first: bool | None) -> None:
    """Day or month first, of dates with the year last: as said, or by the sample."""
    plan = layout.plan
    for name, kind in plan.kinds.items():
        if kind != "stamp":
            continue
        if day_first is not None:
            plan.order[name] = 1 if day_first else 2
            continue
        counts = np.zeros(16, dtype=np.int64)
        texts = [row[plan.places[name]] for row in rows if row[plan.places[name]]]
        scan_texts(texts, 0, plan.time_zone, counts=counts)
        plan.order[name] = order_of(counts)
    settle_orders(plan, rows)


def order_of(counts: np.ndarray) -> int:
    """1 day first, 2 month first, 0 undecided: by dates that can be read in one way only."""
    from calibration.reading.stampcodes import DAY_ABOVE, MONTH_ABOVE

    day, month = int(counts[DAY_ABOVE]), int(counts[MONTH_ABOVE])
    return 0 if day == month else 1 if day > month else 2


def settle_orders(plan: Plan, rows: list[list[str]]) -> None:
    """Undecided columns follow the others; if all are, the order that spans fewer days holds."""
    decided = [order for order in plan.order.values() if order]
    usual = max(set(decided), key=decided.count) if decided else 0
    if not usual:
        texts = [row[plan.places[name]] for name in plan.order for row in rows
                 if row[plan.places[name]]]
        spans = []
        for order in (1, 2):
            stamps = scan_texts(texts, order, plan.time_zone)
            known = stamps[stamps > -(2**31) + 32].astype(np.float64)
            spans.append(np.ptp(np.quantile(known, (0.02, 0.98))) if len(known) else 0.0)
        usual = 1 if spans[0] <= spans[1] else 2
    for name, order in plan.order.items():
        plan.order[name] = order or usual


def _kind(name: str) -> str:
    if name == "container":
        return "box"
    if name == "declaration":
        return "key"
    if name in PLAIN or name.startswith(("start.", "end.")) or name in ("start", "end", "time"):
        return "stamp"
    return "code"


class _Guess:
    """places: field -> column; named: column -> field; how: column -> why."""

    def __init__(self, sample: Sample, log_map: LogMap, agencies: Sequence[str],
                 attributes: Mapping[str, Sequence[str]], name: str) -> None:
        self.sample, self.map, self.file = sample, log_map, name
        self.agencies, self.attributes = list(agencies), attributes
        self.places: dict[str, int] = {}
        self.named: dict[int, str] = {}
        self.how: dict[int, str] = {}
        self.remarks: list[str] = []
        self.texts = {k: sample.column(k) for k in range(len(sample.headers))}

    def put(self, field_name: str, k: int, how: str) -> None:
        self.places[field_name] = k
        self.named[k] = field_name
        self.how[k] = how

    def leave(self, k: int, why: str) -> None:
        if field_name := self.named.pop(k, ""):
            self.places.pop(field_name, None)
        self.how[k] = why

    def take_map(self) -> None:
        headers = self.sample.headers
        faults = []
        for field_name, header in self.map.columns.items():
            found = [k for k, h in enumerate(headers) if h == header.strip()] or [
                k for k, h in enumerate(headers) if fold(h) == fold(header)]
            if len(found) == 1:
                self.put(field_name, found[0], "map")
                continue
            known = "Its columns are " + shorten(", ".join(headers), 300)
            faults.append(Fault(
                "no such column" if not found else f"{len(found)} columns have this header",
                file=self.file, line=self.sample.line, key=f"columns.{field_name}", found=header,
                hint=None if found else nearest(header, headers) or known))
        if faults:
            raise InputError(faults)
        for k, header in enumerate(headers):
            if header in self.map.ignore:
                self.leave(k, "ignored, as the map says")

    def take_names(self) -> None:
        """Every column that the map does not name, by its name and its content; of two for one
        field that whose name says more, then the fuller."""
        claims: dict[str, list[tuple[float, int, int]]] = {}
        for k, header in enumerate(self.sample.headers):
            if k in self.named or k in self.how:
                continue
            if not header and not self.texts[k]:
                self.leave(k, "empty")
                continue
            named = field_of(header, self.agencies, self.attributes)
            field_name, why = self.confirmed(named, k)
            if not field_name:
                self.leave(k, why or named.unsure or "no known name")
                if named.unsure:
                    self.remarks.append(f"'{header}' {named.unsure}: it is not read")
            elif field_name in self.places:
                self.leave(k, f"{field_name} is read from another column")
            else:
                claims.setdefault(field_name, []).append((-named.part, -len(self.texts[k]), k))
        for field_name, of_field in claims.items():
            of_field.sort()
            self.put(field_name, of_field[0][2], "name")
            for _, _, k in of_field[1:]:
                self.leave(k, f"may be {field_name} too")
                self.remarks.append(
                    f"'{self.sample.headers[of_field[0][2]]}' and '{self.sample.headers[k]}' may "
                    f"both be {field_name}: the first is read; a map can say otherwise")

    def confirmed(self, named: Named, k: int) -> tuple[str, str]:
        """(field, '') if what stands in the column agrees with its name, else ('', why)."""
        texts, name = self.texts[k], named.field
        if not name or not texts:
            return name, ""
        kind = _kind(name)
        if kind == "stamp" and not _stamps(texts):
            if named.agency and _share(texts, yes_no) > _MOST:
                return f"selected.{named.agency}", ""
            if named.agency and _share(texts, depth_of) > _MOST:
                return f"depth.{named.agency}", ""
            return "", f"no stamps, though it is named like {name}"
        if name.startswith("selected.") and name not in self.map.values:
            if _share(texts, yes_no) <= _MOST:
                if _share(texts, depth_of) > _MOST:
                    return "depth." + name.partition(".")[2], ""
                return "", "neither yes nor no, though it is named like a selection"
        if name == "size" and name not in self.map.values and _share(
                texts, lambda t: str(read_size(t) or "")) <= _MOST / 2:
            return "", "no sizes of containers"
        if kind == "code" and _stamps(texts) and len(set(texts)) > 20:
            return "", "stamps, though it is not named like one"
        return name, ""

    def layout(self) -> str:
        """Long if a column names activities and few columns are stages' stamps."""
        staged = sum(name.startswith(("start.", "end.")) for name in self.places)
        if "activity" in self.places:
            return "long"
        named = any(long_field(h) == "activity" and self.activities(k) > 0.3
                    for k, h in enumerate(self.sample.headers))
        by_content = any(self.activities(k) > 0.8 for k in self.texts if k not in self.named)
        times = sum(1 for texts in self.texts.values() if texts and _stamps(texts))
        return "long" if (named or by_content) and staged < 4 and 1 <= times else "wide"

    def activities(self, k: int) -> float:
        """Of a column's different texts, the part that name a stage; 0 for a column of few."""
        distinct = set(self.texts[k])
        if not 2 <= len(distinct) <= 300:
            return 0.0
        return _share(list(distinct), lambda t: _activity(t, self.agencies))

    def take_long(self) -> None:
        """The columns of a long log; stages' stamps are rows here, not columns."""
        for name in [n for n in self.places if n.startswith(("start.", "end."))]:
            self.leave(self.places[name], "a stamp of a stage has a row of its own in a long log")
        for k, header in enumerate(self.sample.headers):
            name = long_field(header)
            if not name or self.how.get(k) == "map" or name in self.places:
                continue
            if name == "case":
                name = "container" if "container" not in self.places else "declaration"
                if name in self.places:
                    continue
            if name in ("start", "end", "time") and not _stamps(self.texts[k]):
                continue
            if self.named.get(k):
                self.leave(k, "")
            self.put(name, k, "name")
        if "activity" not in self.places:
            free = [k for k in self.texts if k not in self.named]
            best = max(free, key=self.activities, default=None)
            if best is not None and self.activities(best) > 0.5:
                self.put("activity", best, "content")
        if "agency" in self.places and _share(
                self.texts[self.places["agency"]],
                lambda t: _agency(t, self.agencies)) <= 0.3:
            self.leave(self.places["agency"], "names none of the agencies")

    def drop_long(self) -> None:
        for name in ("activity", "agency", "start", "end", "time", "lifecycle"):
            if name in self.places:
                self.leave(self.places[name], "belongs to a long log")

    def find_box(self) -> None:
        """The box's number by what stands in the columns, if no header names it."""
        if "container" in self.places:
            return
        boxes = [k for k, texts in self.texts.items()
                 if k not in self.named and texts and _iso(texts)]
        if len(boxes) == 1:
            self.put("container", boxes[0], "content")

    def check(self, kind: str) -> None:
        """What a log cannot do without."""
        headers = "Its columns are " + shorten(", ".join(self.sample.headers), 300)

        def fault(message: str, hint: str) -> Fault:
            return Fault(message, file=self.file, line=self.sample.line, hint=f"{hint} {headers}")

        faults = []
        if "container" not in self.places:
            faults.append(fault("no column is known to hold the number of the container",
                                "Name it in a map (columns: container)."))
        stamps = [n for n in self.places if _kind(n) == "stamp"]
        if not stamps:
            faults.append(fault("no column is known to hold stamps", "Name them in a map."))
        if kind == "long" and "activity" not in self.places:
            faults.append(fault("no column is known to name activities",
                                "Name it in a map (columns: activity)."))
        if faults:
            raise InputError(faults)


def _activity(text: str, agencies: Sequence[str]) -> str:
    named = field_of(text, agencies, ())
    return named.stage or (named.field if named.field in PLAIN else "")


def _agency(text: str, agencies: Sequence[str]) -> str:
    return field_of(f"{text} papers", agencies, ()).agency


def _share(texts: Sequence[str], reader: object) -> float:
    known = {text: bool(reader(text)) for text in set(texts)}  # type: ignore[operator]
    return sum(known[text] for text in texts) / max(len(texts), 1)


def _iso(texts: Sequence[str], least: float = 0.5) -> bool:
    return _share(texts, lambda t: read_container(t)[0]) > least


def _stamps(texts: Sequence[str]) -> bool:
    """Whether most texts are stamps, or would be if they were possible."""
    from calibration.reading.stampcodes import ABSENT, UNREADABLE

    stamps = scan_texts(texts)
    written = stamps != ABSENT
    return bool(np.mean(stamps[written] != UNREADABLE) > _MOST) if written.any() else True
