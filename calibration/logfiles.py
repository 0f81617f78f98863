"""Records as a log file: wide (a row per container) or long (a row per activity or event).

What a port's system would export: Chinese or English headers, local time, container numbers with
their check digits, declaration numbers. Known ports are written so, to see whether calibration
brings them back; so are runs that are to be read by other tools.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calibration.records import BLANK, PLAIN, STAGES, Records
from scenarios.ids import DEPTHS
from sim.portlog.iso6346 import check_digit

Language = Literal["zh", "en"]
Texts = NDArray[Any]
Table = dict[str, Texts]
"""Header -> the column's texts, one per row."""

OWNERS = ("CMAU", "CSNU", "EMCU", "MSKU", "OOLU", "TGHU", "XMNU", "YMLU", "HLXU", "TCNU")
"""Prefixes of container numbers: shipping lines and lessors."""

LABELS: dict[Language, dict[str, str]] = {
    "zh": {"customs": "海关", "quarantine": "检验检疫"},
    "en": {"customs": "Customs", "quarantine": "Quarantine"},
}
"""Of agencies; others are called by their id, unless the caller names them."""

FIELDS: dict[Language, dict[str, str]] = {
    "zh": {"container": "箱号", "size": "箱型", "declaration": "报关单号", "grade": "企业信用",
           "licensed": "涉证", "risk": "风险", "goods": "商品类别", "taxable": "应税",
           "selected": "{}布控", "depth": "{}查验深度", "arrival": "到港", "discharged": "卸船",
           "lodged": "申报", "released": "放行", "gate-out": "提离", "activity": "环节",
           "start": "开始时间", "end": "结束时间", "event": "事件", "time": "时间"},
    "en": {"container": "Container", "size": "Size type", "declaration": "Declaration",
           "grade": "Trader grade", "licensed": "Licensed", "risk": "Risk", "goods": "Goods",
           "taxable": "Taxable", "selected": "{} selected", "depth": "{} depth",
           "arrival": "Vessel arrival", "discharged": "Discharged", "lodged": "Lodged",
           "released": "Released", "gate-out": "Gate out", "activity": "Activity",
           "start": "Start", "end": "End", "event": "Lifecycle", "time": "Time"},
}

STAMPS: dict[Language, dict[str, str]] = {
    "zh": {"start.papers": "{}受理", "end.papers": "{}审结", "end.clearance-form": "{}通关单",
           "start.move-in": "{}移箱开始", "end.move-in": "{}到场",
           "start.devanning": "{}掏箱开始", "end.devanning": "{}掏箱结束",
           "start.examination": "{}查验开始", "end.examination": "{}查验结束",
           "end.restuffing": "{}复原"},
    "en": {"start.papers": "{} papers start", "end.papers": "{} papers end",
           "end.clearance-form": "{} clearance form", "start.move-in": "{} move start",
           "end.move-in": "{} in yard", "start.devanning": "{} devanning start",
           "end.devanning": "{} devanning end", "start.examination": "{} examination start",
           "end.examination": "{} examination end", "end.restuffing": "{} restuffed"},
}
"""Stamps that a wide log shows of each agency; the others stay the port's secret."""

ACTIVITIES: dict[Language, dict[str, str]] = {
    "zh": {"papers": "{}审单", "clearance-form": "{}通关单", "move-in": "{}移箱",
           "devanning": "{}掏箱", "examination": "{}查验", "restuffing": "{}复原",
           "move-back": "{}回场", "release": "{}放行"},
    "en": {"papers": "{} papers", "clearance-form": "{} clearance form", "move-in": "{} move",
           "devanning": "{} devanning", "examination": "{} examination",
           "restuffing": "{} restuffing", "move-back": "{} move back", "release": "{} release"},
}

