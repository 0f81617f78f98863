"""Which column of a log means what, and the log's text brought into columns.

A `LogFormat` says under which header each canonical field stands and which texts stand for which
values. Canonical fields: container, size, declaration, arrival, discharged, lodged,
`selected.AGENCY`, `depth.AGENCY`, `attribute.NAME`. Columns that are not mapped are not read: a
trace takes only what the old regime did not cause.
"""

from __future__ import annotations

import csv
import gzip
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scenarios.errors import Fault, InputError, nearest, shorten
from scenarios.validate import MOST_BOXES

PLAIN_FIELDS = ("container", "size", "declaration", "arrival", "discharged", "lodged")
GROUPS = ("selected", "depth", "attribute")
NEEDED = ("container", "arrival")
DEPTHS = ("scan", "door", "one-third", "half", "full")
YES_NO = {"yes": 1, "no": 0}
ENCODINGS = ("utf-8-sig", "gb18030")
_USUAL_YES_NO = dict.fromkeys(("yes", "y", "true", "1", "是"), "yes") | dict.fromkeys(
    ("no", "n", "false", "0", "否"), "no"
)
_SAMPLE = 1 << 20
_LONGEST_VALUE = 60
MOST_ROWS = MOST_BOXES
MOST_FIELDS = 40
MOST_BYTES = 300_000_000
_ROW_BYTES = 1 << 20


@dataclass(frozen=True)
class LogFormat:
    """How a port writes its log.

    columns: canonical field -> header in the file. values: field -> {text in the file: value};
    values are yes/no for `selected.*`, a depth (scan, door, one-third, half, full) for `depth.*`,
    20/40/45 for size, free for `attribute.*`. encoding: None finds it (UTF-8 with or without a
    byte order mark, else GB 18030).
    """

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encoding: str | None = None

    def names(self, group: str) -> list[str]:
        """The agencies (selected, depth) or attributes mapped, in the order of the map."""
        return [name.split(".", 1)[1] for name in self.columns if name.startswith(group + ".")]

    def faults(self) -> list[Fault]:
        """Everything that is wrong with the map itself, before any file is read."""
        found = [_unknown_field("columns", name) for name in self.columns if not is_field(name)]
        found += [
            Fault("a log cannot be read without this column", key=f"columns.{name}")
            for name in NEEDED if name not in self.columns
        ]
        if len(self.columns) > MOST_FIELDS:
            found.append(Fault("maps too many columns", key="columns", found=len(self.columns),
                               allowed=f"at most {MOST_FIELDS}"))
        found += [
            Fault("two fields are read from one column", key="columns", found=header)
            for header, times in Counter(h.strip() for h in self.columns.values()).items()
            if times > 1
        ]
        found += [
            Fault("a depth without its selection", key=f"columns.depth.{agency}",
                  hint=f"Map selected.{agency} as well.")
            for agency in self.names("depth") if agency not in self.names("selected")
        ]
        for name, texts in self.values.items():
            if name not in self.columns:
                found.append(_unknown_field("values", name, self.columns))
                continue
            allowed = allowed_values(name)
            found += [
                Fault("not a value of this field", key=f"values.{name}.{text}", found=value,
                      allowed=", ".join(allowed))
                for text, value in texts.items() if allowed and value not in allowed
            ]
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except (LookupError, TypeError, ValueError):
                found.append(Fault("unknown encoding", key="encoding", found=self.encoding,
                                   allowed="utf-8, gb18030 or another name that Python knows"))
        return found


def is_field(name: str) -> bool:
    """Whether a name is canonical."""
    group, dot, rest = name.partition(".")
    return name in PLAIN_FIELDS or bool(dot and rest and group in GROUPS)


def allowed_values(name: str) -> tuple[str, ...]:
    """What a value map may map to; empty means anything."""
    if name.startswith("selected."):
        return tuple(YES_NO)
    if name.startswith("depth."):
        return DEPTHS
    return ("20", "40", "45") if name == "size" else ()


