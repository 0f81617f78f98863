"""What is no plain file, archives that reach out, and rubbish: refused or accounted for."""

from __future__ import annotations

import csv
import gzip
import os
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.reading import read, source
from scenarios.errors import InputError
from tests.calibration import logs

SOUND = logs.text(logs.rows(20))
HEADER = SOUND.split("\n", 1)[0]


def test_only_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    paths = [tmp_path, tmp_path / "none.csv", tmp_path / "pipe", Path("/dev/zero"),
             tmp_path / "loop", Path("a\0b")]
    for path in paths:
        with pytest.raises(InputError):
            read(path, agencies=logs.AGENCIES, attributes=logs.ATTRIBUTES)


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(SOUND)
    (tmp_path / "link").symlink_to("log.csv")
    assert len(read(tmp_path / "link", agencies=logs.AGENCIES,
                    attributes=logs.ATTRIBUTES).records) == 20


def test_an_archive_writes_nothing_and_reads_nothing_else(tmp_path: Path) -> None:
    """A name that climbs out of the folder is a name; an entry that is a link is its text."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    reading = logs.read_bytes(folder / "log.zip", logs.zipped({"../../evil.csv": SOUND}))
    assert len(reading.records) == 20
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "log.zip"]
    entry = zipfile.ZipInfo("log.csv")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "link.zip", "w") as archive:
        archive.writestr(entry, "/etc/hostname")
    with pytest.raises(InputError, match="no headers of a log"):
        read(folder / "link.zip", agencies=logs.AGENCIES, attributes=logs.ATTRIBUTES)


def test_a_log_beyond_what_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from calibration.reading import table

    monkeypatch.setattr(table, "MOST_ROWS", 10)
    with pytest.raises(InputError, match="more rows than can be held.*Split it by time"):
        logs.read_bytes(tmp_path / "log", SOUND)
    monkeypatch.setattr(source, "MOST_BYTES", 300)
    with pytest.raises(InputError, match="too large for a log"):
        logs.read_bytes(tmp_path / "log", gzip.compress(SOUND.encode()))


def parquet() -> bytes:
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        path.write_text(SOUND)
        duckdb.sql(f"copy (from read_csv('{path}', all_varchar=true)) to '{path}.parquet'")
        return Path(f"{path}.parquet").read_bytes()


def workbook() -> bytes:
    import xlsxwriter

    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(Path(folder) / "log.xlsx")
        sheet = book.add_worksheet()
        for k, row in enumerate(csv.reader(SOUND.splitlines())):
            sheet.write_row(k, 0, row)
        book.close()
        return (Path(folder) / "log.xlsx").read_bytes()


SEEDS = {"text": SOUND.encode(), "GB 18030": SOUND.encode("gb18030"),
         "zip": logs.zipped({"a": SOUND}), "gzip": gzip.compress(SOUND.encode()),
         "parquet": parquet(), "workbook": workbook()}


@pytest.mark.parametrize("kind", SEEDS)
@settings(max_examples=25, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=9), st.integers(0, 40)),
                      max_size=4), cut=st.floats(0, 1))
def test_damaged_files_are_refused_or_accounted_for(
        kind: str, edits: list[tuple[float, bytes, int]], cut: float, tmp_path: Path) -> None:
    """Bytes overwritten, put in, left out, and the end cut off."""
    content = SEEDS[kind]
    for place, new, gone in edits:
        at = int(place * len(content))
        content = content[:at] + new + content[at + gone:]
    content = content[: int((1.0 - cut**3) * len(content))]
    try:
        logs.check(logs.read_bytes(tmp_path / "log", content))
    except InputError as error:
        assert str(error)


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rubbish=st.binary(max_size=400), head=st.sampled_from(
    [b"", HEADER.encode() + b"\n", b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"\xff\xfe",
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]))
def test_rubbish_is_refused_or_accounted_for(rubbish: bytes, head: bytes, tmp_path: Path) -> None:
    try:
        logs.check(logs.read_bytes(tmp_path / "log", head + rubbish))
    except InputError as error:
        assert str(error)
