"""A Parquet file as the lines of a text table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from calibration.reading.source import MOST_BYTES, damaged
from scenarios.errors import EnvironmentFailure, Fault, InputError

MOST_COLUMNS = 2000


def parquet_blocks(path: Path, size: int) -> Iterator[bytes]:
    """All columns as text, commas between. Stamps with a time zone are written as of UTC.

    The database may read this file and write to a folder of its own, and nothing else; it loads no
    extension. Raises InputError for a damaged file.
    """
    import duckdb

    name = str(path)
    with tempfile.TemporaryDirectory(prefix="onestop-") as folder:
        # A link of a plain name: in a pattern's letters the database would see several files.
        plain, out = Path(folder) / "log.parquet", Path(folder) / "log.csv"
        try:
            plain.symlink_to(path.resolve())
        except OSError:
            plain = path
        try:
            with duckdb.connect(config={"threads": 2, "memory_limit": "2GB",
                                        "autoinstall_known_extensions": "false",
                                        "autoload_known_extensions": "false"}) as base:
                base.execute("set temp_directory = ?", [folder])
                base.execute("set allowed_directories = ?", [[folder]])
                base.execute("set allowed_paths = ?", [[str(plain)]])
                base.execute("set enable_external_access = false")
                base.execute("set lock_configuration = true")
                found = base.execute(
                    "select column_name, column_type from (describe select * from read_parquet(?))",
                    [str(plain)]).fetchall()
                if len(found) > MOST_COLUMNS:
                    raise InputError(Fault("has too many columns for a log", file=name,
                                           found=len(found), allowed=f"at most {MOST_COLUMNS}"))
                columns = ", ".join(_text(column, kind) for column, kind in found)
                count = base.execute(
                    f"copy (select {columns} from read_parquet('{_quoted(str(plain))}')) "
                    f"to '{_quoted(str(out))}' (format csv, header true, quote '\"')").fetchone()
                assert count is not None
                if out.stat().st_size > MOST_BYTES:
                    raise InputError(Fault("is too large for a log", file=name))
        except duckdb.OutOfMemoryException as error:
            raise EnvironmentFailure(f"{name}: {error}") from None
        except duckdb.Error as error:
            raise damaged(name, "Parquet", str(error).splitlines()[0]) from None
        with out.open("rb") as stream:
            while block := stream.read(size):
                yield block


def _text(column: str, kind: str) -> str:
    """A column as text on one line. Bytes are of no use in a log, and left empty."""
    identifier = '"' + column.replace('"', '""') + '"'
    if kind == "BLOB" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"'' as {identifier}"
    if kind.startswith("TIMESTAMP WITH"):
        # Casting to text with a zone needs an extension; the moment itself does not.
        return f"(make_timestamp(epoch_us({identifier}))::varchar || 'Z') as {identifier}"
    return f"replace({identifier}::varchar, chr(10), ' ') as {identifier}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
