"""The map of a log: a YAML file that says what its headers and texts mean, where they are not
guessed rightly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calibration.reading.stamptexts import known_zone
from calibration.reading.words import fields_of
from calibration.records import PLAIN, STAGES
from scenarios.errors import Fault, InputError, nearest
from scenarios.ids import DEPTHS, ID
from scenarios.yamlfile import Document, read_yaml

LAYOUTS = ("wide", "long")
LONG_FIELDS = ("activity", "agency", "start", "end", "time", "lifecycle")
_KEYS = ("columns", "values", "activities", "ignore", "time_zone", "day_first", "encoding",
         "delimiter", "layout", "sheet", "schema")
SCHEMA = "onestop.log-map/1"


@dataclass(frozen=True)
class LogMap:
    """How a log is written, as far as it is said.

    columns     canonical field -> header in the file
    values      field -> {text in the file: value}: yes/no, a depth, 20/40/45, or the base's values
    activities  of a long log: activity in the file -> plain stamp, STAGE.AGENCY or a stamp's name
    ignore      headers that are not to be read
    time_zone   of stamps without an offset (None: the scenario's); day_first of dates such as
                4/5/2015; encoding and delimiter of the text; layout wide or long; sheet of a
                workbook
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    activities: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    time_zone: str | None = None
    day_first: bool | None = None
    encoding: str | None = None
    delimiter: str | None = None
    layout: str | None = None
    sheet: str | None = None
    place: str = ""
    """Where it was written, for messages."""


def read_map(source: Path | Mapping[str, Any] | LogMap | None, agencies: Sequence[str],
             attributes: Mapping[str, Sequence[str]]) -> LogMap:
    """A map from a file or from plain data. Raises InputError with file, line and key."""
    if source is None:
        return LogMap()
    if isinstance(source, LogMap):
        return source
    document = (Document(dict(source)) if isinstance(source, Mapping)
                else read_yaml(Path(source)))
    check = _Check(document, list(agencies), dict(attributes))
    made = check.map()
    if check.faults:
        raise InputError(check.faults)
    return made


class _Check:
    """Collects every fault of a map."""

    def __init__(self, document: Document, agencies: list[str],
                 attributes: dict[str, Sequence[str]]) -> None:
        self.document, self.agencies, self.attributes = document, agencies, attributes
        self.faults: list[Fault] = []

    def fault(self, message: str, *key: str, **more: Any) -> None:
        file, line = self.document.place(key)
        self.faults.append(Fault(message, file=file or "the map", line=line,
                                 key=".".join(key) or None, **more))

    def map(self) -> LogMap:
        data = self.document.data
        for key in data:
            if key not in _KEYS:
                self.fault("unknown key", str(key), allowed=", ".join(_KEYS),
                           hint=nearest(str(key), _KEYS))
        if data.get("schema", SCHEMA) != SCHEMA:
            self.fault("is another kind of file", "schema", found=data["schema"], allowed=SCHEMA)
        columns = self.texts("columns")
        self.columns(columns)
        values = {}
        for name, table in self.table("values").items():
            values[name] = self.texts("values", name) if isinstance(table, dict) else {}
            if not isinstance(table, dict):
                self.fault("needs texts and their values", "values", name, found=table)
            self.values(name, values[name])
        activities = self.texts("activities")
        known = self.activity_names()
        for text, name in activities.items():
            if name not in known:
                self.fault("not an activity", "activities", text, found=name,
                           allowed=", ".join(known[:12]) + ", ...", hint=nearest(name, known))
        zone = self.word("time_zone")
        if zone is not None and not known_zone(zone):
            self.fault("unknown time zone", "time_zone", found=zone,
                       allowed="a name such as Asia/Shanghai or UTC")
        layout = self.word("layout")
        if layout is not None and layout not in LAYOUTS:
            self.fault("unknown layout", "layout", found=layout, allowed=", ".join(LAYOUTS))
        delimiter = self.word("delimiter")
        if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii()
                                      or delimiter in "\"\n\r"):
            self.fault("not a delimiter", "delimiter", found=delimiter,
                       allowed="one character such as ',' ';' '|' or a tab")
        day_first = data.get("day_first")
        if day_first is not None and not isinstance(day_first, bool):
            self.fault("needs true or false", "day_first", found=day_first)
        ignore = data.get("ignore", [])
        if not isinstance(ignore, list) or not all(isinstance(h, str) for h in ignore):
            self.fault("needs a list of headers", "ignore", found=ignore)
            ignore = []
        file, _ = self.document.place(())
        return LogMap(columns, values, activities, tuple(ignore), zone, day_first, self.encoding(),
                      delimiter, layout, self.word("sheet"), file or "the map")

    def table(self, *key: str) -> dict[str, Any]:
        node: Any = self.document.data
        for part in key:
            node = node.get(part, {})
        if not isinstance(node, dict):
            self.fault("needs keys and values", *key, found=node)
            return {}
        return node

    def texts(self, *key: str) -> dict[str, str]:
        """A table of texts; numbers and yes/no of YAML are taken as they were written."""
        result = {}
        for name, value in self.table(*key).items():
            if isinstance(value, bool):
                result[str(name)] = "yes" if value else "no"
            elif isinstance(value, str | int | float):
                result[str(name)] = str(value)
            else:
                self.fault("needs a text", *key, str(name), found=value)
        return result

    def word(self, key: str) -> str | None:
        value = self.document.data.get(key)
        if value is not None and not isinstance(value, str):
            self.fault("needs a text", key, found=value)
            return None
        return value

    def encoding(self) -> str | None:
        name = self.word("encoding")
        if name is None:
            return None
        try:
            "".encode(name)
            return {"utf-8-sig": "utf-8", "utf8": "utf-8"}.get(name.lower(), name.lower())
        except (LookupError, TypeError, ValueError):
            self.fault("unknown encoding", "encoding", found=name,
                       allowed="utf-8, gb18030 or another name that Python knows")
        return None

    def columns(self, columns: Mapping[str, str]) -> None:
        known = fields_of(self.agencies, self.attributes)
        allowed = ("container, declaration, size, attribute.NAME, selected.AGENCY, depth.AGENCY, "
                   + ", ".join(PLAIN) + ", start.STAGE.AGENCY, end.STAGE.AGENCY; of long logs "
                   + ", ".join(LONG_FIELDS) + f"; AGENCY is {', '.join(self.agencies)}; STAGE is "
                   + ", ".join(STAGES))
        for name in columns:
            free = name.startswith("attribute.") and ID.match(name.partition(".")[2])
            if name not in known and name not in LONG_FIELDS and not free:
                self.fault("not a field of a log", "columns", name, allowed=allowed,
                           hint=nearest(name, [*known, *LONG_FIELDS]))
        for header, times in Counter(h.strip() for h in columns.values()).items():
            if times > 1:
                self.fault("two fields are read from one column", "columns", found=header)

    def values(self, name: str, texts: Mapping[str, str]) -> None:
        known = fields_of(self.agencies, self.attributes)
        allowed: Iterable[str] = ()
        if name.startswith("selected."):
            allowed = ("yes", "no")
        elif name.startswith("depth."):
            allowed = DEPTHS
        elif name == "size":
            allowed = ("20", "40", "45")
        elif not name.startswith("attribute."):
            self.fault("not a field with values", "values", name,
                       allowed="selected.AGENCY, depth.AGENCY, attribute.NAME, size",
                       hint=nearest(name, known))
            return
        if name not in known and not name.startswith("attribute."):
            self.fault("no such agency", "values", name, allowed=", ".join(self.agencies))
        for text, value in texts.items():
            if allowed and value not in allowed:
                self.fault("not a value of this field", "values", name, text, found=value,
                           allowed=", ".join(allowed))

    def activity_names(self) -> list[str]:
        staged = [f"{stage}.{agency}" for agency in self.agencies for stage in STAGES]
        return [*PLAIN, *staged, *(f"{side}.{name}" for name in staged
                                   for side in ("start", "end")), "ignore"]
