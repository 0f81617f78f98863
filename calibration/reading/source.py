"""Opening a log: text, packed or not, a workbook or Parquet, as blocks of bytes of a text table.

Nothing but the file itself is read, nothing is unpacked to a name that an archive gives, and what
would unpack to more than a log can be is refused.
"""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from scenarios.errors import Fault, InputError, shorten

BLOCK = 16 << 20
"""Bytes of a log that are worked on at once."""
MOST_BYTES = 40_000_000_000
"""Of a log as text."""
MOST_RATIO = 250
"""Of unpacked to packed bytes, once FREE_BYTES are out: tables of stamps pack to a tenth."""
FREE_BYTES = 64 << 20
MOST_NULS = 8
"""Of the first 4096 bytes of a text: more are another kind of file."""
MOST_SHEET_BYTES = 1 << 30
"""Of a workbook, unpacked: it is held in memory."""
DAMAGES = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError)
"""What unpacking raises. RuntimeError is zipfile's for a password, or an unknown way of packing."""
KINDS = "a CSV or TSV table, packed (.gz, .zip) or not, a workbook (.xlsx, .xls) or Parquet"


@dataclass(frozen=True)
class Source:
    """A file and what it was found to be: text, gzip, zip, workbook or parquet."""

    path: Path
    kind: str
    member: str = ""
    """In a zip: the table's name."""
    sheet: str | None = None
    """In a workbook: which sheet to read, None the first that holds something."""

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def encoded(self) -> bool:
        """Whether the encoding of its text has to be found out."""
        return self.kind in ("text", "gzip", "zip")

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Blocks of bytes, in order. Raises InputError where the file is damaged or too large."""
        if self.kind == "workbook":
            from calibration.reading.workbooks import sheet_blocks
            yield from sheet_blocks(self.path, self.sheet)
            return
        if self.kind == "parquet":
            from calibration.reading.parquet import parquet_blocks
            yield from parquet_blocks(self.path, size)
            return
        try:
            with self._open() as (stream, packed):
                total = 0
                while block := stream.read(size):
                    total += len(block)
                    self._refuse_bomb(total, packed)
                    yield block
        except DAMAGES as error:
            raise damaged(self.name, self.kind, error) from None
        except OSError as error:
            raise unreadable(self.name, error) from None

    @contextmanager
    def _open(self) -> Iterator[tuple[IO[bytes], int]]:
        """The table's bytes, and how many they are packed (0: not packed)."""
        if self.kind == "zip":
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                yield stream, archive.getinfo(self.member).compress_size or 1
        elif self.kind == "gzip":
            with gzip.open(self.path, "rb") as packed:
                yield packed, self.path.stat().st_size  # type: ignore[misc]
        else:
            with self.path.open("rb") as plain:
                yield plain, 0

    def _refuse_bomb(self, total: int, packed: int) -> None:
        if packed and total > FREE_BYTES and total > MOST_RATIO * packed:
            raise InputError(Fault(f"unpacks to more than {MOST_RATIO} times its size",
                                   file=self.name, hint="No log does. Unpack it yourself."))
        if total > MOST_BYTES:
            raise InputError(Fault("is too large for a log", file=self.name,
                                   allowed=f"at most {MOST_BYTES} bytes as text",
                                   hint="Split it by time, and calibrate on a part."))


def damaged(name: str, kind: str, error: BaseException | str) -> InputError:
    """A file that cannot be unpacked or decoded as what it says it is."""
    reason = shorten(" ".join(str(error).split()) or type(error).__name__, 160).strip("'\"")
    return InputError(Fault(f"is a damaged {kind} file ({reason})", file=name))


def unreadable(name: str, error: OSError) -> InputError:
    """A file that the system does not give."""
    return InputError(Fault(f"cannot be read ({error.strerror or error})", file=name))


