"""The column map, and files that are not such a table."""

from __future__ import annotations

import dataclasses
import gzip

import pytest

from scenarios.errors import InputError
from sim.portlog.columns import LogFormat, read_columns, read_values
from sim.portlog.trace import read_trace


def fault_of(path, log_format):
    with pytest.raises(InputError) as caught:
        read_trace(path, log_format)
    return caught.value.faults[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_are_found(write, log_format, encoding):
    assert len(read_trace(write({}, encoding=encoding), log_format)) == 1


def test_a_named_encoding_is_used(write, log_format):
    path = write({}, encoding="utf-16-le")
    named = dataclasses.replace(log_format, encoding="big5")
    assert "not a text file" in fault_of(path, named).message
    assert len(read_trace(write({}, encoding="gbk"),
                          dataclasses.replace(log_format, encoding="gbk"))) == 1


def test_packed_logs_whatever_their_name(write, log_format, tmp_path):
    path = write({}, {"declaration": "D2"})
    for name in ("log.csv.gz", "packed.csv"):
        packed = tmp_path / name
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert len(read_trace(packed, log_format)) == 2


def test_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('box,in,note\nA,1,x\n\nB,2,"two\nlines"\nC,3,x\n', encoding="utf-8")
    columns, lines, ragged = read_columns(path, LogFormat({"container": "box", "arrival": "in"}))
    assert columns == {"container": ["A", "B", "C"], "arrival": ["1", "2", "3"]}
    assert lines == [2, 4, 6]
    assert ragged == []


def test_every_missing_header_is_named_with_the_nearest(write, log_format):
    columns = dict(log_format.columns) | {"lodged": "申报时间", "size": "箱型号"}
    with pytest.raises(InputError) as caught:
        read_trace(write({}), dataclasses.replace(log_format, columns=columns))
    lodged = next(f for f in caught.value.faults if f.key == "columns.lodged")
    assert {f.key for f in caught.value.faults} == {"columns.lodged", "columns.size"}
    assert lodged.line == 1 and "申报" in lodged.hint


def test_a_doubled_header_is_ambiguous(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("box,in,in\nA,1,2\n", encoding="utf-8")
    fault = fault_of(path, LogFormat({"container": "box", "arrival": "in"}))
    assert "2 columns have this header" in fault.message


def test_another_separator_is_hinted_at(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("box;in\nA;1\n", encoding="utf-8")
    assert "commas" in fault_of(path, LogFormat({"container": "box", "arrival": "in"})).hint


FILES = {
    "empty": (b"", "is empty"),
    "mark only": (b"\xef\xbb\xbf", "is empty"),
    "blank lines": (b"\n\n\n", "is empty"),
    "headers only": (b"box,in\n", "no rows"),
    "binary": (b"box,in\n\x00\x01\x02", "not a text file"),
    "late binary": (b"box,in\n" + b"A,100000000\n" * 100_000 + b"\x00\n", "not a text file"),
    "wrong encoding": (b"box,in\n\xff\xff\xff\xff\n", "neither UTF-8 nor GB 18030"),
    "late wrong encoding": (b"box,in\n" + b"A,100000000\n" * 100_000 + b"\xff\n",
                            "cannot be read as"),
    "open quote": (b'box,in\nA,"1\nB,2\n', "not a CSV table"),
    "stray quote": (b'box,in\nA,"1"2\n', "not a CSV table"),
    "huge field": (b"box,in\n" + b"A" * 200_000 + b",1\n", "not a CSV table"),
    "nonsense": (b"hello\nworld\n", "no such column"),
    "cut gzip": (gzip.compress(bytes(range(32, 127)) * 50)[:60], "damaged gzip"),
    "not gzip": (b"\x1f\x8bnonsense", "cannot be read"),
    "old Mac lines": (b"box,in\rA,1\r", "not a CSV table"),
}


@pytest.mark.parametrize("kind", FILES)
def test_what_is_not_a_log_is_refused_with_its_file(tmp_path, kind):
    content, message = FILES[kind]
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    fault = fault_of(path, LogFormat({"container": "box", "arrival": "in"}))
    assert message in fault.message
    assert fault.file == str(path)
    assert fault.line is not None or "read" in message or "gzip" in message


def test_the_line_of_a_bad_byte_is_named(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"box,in\n" + b"A,100000000\n" * 100_000 + b"\xff\n")
    assert fault_of(path, LogFormat({"container": "box", "arrival": "in"})).line == 100_002


def test_absent_file_and_folder(tmp_path, log_format):
    assert "cannot be read" in fault_of(tmp_path / "absent.csv", log_format).message
    assert "is a folder" in fault_of(tmp_path, log_format).message


@pytest.mark.parametrize(("changes", "message"), [
    ({"columns": {"container": "a"}}, "without this column"),
    ({"columns": {"container": "a", "arrival": "b", "arival": "c"}}, "not a field of a log"),
    ({"columns": {"container": "a", "arrival": "b", "selected.": "c"}}, "not a field of a log"),
    ({"columns": {"container": "a", "arrival": "a"}}, "two fields are read from one column"),
    ({"columns": {"container": "a", "arrival": "b", "depth.customs": "c"}}, "without its selecti"),
    ({"values": {"attribute.grad": {"A": "b"}}}, "not a mapped field"),
    ({"values": {"selected.customs": {"是": "ja"}}}, "not a value of this field"),
    ({"values": {"depth.customs": {"全掏": "fully"}}}, "not a value of this field"),
    ({"values": {"size": {"big": "50"}}}, "not a value of this field"),
    ({"encoding": "klingon"}, "unknown encoding"),
])
def test_a_faulty_map_is_refused_before_the_file_is_read(tmp_path, log_format, changes, message):
    fault = fault_of(tmp_path / "absent.csv", dataclasses.replace(log_format, **changes))
    assert message in fault.message


def test_values_are_looked_up_without_case_width_and_spaces():
    log_format = LogFormat({"selected.x": "X"}, {"selected.x": {"是": "yes", "N": "no"}})
    values, faults = read_values("selected.x", [" 是 ", "n", "Ｎ", "", "maybe"], log_format)
    assert values == ["yes", "no", "no", "", ""]
    assert faults == ["", "", "", "missing", "unknown value"]


def test_a_value_map_may_give_blank_a_meaning():
    log_format = LogFormat({"selected.x": "X"}, {"selected.x": {"": "no", "hit": "yes"}})
    assert read_values("selected.x", ["", "hit"], log_format) == (["no", "yes"], ["", ""])


def test_without_a_map_the_usual_words_count():
    log_format = LogFormat({})
    assert read_values("selected.x", ["是", "FALSE", "1"], log_format)[0] == ["yes", "no", "yes"]
    assert read_values("depth.x", ["door", "Full"], log_format)[0] == ["door", "full"]
    assert read_values("attribute.x", [" a b ", "y" * 300], log_format)[0] == ["a b", ""]
