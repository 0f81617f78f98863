"""Small logs of a port as text, wide and long, in Chinese and English; and reading them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from calibration.reading import Reading, read
from sim.portlog.iso6346 import check_digit

AGENCIES = ["quarantine", "customs"]
ATTRIBUTES = {"grade": ["advanced", "certified", "credit", "discredited"],
              "licensed": ["yes", "no"], "risk": ["low", "high"]}
CHINESE = {
    "container": "箱号", "size": "箱型", "declaration": "报关单号", "attribute.grade": "企业信用",
    "attribute.licensed": "涉证", "selected.customs": "海关布控", "depth.customs": "海关查验深度",
    "arrival": "到港", "discharged": "卸船", "lodged": "申报", "start.papers.customs": "海关受理",
    "end.papers.customs": "海关审结", "start.examination.customs": "海关查验开始",
    "end.examination.customs": "海关查验结束", "released": "放行", "gate-out": "提离"}
ENGLISH = {
    "container": "container_no", "size": "size_type", "declaration": "declaration_no",
    "attribute.grade": "trader_grade", "attribute.licensed": "licensed",
    "selected.customs": "customs_selected", "depth.customs": "customs_depth",
    "arrival": "vessel_arrival", "discharged": "discharged_at", "lodged": "lodged_at",
    "start.papers.customs": "customs_papers_start", "end.papers.customs": "customs_papers_end",
    "start.examination.customs": "customs_exam_start",
    "end.examination.customs": "customs_exam_end", "released": "released_at",
    "gate-out": "gate_out_time"}
STAMPS = [name for name in CHINESE if name in ("arrival", "discharged", "lodged", "released",
                                               "gate-out") or name.startswith(("start", "end"))]
_HOURS = dict(zip(STAMPS, (0.0, 7.35, 20.1, 25.4, 27.9, 44.2, 45.15, 50.6, 61.9), strict=True))


def box(k: int) -> str:
    """The k-th container's number."""
    start = f"MSKU{k:06d}"
    return f"{start}{check_digit(start)}"


def moment(name: str, k: int) -> datetime:
    """When the k-th row's stamp was."""
    return datetime(2015, 4, 14, 10, 3) + timedelta(hours=_HOURS[name] + 5 * k, minutes=7 * k % 31)


def rows(number: int = 3, form: str = "%Y-%m-%d %H:%M") -> list[dict[str, str]]:
    """Sound rows: containers of as many consignments, examined by customs."""
    return [{"container": box(k), "size": "22G1", "declaration": f"D{k:05d}",
             "attribute.grade": "一般信用", "attribute.licensed": "是", "selected.customs": "是",
             "depth.customs": "1/3"} | {name: moment(name, k).strftime(form) for name in STAMPS}
            for k in range(number)]


def text(table: list[dict[str, str]], headers: Mapping[str, str] = CHINESE, delimiter: str = ",",
         end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """The rows as a table with these headers."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(headers.values())
    writer.writerows([row.get(name, "") for name in headers] for row in table)
    return out.getvalue()


def long_rows(table: list[dict[str, str]], lifecycle: bool) -> list[dict[str, str]]:
    """The rows as a long log: per event with a lifecycle, or per activity with start and end."""
    out = []
    for row in table:
        same = {"container": row["container"], "declaration": row["declaration"],
                "size": row["size"], "grade": row["attribute.grade"]}
        for name in STAMPS:
            side, _, rest = name.partition(".")
            if not rest:
                event = {"activity": name, "time": row[name], "lifecycle": "complete",
                         "start": row[name], "end": row[name]}
            elif lifecycle:
                event = {"activity": rest.replace(".", " "), "time": row[name],
                         "lifecycle": "start" if side == "start" else "complete"}
            elif side == "start":
                event = {"activity": rest.replace(".", " "), "start": row[name],
                         "end": row["end." + rest]}
            else:
                continue
            out.append(same | event)
    return out


def read_bytes(path: Path, content: str | bytes, mapping: Any = None, **options: Any) -> Reading:
    """Writes a log and reads it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read(path, mapping, **({"agencies": AGENCIES, "attributes": ATTRIBUTES} | options))


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def check(reading: Reading) -> None:
    """Rows and fields add up, and records are what the account says."""
    account = reading.account
    assert account.used + sum(account.repeated.values()) + sum(
        account.rejected.values()) == account.rows
    assert len(list(account.left_out_rows())) == account.rows - account.used
    assert all(of.total == account.cells for of in account.fields.values())
    records = reading.records
    assert len(records) == account.containers and len(records.first) == account.consignments
    for name, of in account.fields.items():
        if name in records.seconds:
            known = int(np.sum(records.seconds[name] > -(2**31)))
            assert known == of.used + sum(of.repaired.values())
    assert np.all(np.diff(records.consignment) >= 0) and np.all(np.diff(records.consignment) <= 1)
