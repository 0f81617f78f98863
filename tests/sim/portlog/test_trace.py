"""A dirty log: every kind of fault, one by one; then all of them at random."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.errors import InputError
from sim.portlog.columns import PLAIN_FIELDS
from sim.portlog.trace import read_trace

ROOT = Path(__file__).resolve().parents[3]
OTHER, THIRD = "MSKU1234565", "TGHU7599330"


def only(account, field):
    """The one kind of fault of a field, with its count."""
    ((kind, count),) = account.faults[field].items()
    return kind, count


def test_a_clean_row(read):
    trace = read({})
    assert trace.container.tolist() == ["CSQU3054383"] and trace.declaration.tolist() == ["D1"]
    assert trace.size.tolist() == [20] and trace.attributes["grade"].tolist() == ["general"]
    assert trace.selected["customs"].tolist() == [1]
    assert trace.selected["quarantine"].tolist() == [0]
    assert trace.depth["customs"].tolist() == ["one-third"]
    assert trace.depth["quarantine"].tolist() == [""]
    assert str(trace.arrival[0]) == "2015-04-14T10:00:00" and trace.line.tolist() == [2]
    account = trace.account
    assert (account.rows, account.used, account.teu, account.declarations) == (1, 1, 1, 1)
    assert account.faults == account.notes == account.lost == {}
    assert set(account.blanks.values()) == {0}


def test_rows_are_in_order(read):
    late = {"arrival": "2015-04-14 11:00"}
    trace = read(late | {"declaration": "D3"}, {"declaration": "D2", "container": OTHER},
                 {"declaration": "D2"}, {"container": THIRD})
    assert trace.line.tolist() == [5, 4, 3, 2]
    assert trace.declaration.tolist() == ["D1", "D2", "D2", "D3"]
    assert trace.container.tolist() == [THIRD, "CSQU3054383", OTHER, "CSQU3054383"]


@pytest.mark.parametrize(("field", "text", "kind", "blanked"), [
    ("discharged", "", "missing", True),
    ("discharged", "tomorrow", "not a date and time", True),
    ("discharged", "2015-02-30 08:00", "impossible date", True),
    ("discharged", "2015-04-14 09:59", "before arrival", True),
    ("discharged", "2015-06-14 09:59", "more than 30 days after arrival", True),
    ("lodged", "", "missing", True),
    ("lodged", "2015-03-14 09:59", "more than 30 days from arrival", True),
    ("lodged", "2015-05-15 09:59", "more than 30 days from arrival", True),
    ("lodged", "15 April", "not a date and time", True),
    ("size", "", "missing", True),
    ("size", "99XX", "unknown size-type", True),
    ("attribute.grade", "", "missing", True),
    ("attribute.grade", "三好学生", "unknown value", True),
    ("selected.quarantine", "", "missing", True),
    ("selected.quarantine", "也许", "unknown value", True),
    ("depth.customs", "挖", "unknown value", True),
    ("depth.quarantine", "1/2", "given though not selected", False),
    ("container", "CSQU3054380", "check digit wrong", False),
    ("container", "CSQU305438", "check digit missing", False),
    ("declaration", "", "missing", False),
    ("declaration", "3.70020E+16", "damaged by a spreadsheet", False),
    ("declaration", "9" * 70, "not a declaration number", False),
])
def test_a_fault_touches_one_field_only(read, field, text, kind, blanked):
    trace = read({field: text}, {"declaration": "D2", "container": OTHER})
    assert trace.account.used == 2
    assert set(trace.account.faults) == {field}
    assert only(trace.account, field) == (kind, 1)
    blank = {name for name, count in trace.account.blanks.items() if count}
    assert blank == ({field} if blanked else set())


def test_lodging_before_arrival_is_legal(read):
    trace = read({"lodged": "2015-04-12 09:00"})
    assert trace.account.faults == {} and str(trace.lodged[0]) == "2015-04-12T09:00:00"


def test_a_selected_box_without_depth_is_drawn(read):
    trace = read({"depth.customs": ""})
    assert trace.account.blanks["depth.customs"] == 1
    assert trace.selected["customs"].tolist() == [1]


def test_a_depth_without_a_word_on_selection_means_selected(read):
    trace = read({"selected.customs": ""})
    assert trace.selected["customs"].tolist() == [1]
    assert trace.account.notes == {"selected.customs taken from its depth": 1}


def test_a_discharge_in_the_minute_of_arrival_is_not_before_it(read):
    trace = read({"arrival": "2015-04-14 10:00:40", "discharged": "2015-04-14 10:00"})
    assert trace.account.faults == {} and trace.discharged[0] == trace.arrival[0]


@pytest.mark.parametrize(("row", "reason"), [
    ({"container": ""}, "container missing"),
    ({"container": "box 7"}, "container: not a container number"),
    ({"arrival": ""}, "arrival missing"),
    ({"arrival": "2015-02-30 10:00"}, "arrival: impossible date"),
    ({"arrival": "early"}, "arrival: not a date and time"),
    ({"arrival": "2025-04-14 10:00"}, "arrival: more than 30 days from discharge and lodging"),
    ({"container": "", "arrival": ""}, "arrival missing, container missing"),
])
def test_rejected_rows(read, row, reason):
    trace = read({"declaration": "D2", "container": OTHER}, row)
    account = trace.account
    assert (account.used, account.repeated, len(account.rejected)) == (1, 0, 1)
    assert (account.rejected[0].line, account.rejected[0].reason) == (3, reason)
    assert account.rejected[0].declaration == "D1"
    assert [(week, lost.boxes, lost.teu) for week, lost in account.lost.items()] == [
        ("2015-04-13", 1, 1)]


def test_weeks_begin_on_monday(read):
    lost = read({}, {"container": "", "arrival": "2015-04-19 23:59", "declaration": "D2"},
                {"container": "", "arrival": "2015-04-20 00:00", "size": "", "declaration": "D3"},
                {"container": "", "arrival": "", "discharged": "", "lodged": "",
                 "declaration": "D4"}).account.lost
    assert {week: (of.boxes, of.teu, of.unsized) for week, of in lost.items()} == {
        "2015-04-13": (1, 1, 0), "2015-04-20": (1, 0, 1), "unknown": (1, 1, 0)}


def test_arrival_and_lodging_are_taken_from_the_same_declaration(read):
    trace = read({}, {"container": OTHER, "arrival": "", "lodged": ""})
    assert len(set(trace.arrival.tolist())) == len(set(trace.lodged.tolist())) == 1
    assert trace.account.notes == {"arrival taken from the same declaration": 1,
                                   "lodged taken from the same declaration": 1}
    assert trace.account.faults == {"arrival": {"missing": 1}, "lodged": {"missing": 1}}
    assert trace.account.blanks["lodged"] == 0


def test_a_rejected_box_still_tells_the_arrival_of_its_declaration(read):
    trace = read({"container": "?"}, {"container": OTHER, "arrival": ""})
    assert trace.container.tolist() == [OTHER] and len(trace.account.rejected) == 1


def test_most_boxes_of_a_declaration_decide(read):
    trace = read({}, {"container": OTHER}, {"container": THIRD, "arrival": "2015-04-13 10:00"})
    assert {str(stamp) for stamp in trace.arrival} == {"2015-04-14T10:00:00"}
    assert only(trace.account, "arrival") == (
        "differs from most of its declaration (replaced)", 1)


def test_without_a_majority_each_keeps_its_own(read):
    trace = read({}, {"container": OTHER, "arrival": "2015-04-13 10:00"})
    assert len(set(trace.arrival.tolist())) == 2
    assert only(trace.account, "arrival") == ("differs within its declaration (kept)", 2)


def test_a_repeated_row_has_no_second_vote(read):
    moved = {"container": OTHER, "arrival": "2015-04-13 10:00"}
    trace = read({}, moved, moved)
    assert only(trace.account, "arrival") == ("differs within its declaration (kept)", 2)


def test_stamps_to_the_minute_and_to_the_second_are_one(read):
    trace = read({"arrival": "2015/04/14 10:00:40"}, {"container": OTHER})
    assert len(set(trace.arrival.tolist())) == 1 and trace.account.faults == {}


def test_repeated_rows(read):
    trace = read({}, {}, {"container": "csqu 305438-3", "declaration": " d1 "},
                 {"declaration": "D2"})
    account = trace.account
    assert (account.used, account.repeated, len(account.rejected)) == (2, 2, 0)
    assert account.notes == {}


def test_a_repeated_row_fills_the_first(read):
    trace = read({"size": "", "discharged": "2015-04-14 09:00", "attribute.grade": "",
                  "selected.quarantine": ""},
                 {"selected.quarantine": "是", "depth.quarantine": "全掏"})
    assert trace.account.notes == {"filled from a repeated row": 1}
    assert (trace.size[0], trace.attributes["grade"][0]) == (20, "general")
    assert str(trace.discharged[0]) == "2015-04-14T12:00:00"
    assert (trace.selected["quarantine"][0], trace.depth["quarantine"][0]) == (1, "full")
    assert not any(trace.account.blanks.values())


def test_where_a_repeated_row_differs_the_first_is_kept(read):
    trace = read({}, {"size": "42G1", "selected.quarantine": "是", "depth.quarantine": "1/2"})
    assert trace.size.tolist() == [20] and trace.depth["quarantine"].tolist() == [""]
    assert trace.account.notes == {"differs from a repeated row (first row kept)": 1}


def test_boxes_without_declaration_are_consignments_of_their_own(read):
    trace = read({"declaration": ""}, {"declaration": "", "container": OTHER},
                 {"declaration": ""}, {"declaration": "", "arrival": "2015-05-14 10:00",
                                       "discharged": "", "lodged": ""})
    assert trace.declaration.tolist() == ["line 2", "line 3", "line 5"]
    assert trace.account.repeated == 1 and trace.account.declarations == 3
    assert trace.account.notes["without declaration number: a consignment of its own"] == 3


def test_rows_with_too_few_or_too_many_fields(write, log_format):
    path = write({}, {"declaration": "D2"}, {"declaration": "D3"})
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[1], lines[2] = lines[1] + ",x,y", lines[2].rsplit(",", 3)[0]
    path.write_text("\n".join(lines), encoding="utf-8")
    account = read_trace(path, log_format).account
    assert account.used == 3 and account.faults["row"] == {"wrong number of fields": 2}
    assert account.blanks["selected.quarantine"] == 1


def test_only_mapped_fields_are_read(write, log_format):
    columns = {name: log_format.columns[name] for name in ("container", "arrival")}
    trace = read_trace(write({}, {"container": OTHER}),
                       dataclasses.replace(log_format, columns=columns, values={}))
    assert trace.size.tolist() == [0, 0] and np.isnat(trace.lodged).all()
    assert trace.selected == trace.depth == trace.attributes == {}
    assert trace.account.blanks == {} and trace.account.declarations == 2


def test_a_log_without_a_usable_row_is_refused(read):
    with pytest.raises(InputError, match="none of its 2 rows can be used") as caught:
        read({"arrival": "x"}, {"container": "y", "declaration": "D2"})
    assert caught.value.faults[0].line == 2


DIRT = st.one_of(
    st.sampled_from(["", " ", "-", "是", "否", "1/2", "40HQ", "CSQU3054383", OTHER, "D1", "D2",
                     "2015-04-14 10:00", "2015/04/13 10:00:30", "2015-02-30 10:00",
                     "2016-04-14 10:00", "1E+16", "全掏", "9" * 80]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
FIELDS = [*PLAIN_FIELDS, "attribute.grade", "selected.customs", "depth.customs",
          "selected.quarantine", "depth.quarantine"]


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), DIRT, max_size=5), min_size=1,
                max_size=12))
def test_whatever_the_dirt_the_rows_add_up(write, log_format, rows):
    try:
        trace = read_trace(write(*rows), log_format)
    except InputError as error:
        assert "none of its" in str(error)
        return
    account = trace.account
    assert account.used + account.repeated + len(account.rejected) == account.rows == len(rows)
    assert len(trace) == account.used and not np.isnat(trace.arrival).any()
    assert all(trace.container) and all(trace.declaration)
    assert not (trace.discharged < trace.arrival).any()
    keys = list(zip(trace.arrival.tolist(), trace.declaration.tolist(), trace.container.tolist()))
    assert keys == sorted(keys) and len(set(keys)) == len(keys)
    for agency, depth in trace.depth.items():
        assert not ((depth != "") & (trace.selected[agency] != 1)).any()
    json.dumps(account.as_dict())
    assert account.render()


@settings(max_examples=100, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.binary(min_size=1, max_size=20))
def test_broken_bytes_never_end_in_a_traceback(write, log_format, place, junk):
    path = write({}, {"container": OTHER}, {"declaration": "D2"})
    content = path.read_bytes()
    path.write_bytes(content[:place] + junk + content[place:])
    try:
        account = read_trace(path, log_format).account
    except InputError:
        return
    assert account.used + account.repeated + len(account.rejected) == account.rows


def test_the_shipped_excerpt_is_as_dirty_as_logs_are(log_format):
    path = ROOT / "scenarios" / "library" / "port-log.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    trace = read_trace(path, log_format)
    account = trace.account
    assert (account.rows, account.used, account.repeated, len(account.rejected)) == (
        335, 332, 1, 2)
    assert (account.teu, account.declarations) == (503, 179)
    assert account.blanks["discharged"] == 3 and account.blanks["lodged"] == 1
    assert account.notes["arrival taken from the same declaration"] == 1
    assert {week: lost.boxes for week, lost in account.lost.items()} == {
        "2015-04-13": 1, "2015-04-20": 1}
    assert trace.arrival.min() >= np.datetime64("2015-04-13")
    assert trace.arrival.max() < np.datetime64("2015-04-27")
    assert ((trace.selected["customs"] == 1) | (trace.selected["quarantine"] == 1)).all()