def read_columns(path: Path, log_format: LogFormat) -> tuple[dict[str, list[str]], list[int],
                                                             list[int]]:
    """Reads the mapped columns of a log, packed (.gz) or not.

    Returns field -> text of each row, the line at which each row begins, and the numbers of the
    rows (from 0) that have too few or too many fields. Empty lines are not rows. Raises
    InputError, with file and line, for anything that is not such a table.
    """
    name = str(path)
    faults = log_format.faults()
    if faults:
        raise InputError(faults)
    encoding = log_format.encoding or _find_encoding(path)
    read = _Read()
    reader = csv.reader(_lines(path, encoding, read), strict=True)
    try:
        headers = [header.strip().lstrip("\ufeff") for header in next(reader, [])]
        places = _places(headers, log_format, name)
        columns: dict[str, list[str]] = {field: [] for field in places}
        wanted = [(columns[field].append, place) for field, place in places.items()]
        width = len(headers)
        lines: list[int] = []
        ragged: list[int] = []
        end = reader.line_num
        for row in reader:
            line, end, read.row = end + 1, reader.line_num, 0
            if not row:
                continue
            if len(row) != width:
                ragged.append(len(lines))
                row += [""] * (width - len(row))
            if len(lines) == MOST_ROWS:
                raise InputError(Fault("has more rows than one run can hold", file=name, line=line,
                                       allowed=f"at most {MOST_ROWS}",
                                       hint="Split it by time, and run the parts."))
            lines.append(line)
            for append, place in wanted:
                append(row[place])
    except csv.Error as error:
        raise InputError(Fault(f"is not a CSV table here ({error})", file=name,
                               line=max(reader.line_num, 1))) from None
    if not lines:
        raise InputError(Fault("has headers but no rows", file=name, line=1))
    return columns, lines, ragged


def read_values(name: str, texts: list[str], log_format: LogFormat) -> tuple[list[str], list[str]]:
    """Texts of a `selected`, `depth` or `attribute` column -> (values, fault of each row).

    A text is looked up as it is, then without regard to case, width and outer spaces; without a
    value map, selections and depths are taken by their usual names and attributes as they stand.
    The value is '' where it is blank ('missing') or not to be understood ('unknown value').
    """
    given = log_format.values.get(name)
    usual = _USUAL_YES_NO if name.startswith("selected.") else {depth: depth for depth in DEPTHS}
    table = {_fold(text): value for text, value in (usual if given is None else given).items()}
    free = given is None and name.startswith("attribute.")
    known: dict[str, tuple[str, str]] = {}
    for text in set(texts):
        folded = _fold(text)
        if folded in table:
            known[text] = (table[folded], "")
        elif not folded:
            known[text] = ("", "missing")
        elif free and len(text) <= _LONGEST_VALUE:
            known[text] = (text.strip(), "")
        else:
            known[text] = ("", "unknown value")
    return [known[text][0] for text in texts], [known[text][1] for text in texts]


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:2 * _LONGEST_VALUE]).strip().casefold()


def _unknown_field(where: str, name: str, known: Mapping[str, str] | None = None) -> Fault:
    choices = list(known) if known is not None else [*PLAIN_FIELDS, *(f"{g}." for g in GROUPS)]
    allowed = list(known) if known is not None else [
        *PLAIN_FIELDS, "selected.AGENCY", "depth.AGENCY", "attribute.NAME"]
    message = "not a mapped field" if known is not None else "not a field of a log"
    return Fault(message, key=where, found=name, allowed=", ".join(allowed),
                 hint=nearest(name, choices))


def _places(headers: list[str], log_format: LogFormat, name: str) -> dict[str, int]:
    """Field -> position in a row. Raises InputError for absent and ambiguous headers."""
    if not any(headers):
        raise InputError(Fault("is empty", file=name, line=1,
                               allowed="a CSV table with headers in its first line"))
    faults = []
    for canonical, header in log_format.columns.items():
        times = headers.count(header.strip())
        if times != 1:
            faults.append(Fault(
                "no such column" if times == 0 else f"{times} columns have this header",
                file=name, line=1, key=f"columns.{canonical}", found=header,
                hint=_header_hint(header, headers) if times == 0 else None,
            ))
    if faults:
        raise InputError(faults)
    return {canonical: headers.index(header.strip())
            for canonical, header in log_format.columns.items()}


