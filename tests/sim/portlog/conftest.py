"""A small port's log format, and logs written row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.portlog.columns import LogFormat
from sim.portlog.trace import Trace, read_trace

YES_NO = {"是": "yes", "否": "no"}
DEPTHS = {"开箱门": "door", "1/3": "one-third", "1/2": "half", "全掏": "full"}
COLUMNS = {
    "container": "箱号", "size": "箱型", "declaration": "报关单号", "arrival": "到港",
    "discharged": "卸船", "lodged": "申报", "attribute.grade": "企业信用",
    "selected.customs": "海关布控", "depth.customs": "海关查验深度",
    "selected.quarantine": "检验检疫布控", "depth.quarantine": "检验检疫查验深度",
}
GOOD_ROW = {
    "container": "CSQU3054383", "size": "22G1", "declaration": "D1",
    "arrival": "2015-04-14 10:00", "discharged": "2015-04-14 12:00", "lodged": "2015-04-15 08:30",
    "attribute.grade": "一般信用", "selected.customs": "是", "depth.customs": "1/3",
    "selected.quarantine": "否", "depth.quarantine": "",
}


@pytest.fixture
def log_format() -> LogFormat:
    values = {"attribute.grade": {"一般信用": "general", "高级认证": "advanced"}}
    for agency in ("customs", "quarantine"):
        values |= {f"selected.{agency}": YES_NO, f"depth.{agency}": DEPTHS}
    return LogFormat(COLUMNS, values)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """write(row, row, ...): a log whose rows differ from GOOD_ROW in the fields given."""

    def write_rows(*rows: dict[str, str], encoding: str = "utf-8-sig") -> Path:
        path = tmp_path / "log.csv"
        with path.open("w", encoding=encoding, newline="") as stream:
            table = csv.DictWriter(stream, list(COLUMNS))
            table.writerow(COLUMNS)
            table.writerows(GOOD_ROW | row for row in rows)
        return path

    return write_rows


@pytest.fixture
def read(write: Callable[..., Path], log_format: LogFormat) -> Callable[..., Trace]:
    """read(row, row, ...): the trace of such a log."""
    return lambda *rows: read_trace(write(*rows), log_format)