VALUES: dict[Language, dict[str, str]] = {
    "zh": {"yes": "是", "no": "否", "low": "低", "high": "高", "advanced": "高级认证",
           "certified": "一般认证", "credit": "一般信用", "discredited": "失信", "scan": "机检",
           "door": "开箱门", "one-third": "1/3", "half": "1/2", "full": "全掏",
           "start": "开始", "complete": "结束"},
    "en": {},
}
SIZES = {20: "22G1", 40: "42G1", 45: "L5G1"}


def headers_of(records: Records, language: Language = "zh",
               labels: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field -> header of the wide log, in the order of its columns.

    Fields are container, size, declaration, attribute.NAME, selected.AGENCY, depth.AGENCY and the
    stamps. Of clearance forms, the agency is named only where several issue one.
    """
    names, stamps = FIELDS[language], STAMPS[language]
    of = {agency: LABELS[language].get(agency, agency) for agency in records.agencies}
    of |= labels or {}
    headers = {name: names[name] for name in ("container", "size", "declaration")}
    headers |= {f"attribute.{name}": names.get(name, name) for name in records.attributes}
    headers |= {f"{group}.{agency}": names[group].format(of[agency])
                for group in ("selected", "depth") for agency in records.agencies}
    several = sum(name.startswith("end.clearance-form") for name in records.seconds) > 1
    for name in records.seconds:
        at, _, rest = name.partition(".")
        stage, _, agency = rest.partition(".")
        if name in PLAIN:
            headers[name] = names[name]
        elif pattern := stamps.get(f"{at}.{stage}"):
            label = of[agency] if several or stage != "clearance-form" else ""
            text = pattern.format(label).strip()
            headers[name] = text[:1].upper() + text[1:]
    return headers


def wide_table(records: Records, language: Language = "zh",
               labels: Mapping[str, str] | None = None) -> Table:
    """The wide log as texts: header -> one text per container, '' where it is not known."""
    columns = {field: header for field, header in headers_of(records, language, labels).items()
               if field in records.seconds}
    table = _about(records, language, labels)
    for field, header in columns.items():
        table[header] = stamp_texts(records, field)
    return table


def write_wide(records: Records, path: Path, *, language: Language = "zh",
               labels: Mapping[str, str] | None = None, encoding: str = "utf-8-sig") -> None:
    """Writes a row per container, in the order of the records; packed if the name ends in .gz.

    labels: agency -> what it is called in headers. The same records give the same bytes.
    """
    write_table(wide_table(records, language, labels), path, encoding)


def write_long(records: Records, path: Path, *, language: Language = "zh",
               form: Literal["activity", "event"] = "activity",
               labels: Mapping[str, str] | None = None, encoding: str = "utf-8-sig") -> None:
    """Writes a row per container and activity, or two with a lifecycle (form `event`).

    Containers repeat what their consignment went through, and what is known of them stands in each
    row. What has one stamp alone has the same start and end; in the form `event`, an end.
    """
    write_table(long_table(records, language, form, labels), path, encoding)


def long_table(records: Records, language: Language = "zh",
               form: Literal["activity", "event"] = "activity",
               labels: Mapping[str, str] | None = None) -> Table:
    """The long log as texts, ordered by container, then by time."""
    names, value = FIELDS[language], VALUES[language]
    of = {agency: LABELS[language].get(agency, agency) for agency in records.agencies}
    of |= labels or {}
    stages = [(names[stamp], stamp, stamp) for stamp in PLAIN] + [
        (pattern.format(of[agency]), f"start.{stage}.{agency}", f"end.{stage}.{agency}")
        for stage in STAGES for agency in records.agencies
        if (pattern := ACTIVITIES[language][stage])]
    unknown = np.full(len(records), BLANK)
    rows, what, moments = [], [], []
    for name, first, last in stages:
        start, end = (records.seconds.get(stamp, unknown) for stamp in (first, last))
        if form == "activity":
            known = (start != BLANK) | (end != BLANK)
            begun = np.where(start == BLANK, end, start)
            open_yet = (end == BLANK) & (start != BLANK)
            parts = [((name, ""), known, begun, np.where(open_yet, BLANK, end))]
        else:
            instant = first == last or first not in records.seconds
            parts = [((name, value.get(life, life)), here & (stamp != BLANK), stamp, stamp)
                     for life, stamp, here in (("start", start, not instant),
                                               ("complete", end, True))]
        for labelled, kept, begun, ended in parts:
            rows.append(np.flatnonzero(kept))
            what.append(np.full((int(np.sum(kept)), 2), labelled, dtype="U40"))
            moments.append(np.stack([begun[kept], ended[kept]], axis=1))
    row, texts, times = np.concatenate(rows), np.concatenate(what), np.concatenate(moments)
    order = np.lexsort((times[:, 0], row))
    row, texts, times = row[order], texts[order], times[order]
    table = {header: column[row] for header, column in _about(records, language, labels).items()}
    table[names["activity"]] = texts[:, 0]
    fine = any(step % 60 for step in records.step.values())
    begun, ended = (_local(records, times[:, i], fine) for i in (0, 1))
    if form == "event":
        return table | {names["event"]: texts[:, 1], names["time"]: begun}
    return table | {names["start"]: begun, names["end"]: ended}


def write_table(table: Table, path: Path, encoding: str = "utf-8-sig") -> None:
    """Writes columns of texts as CSV, packed if the name ends in .gz; always the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
    data = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def stamp_texts(records: Records, stamp: str) -> Texts:
    """A stamp of each container in local time, to the second only if the log goes so far."""
    return _local(records, records.seconds[stamp], bool(records.step.get(stamp, 60) % 60))


def containers_of(count: int) -> Texts:
    """That many different container numbers, each with the check digit of ISO 6346."""
    # A prime steps through all numbers that the prefixes can have without meeting one twice.
    place = (np.arange(count, dtype=np.int64) * 6_700_417 + 1_234_567) % (len(OWNERS) * 10**6)
    prefix = np.array(OWNERS)[place // 10**6]
    first_ten = np.char.add(prefix, np.char.zfill((place % 10**6).astype("U6"), 6))
    return np.array([f"{number}{check_digit(number)}" for number in first_ten.tolist()],
                    dtype="U11")


def _about(records: Records, language: Language, labels: Mapping[str, str] | None) -> Table:
    """What is known of each container besides its stamps, under its headers."""
    headers, value = headers_of(records, language, labels), VALUES[language]
    count = len(records)
    boxes = records.container if len(records.container) else containers_of(count)
    forms = records.declaration
    if not len(forms):
        number = np.char.zfill(np.arange(len(records.boxes)).astype("U8"), 8)
        forms = np.char.add(f"3700{records.start.year}1", number)
    table = {headers["container"]: boxes, headers["declaration"]: forms[records.consignment]}
    sizes = np.zeros(int(records.size.max(initial=0)) + 1, dtype="U4")
    for feet, text in SIZES.items():
        if feet < len(sizes):
            sizes[feet] = text
    table[headers["size"]] = sizes[records.size]

    def of_codes(codes: NDArray[Any], texts: list[str]) -> Texts:
        return np.array([*(value.get(text, text) for text in texts), ""])[codes]

    for name, codes in records.attributes.items():
        table[headers[f"attribute.{name}"]] = of_codes(codes, records.values[name])
    for agency in records.agencies:
        table[headers[f"selected.{agency}"]] = of_codes(records.selected[agency], ["no", "yes"])
        table[headers[f"depth.{agency}"]] = of_codes(records.depth[agency], list(DEPTHS))
    return {header: table[header] for header in headers.values() if header in table}


def _local(records: Records, seconds: NDArray[Any], fine: bool) -> Texts:
    """Local date and time, '' where it is not known."""
    known = seconds != BLANK
    since = np.where(known, seconds, 0).astype("timedelta64[s]")
    moments = np.datetime64(records.start, "s") + since
    texts = np.datetime_as_string(moments, unit="s" if fine else "m")
    return np.where(known, np.char.replace(texts, "T", " "), "")