def _header_hint(header: str, headers: list[str]) -> str:
    if len(headers) == 1:
        return "Its first line has one field only: are its fields separated by commas?"
    known = "Its columns are " + shorten(", ".join(headers), 300)
    return nearest(header, headers) or known


def _open_bytes(path: Path) -> gzip.GzipFile:
    """A log as bytes, unpacked if it is gzip, whatever its name."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def _sample(path: Path) -> bytes:
    """The first megabyte; raises InputError where a file cannot be read or is not text."""
    name = str(path)
    if path.is_dir():
        raise InputError(Fault("is a folder", file=name, allowed="a .csv or .csv.gz file"))
    try:
        with _open_bytes(path) as stream:
            sample = stream.read(_SAMPLE)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(Fault(f"cannot be read ({reason})", file=name)) from None
    except (EOFError, zlib.error) as error:
        raise InputError(Fault(f"is a damaged gzip file ({error})", file=name)) from None
    if not sample.strip():
        raise InputError(Fault("is empty", file=name, line=1))
    if b"\0" in sample:
        line = sample[: sample.index(b"\0")].count(b"\n") + 1
        raise InputError(Fault("is not a text file", file=name, line=line,
                               hint="Save it as CSV in UTF-8."))
    return sample


def _find_encoding(path: Path) -> str:
    """The first encoding of ENCODINGS that reads the first megabyte."""
    sample = _sample(path)
    # A sample cut off in the middle may end inside a character: judge whole lines only.
    whole = sample if len(sample) < _SAMPLE else sample[: sample.rfind(b"\n") + 1] or sample
    furthest = 0
    for encoding in ENCODINGS:
        try:
            whole.decode(encoding)
        except UnicodeDecodeError as error:
            furthest = max(furthest, error.start)
        else:
            return encoding
    line = whole[:furthest].count(b"\n") + 1
    raise InputError(Fault("is neither UTF-8 nor GB 18030 text", file=str(path), line=line,
                           found=f"byte 0x{whole[furthest]:02x}",
                           hint="Save it in UTF-8, or name its encoding in the log's format."))


@dataclass
class _Read:
    """Bytes that were read of a log: of the row at hand, and of all."""

    row: int = 0
    total: int = 0


def _lines(path: Path, encoding: str, read: _Read) -> Iterator[str]:
    """The lines of a log as text. Raises InputError with the line that cannot be read, and for a
    row or a file, unpacked, that would exhaust the machine."""
    name, line = str(path), 0
    _sample(path)
    # Only the first line may carry a byte order mark.
    later = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        with _open_bytes(path) as stream:
            while raw := stream.readline(_ROW_BYTES):
                line += 1
                read.row += len(raw)
                read.total += len(raw)
                if read.row >= _ROW_BYTES:
                    raise InputError(Fault("the row is too long", file=name, line=line,
                                           allowed=f"at most {_ROW_BYTES} bytes",
                                           hint="Is a quote not closed?"))
                if read.total > MOST_BYTES:
                    raise InputError(Fault("is too large for a log", file=name, line=line,
                                           allowed=f"at most {MOST_BYTES} bytes, unpacked",
                                           hint="Split it by time, and run the parts."))
                if b"\0" in raw:
                    raise InputError(Fault("is not a text file", file=name, line=line))
                yield raw.decode(encoding if line == 1 else later)
    except UnicodeError:
        raise InputError(Fault(f"cannot be read as {encoding}", file=name, line=line,
                               hint="Name its encoding in the log's format.")) from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(Fault(f"cannot be read ({error})", file=name, line=line + 1)) from None