def open_source(path: Path, sheet: str | None = None) -> Source:
    """Looks at a file's first bytes. Raises InputError for what is no file, empty, or an archive
    that does not hold exactly one table."""
    name = str(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "is a folder" if stat.S_ISDIR(mode) else "is a device or a pipe"
            raise InputError(Fault(what, file=name, allowed=KINDS))
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise unreadable(name, error) from None
    except ValueError:
        raise InputError(Fault("is no path of a file", found=name)) from None
    if not head:
        raise InputError(Fault("is empty", file=name, allowed=KINDS))
    if head[:2] == b"\x1f\x8b":
        return Source(path, "gzip")
    if head[:4] == b"PAR1":
        return Source(path, "parquet")
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return Source(path, "workbook", sheet=sheet)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _archive(path, sheet)
    return Source(path, "text")


def _archive(path: Path, sheet: str | None) -> Source:
    """A workbook, or a zip of one table."""
    name = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(e.filename == "[Content_Types].xml" for e in entries):
                _check_workbook(archive, name)
                return Source(path, "workbook", sheet=sheet)
    except (*DAMAGES, OSError, ValueError) as error:
        raise damaged(name, "zip", error) from None
    tables = [e for e in entries if not e.is_dir() and not e.filename.startswith("__MACOSX/")
              and not e.filename.rpartition("/")[2].startswith(".")]
    if len(tables) != 1:
        found = ", ".join(e.filename for e in tables[:5]) or "nothing"
        raise InputError(Fault("does not hold exactly one table", file=name, found=found,
                               hint="Pack the log alone."))
    table = tables[0]
    if table.flag_bits & 1:
        raise InputError(Fault("is locked with a password", file=name))
    if table.file_size > MOST_BYTES or (table.file_size > FREE_BYTES and
                                        table.file_size > MOST_RATIO * max(table.compress_size, 1)):
        raise InputError(Fault(f"unpacks to more than {MOST_RATIO} times its size or than any log",
                               file=name, found=f"{table.file_size} bytes"))
    if table.filename.lower().endswith((".xlsx", ".xls", ".parquet", ".gz", ".zip")):
        raise InputError(Fault("holds a file that is packed once more", file=name,
                               found=table.filename, hint="Unpack the zip first."))
    return Source(path, "zip", member=table.filename)


def _check_workbook(archive: zipfile.ZipFile, name: str) -> None:
    """What is declared, and what really comes out, must be a workbook's size."""
    left = MOST_SHEET_BYTES
    for entry in archive.infolist():
        with archive.open(entry) as stream:
            packed, out = max(entry.compress_size, 1), 0
            while block := stream.read(1 << 20):
                out += len(block)
                left -= len(block)
                if left < 0 or (out > FREE_BYTES and out > MOST_RATIO * packed):
                    raise InputError(Fault("unpacks to more than a workbook can be", file=name,
                                           found=entry.filename, hint="Save it as CSV."))


def texts_of(source: Source, encoding: str | None, notes: list[str]) -> Iterator[bytes]:
    """The blocks of a source in UTF-8, without a byte order mark.

    The encoding is UTF-8 or GB 18030, UTF-16 if a mark says so, or the one that is named. Bytes
    that are none of it become U+FFFD, which no field can be read from; `notes` says so.
    Raises InputError where the first block with other letters is neither.
    """
    if not source.encoded:
        yield from source.blocks()
        return
    import codecs

    decoder: Any = None
    name, rest, first, lines = encoding, b"", True, 0
    for block in source.blocks():
        if first:
            if name is None and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
                name = "utf-16"
            elif block[:4096].count(0) > MOST_NULS and name is None:
                raise InputError(Fault("is not a text file", file=source.name,
                                       line=block[: block.index(b"\0")].count(b"\n") + 1,
                                       allowed=KINDS, hint="Save it as CSV in UTF-8."))
        if name is None and not block.isascii():
            name = _find_encoding(source, block, lines)
        if name is None or name == "utf-8":
            while first and block.startswith(b"\xef\xbb\xbf"):
                block = block[3:]
            if name and not _valid(rest + block):
                notes.append("some bytes are not UTF-8: the fields that hold them are not read")
            # Only the seam of two blocks can cut a letter in two, and it is joined again.
            rest = block[-3:]
            yield block
        else:
            if decoder is None:
                decoder = codecs.getincrementaldecoder(name)("replace")
            text = decoder.decode(block)
            if "\ufffd" in text:
                notes.append(f"some bytes are not {name}: the fields that hold them are not read")
            if first:
                text = text.lstrip("\ufeff")
            yield text.encode("utf-8", "replace")
        lines += block.count(b"\n") if name is None else 0
        first = False
    if decoder is not None and (tail := decoder.decode(b"", True)):
        yield tail.encode("utf-8", "replace")


def _valid(block: bytes) -> bool:
    """Whether all but a cut letter at either end is UTF-8."""
    start = 0
    while start < 4 and start < len(block) and block[start] & 0xC0 == 0x80:
        start += 1
    try:
        block[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end >= len(block) - start and "unexpected end" in error.reason
    return True


def _find_encoding(source: Source, block: bytes, lines: int) -> str:
    """UTF-8 or GB 18030, by whole lines of a block."""
    whole = block[: block.rfind(b"\n") + 1] or block
    furthest = 0
    for encoding in ("utf-8", "gb18030"):
        try:
            whole.decode(encoding)
        except UnicodeDecodeError as error:
            furthest = max(furthest, error.start)
            # A stray byte in a long text does not make it another encoding.
            good = whole.decode(encoding, "ignore")
            if encoding == "utf-8" and len(good.encode()) > 0.999 * len(whole):
                return encoding
        else:
            return encoding
    raise InputError(Fault("is neither UTF-8 nor GB 18030 text", file=source.name,
                           line=lines + whole[:furthest].count(b"\n") + 1,
                           found=f"byte 0x{whole[furthest]:02x}",
                           hint="Save it in UTF-8, or name its encoding in the map."))
