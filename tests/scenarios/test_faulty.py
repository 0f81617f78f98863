"""Faulty scenarios: every fault is told with file, line, key, what was found and what to do."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import pytest

from scenarios.errors import InputError
from scenarios.load import load
from sim.ports import port_run

HEAD = "schema: onestop.scenario/1\nname: faulty\nextends: xiamen-2015\n"


@dataclass(frozen=True)
class Case:
    """A faulty file below HEAD (or a whole file), the fault's key, and words of its message.

    The faulty line holds the mark `@`, which is taken out before the file is written.
    """

    name: str
    text: str
    key: str
    words: tuple[str, ...]
    regime: str | None = None
    whole: bool = False


def case(name: str, text: str, key: str, *words: str, regime: str | None = None,
         whole: bool = False) -> Case:
    return Case(name, text, key, words, regime, whole)


AGENCY = "agencies:\n  customs:\n    "
OFFICE = "calendars:\n  office:\n    "
LEVERS = "regime:\n  "
JOINT = LEVERS + "site: shared\n  appointment: single\n  declaration: single\n  "
SEPARATE = "layout:\n  separate:\n    "
RULE = "recognition:\n  - {{name: r, by: {0}, of: {1}, elements: [name], accepted: {2}, @\n" \
       "     in_part: 0.0, refused: 0.0, check: 5 min}}\n"
TARIFF = "tariffs:\n  - charge: move\n    payer: trader\n    payee: operator\n    "
SELECT = "selection:\n  rules:\n    - "
ATTRIBUTES = "traffic:\n  attributes:\n    "

KEYS = [
    case("unknown key at the top", "yards: {} @", "yards", "unknown key", "'yard'", "layout"),
    case("unknown key one level down", "yard:\n  slots: 220 m2 @", "yard.slots", "'slot'"),
    case("unknown key of an agency", AGENCY + "oficers: 2 @", "agencies.customs.oficers",
         "'officers'", "allowed"),
    case("unknown key of a site", SEPARATE + "sites:\n      customs-yard:\n        slot: 3 @",
         "layout.separate.sites.customs-yard.slot", "'slots'"),
    case("unknown key of a row", TARIFF + 'price_s: {"20": 1 CNY} @', "tariffs.0.price_s",
         "'prices'"),
    case("unknown key of a distribution",
         "move:\n  duration: {distribution: gamma, mean: 3 min, cvs: 0.3} @",
         "move.duration.cvs", "'cv'"),
    case("unknown key of a calendar", OFFICE + "holiday: CN @", "calendars.office.holiday",
         "'holidays'"),
    case("missing key of a row", "waivers:\n  - agency: customs @\n    payer: public",
         "waivers.0.charges", "is missing"),
    case("key twice", "yard:\n  slot: 220 m2\n  slot: 200 m2 @", "yard.slot", "twice", "line 5"),
    case("bad identifier", "calendars:\n  Office: {weekly: {mon: [\"08:00-09:00\"]}, "
         "shift_end: finish} @", "calendars.Office", "lower-case", "'Office'"),
    case("reserved agency", "agencies:\n  joint: {} @", "agencies.joint", "reserved"),
    case("too long a name", "schema: onestop.scenario/1\nname: " + "+".join(["a" * 50] * 9)
         + " @\nextends: xiamen-2015\n", "name", "is too long", "at most 150", whole=True),
    case("bad name", "schema: onestop.scenario/1\nname: Big Name @\nextends: xiamen-2015\n",
         "name", "'Big Name'", "lower-case", whole=True),
]
NUMBERS = [
    case("missing unit", "yard:\n  slot: 220 @", "yard.slot", "needs a unit", "11600 m2", "220"),
    case("missing unit of a decimal", AGENCY + "exam: {fixed: 0.5} @",
         "agencies.customs.exam.fixed", "needs a unit", "0.5"),
    case("missing unit of a constant", AGENCY + "papers: 30 @", "agencies.customs.papers",
         "needs a unit", "12 min"),
    case("wrong unit of time", "joint:\n  extra: 3 m2 @", "joint.extra", "unknown unit of time",
         "min", "'3 m2'"),
    case("wrong unit of area", "yard:\n  slot: 220 min @", "yard.slot", "allowed: m2"),
    case("price without its per", "costs:\n  officer: 60 CNY @", "costs.officer", "60 CNY/h"),
    case("price with another per", "costs:\n  yard: 5 CNY/h @", "costs.yard", "/m2/d"),
    case("negative time", "joint:\n  extra: -3 min @", "joint.extra", "negative", "'-3 min'"),
    case("negative area", "yard:\n  slot: -3 m2 @", "yard.slot", "negative"),
    case("negative money", "costs:\n  officer: -3 CNY/h @", "costs.officer", "negative"),
    case("negative count", SEPARATE + "tractors: -1 @", "layout.separate.tractors",
         "greater than or equal to 1", "-1"),
    case("not a number", "traffic:\n  reefer: .nan @", "traffic.reefer", "plain number", ".nan"),
    case("infinite", "traffic:\n  reefer: 1e999 @", "traffic.reefer", "finite", "inf"),
    case("infinite with a unit", "yard:\n  slot: inf m2 @", "yard.slot", "is not a number"),
    case("infinite published figure",
         "published:\n  - {statement: {en: a, zh: a}, measure: b, relative: 1e999} @",
         "published.0.relative", "finite"),
    case("time without end", "joint:\n  extra: 1e9 weeks @", "joint.extra", "too large",
         "'1e9 weeks'", "at most"),
    case("too large", "yard:\n  slot: 1e9999999 m2 @", "yard.slot", "too large"),
    case("unit on a plain number", "traffic:\n  reefer: 8 min @", "traffic.reefer",
         "without a unit", "'8 min'"),
    case("fraction of a gang", SEPARATE + "gangs: {customs: 1.5} @",
         "layout.separate.gangs.customs", "integer", "1.5"),
    case("word for a number", SEPARATE + "tractors: many @", "layout.separate.tractors",
         "integer", "'many'"),
    case("share above one", "traffic:\n  reefer: 1.2 @", "traffic.reefer",
         "less than or equal to 1", "1.2"),
    case("too much traffic", "traffic:\n  consignments_per_week: 1e9 @",
         "traffic.consignments_per_week", "more traffic", "at most"),
    case("missing parameter", "move:\n  duration: {distribution: gamma, mean: 3 min} @",
         "move.duration", "cv and mean", "found mean"),
    case("unknown distribution", "move:\n  duration: {distribution: gama, mean: 3 min, cv: 1} @",
         "move.duration.distribution", "'gama'", "'gamma'"),
    case("parameters out of order",
         "move:\n  duration: {distribution: uniform, low: 5 min, high: 3 min} @",
         "move.duration", "low < high"),
    case("no time of day", "move:\n  cutoff: 25:00 @", "move.cutoff", "15:30", "'25:00'"),
]
PORT = [
    case("need above capacity", AGENCY + "officers: 99 @", "agencies.customs.officers",
         "99", "at most 16"),
    case("joint officers above all", "layout:\n  shared:\n    joint_officers: {customs: 99} @",
         "layout.shared.joint_officers.customs", "99", "at most 16"),
    case("yard too small", SEPARATE + "sites:\n      customs-yard:\n        area: 3000 m2 @",
         "layout.separate.sites.customs-yard.area", "at least", "3000 m2"),
    case("unknown agency in order", "order: [quarantine, custom] @", "order", "custom",
         "quarantine, customs"),
    case("unknown agency of a yard", SEPARATE + "sites:\n      customs-yard:\n"
         "        agencies: [custom] @", "layout.separate.sites.customs-yard.agencies",
         "'custom'", "'customs'"),
    case("unknown agency with staff", SEPARATE + "clerks: {custom: 3} @",
         "layout.separate.clerks.custom", "unknown agency", "'customs'"),
    case("unknown calendar", AGENCY + "calendar: ofice @", "agencies.customs.calendar",
         "'ofice'", "'office'"),
    case("unknown site", "layout:\n  restated:\n    sites: {joint-yrd: {slots: 3}} @",
         "layout.restated.sites.joint-yrd", "'joint-yard'"),
    case("unknown depth", AGENCY + "depths: {third: 1.0} @", "agencies.customs.depths",
         "unknown depth 'third'", "one-third"),
    case("unknown choice", "yard:\n  return_place: keep @", "yard.return_place", "'kept'",
         "from-slot"),
    case("unknown lever value", LEVERS + "site: both @", "regime.site", "'both'", "per-agency"),
]
INFEASIBLE = [
    case("joint without a shared yard", LEVERS + "examination: joint @", "regime.examination",
         "site: shared", "appointment: single", "declaration"),
    case("joint without one appointment", LEVERS + "site: shared\n  declaration: single\n"
         "  examination: joint @", "regime.examination", "It needs appointment: single."),
    case("single appointment, two yards", LEVERS + "declaration: single\n"
         "  appointment: single @", "regime.appointment", "It needs site: shared."),
    case("single appointment, chained papers", LEVERS + "site: shared\n  appointment: single @",
         "regime.appointment", "declaration: parallel or single"),
    case("single release, chained papers", LEVERS + "release: single @", "regime.release",
         "declaration"),
    case("restated staff, two yards", LEVERS + "staffing: restated @", "regime.staffing",
         "site: shared"),
    case("too few joint officers", "layout:\n  shared:\n    joint_officers: {customs: 1} @\n"
         + JOINT + "examination: joint", "layout.shared.joint_officers.customs",
         "found 1", "at least 2"),
    case("no shared yard stated", SEPARATE.replace("layout:", "layout: @") + "tractors: 20",
         "layout.shared", "states none", "never taken over", "'one-stop'", regime="one-stop"),
]
SHARES = [
    case("shares of depths", AGENCY + "depths: {door: 0.9} @", "agencies.customs.depths",
         "sum to 1"),
    case("shares of sizes", 'traffic: @\n  sizes: {"20": 0.9}', "traffic", "sizes must sum to 1"),
    case("shares of selection", SELECT + "shares: {customs: 0.5} @", "selection.rules.0",
         "they sum to 0.5"),
    case("shares of an attribute", ATTRIBUTES + "kind: {shares: {a: 0.5, b: 0.4}} @",
         "traffic.attributes.kind", "they sum to 0.9"),
    case("no shares at all", ATTRIBUTES + "kind: {shares: {}} @", "traffic.attributes.kind",
         "they sum to 0"),
    case("shares of weekdays", "traffic:\n  calls: @\n    weekday: [0, 0, 0, 0, 0, 0, 0.5]",
         "traffic.calls", "weekday must sum to 1"),
    case("shares of hours", "traffic:\n  calls: @\n    hour: [" + "0.5, " * 23 + "0]",
         "traffic.calls", "hour must sum to 1"),
    case("too few weekdays", "traffic:\n  calls:\n    weekday: [0.5, 0.5] @",
         "traffic.calls.weekday", "at least 7"),
    case("shares of recognition", RULE.format("customs", "quarantine", "0.5"), "recognition.0",
         "accepted + in_part + refused"),
]
CALENDARS = [
    case("never opens", "calendars:\n  shut: {weekly: {mon: []}, shift_end: finish} @",
         "calendars.shut", "never opens"),
    case("overlapping windows", OFFICE.replace("office:", "office: @")
         + 'weekly: {tue: ["08:00-10:00"]}', "calendars.office", "overlap on tue"),
    case("overlapping windows of a date", OFFICE.replace("office:", "office: @")
         + 'open: {2015-02-15: ["08:00-12:00", "11:00-13:00"]}', "calendars.office",
         "overlap on 2015-02-15"),
    case("window backwards", OFFICE.replace("office:", "office: @")
         + 'weekly: {sat: ["17:00-08:00"]}', "calendars.office", "ends before it begins"),
    case("no window", OFFICE.replace("office:", "office: @") + 'weekly: {sat: ["8 to 9"]}',
         "calendars.office", "08:30-12:00"),
    case("no weekday", OFFICE.replace("office:", "office: @") + 'weekly: {xmas: ["08:00-09:00"]}',
         "calendars.office", "names no weekday", "mon"),
    case("unknown country", OFFICE + "holidays: XX @", "calendars.office.holidays",
         "unknown country", "'XX'"),
    case("unknown time zone", "run:\n  time_zone: Asia/Amoy @", "run.time_zone",
         "unknown time zone", "'Asia/Amoy'", "Asia/Shanghai"),
    case("unknown time zone of a calendar", OFFICE + "time_zone: CN/X @",
         "calendars.office.time_zone", "'CN/X'"),
    case("impossible date", "run:\n  start: 2015-02-30 @", "run.start", "not a date",
         "'2015-02-30'"),
    case("impossible holiday", OFFICE + "closed: [2015-02-29] @", "calendars.office.closed.0",
         "not a date"),
    case("validity backwards", "waivers:\n  - {agency: customs, charges: [move], payer: public, "
         "since: 2016-01-01, until: 2015-01-01} @", "waivers.0", "before 'until'"),
    case("from a log that is not given", "run:\n  start: from-log @\n  measured: from-log",
         "run.start", "traffic.log"),
    case("part of a week", "run: @\n  warmup: 10 d", "run", "whole weeks"),
]
RULES = [
    case("unknown attribute", SELECT + "when: {grad: credit} @\n      shares: {none: 1.0}\n"
         "    - shares: {customs: 1.0}", "selection.rules.0.when.grad", "'grad'", "'grade'"),
    case("unknown value", SELECT + "when: {grade: credits} @\n      shares: {none: 1.0}\n"
         "    - shares: {customs: 1.0}", "selection.rules.0.when.grade", "'credits'", "'credit'"),
    case("attribute that is no word", "traffic:\n  boxes:\n    - when: {\"²\": a} @\n"
         "      number: 1\n    - number: 1", "traffic.boxes.0.when.²", "unknown attribute"),
    case("unknown group", SELECT + "shares: {custms: 1.0} @", "selection.rules.0.shares",
         "'custms'", "'customs'"),
    case("agency twice in a group", SELECT + "shares: {customs+customs: 1.0} @",
         "selection.rules.0.shares", "unknown group"),
    case("no last rule", "selection:\n  rules: @\n    - when: {grade: credit}\n"
         "      shares: {customs: 1.0}", "selection.rules", "the last rule"),
    case("nothing selected", SELECT + "shares: {none: 1.0} @", "selection.rules.0",
         "simulate: all"),
    case("hundreds of attributes", "traffic:\n  attributes: @\n" + "".join(
        f"    a{i}: {{shares: {{x: 1.0}}}}\n" for i in range(200)), "traffic.attributes",
         "at most 100"),
    case("attribute given a later one", ATTRIBUTES + "kind: {given: kinds, table: {a: {b: 1.0}}} @",
         "traffic.attributes.kind.given", "'kinds'", "goods"),
    case("recognises itself", RULE.format("customs", "customs", "1.0"), "recognition.0",
         "itself"),
    case("recognised too late", "order: [customs, quarantine]\n"
         + RULE.format("customs", "quarantine", "1.0"), "recognition.0.of", "first in 'order'"),
    case("unknown recognised agency", RULE.format("customs", "police", "1.0"),
         "recognition.0.of", "'police'"),
    case("unknown party", TARIFF.replace("trader", "traders @") + 'prices: {"20": 1 CNY, '
         '"40": 1 CNY}', "tariffs.0.payer", "'traders'", "'trader'"),
    case("another currency", "costs:\n  officer: 60 USD/h @", "costs.officer", "'USD'", "CNY"),
    case("no price for a size", TARIFF.replace("charge: move", "charge: move @")
         + 'prices: {"20": 1 CNY}', "tariffs.0",
         "no price for a size", "'40'"),
    case("no prices", TARIFF.replace("charge: move", "charge: move @") + "prices: {}", "tariffs.0",
         "no price for a size"),
    case("prices of another charge", TARIFF.replace("charge: move", "charge: move @")
         + "price: 3 CNY", "tariffs.0", "needs 'prices'"),
    case("steps that fall", "tariffs:\n  - charge: storage @\n    payer: trader\n"
         "    payee: operator\n    steps: [{from_day: 3, prices: {}}, {from_day: 1, prices: {}}]",
         "tariffs.0", "rise in 'from_day'"),
    case("unknown confidence", "yard:\n  slot: {value: 220 m2, confidence: sure} @",
         "yard.slot.confidence", "'sure'", "measured"),
    case("range of three", "yard:\n  slot: {value: 220 m2, range: [1 m2, 2 m2, 3 m2]} @",
         "yard.slot.range", "[low, high]"),
    case("list for a word", "yard:\n  return_place: [kept] @", "yard.return_place", "['kept']"),
]
FILES = [
    case("newer schema", "schema: onestop.scenario/9 @\nname: a\n", "schema", "newer onestop",
         "onestop.scenario/1", whole=True),
    case("not a scenario", "name: a @\n", "schema", "not an onestop scenario", "Begin the file",
         whole=True),
    case("other schema", "schema: docker-compose/3 @\n", "schema", "'docker-compose/3'",
         whole=True),
    case("extends a missing file", "schema: onestop.scenario/1\nextends: xiamen-2014 @\n",
         "extends", "'xiamen-2014'", "'xiamen-2015'", whole=True),
    case("extends itself", "schema: onestop.scenario/1\nextends: faulty.yaml @\n", "extends",
         "circle", "faulty.yaml -> faulty.yaml", whole=True),
    case("extends a list", "schema: onestop.scenario/1\nextends: [a] @\n", "extends", "['a']",
         whole=True),
    case("regime that extends a port", "kind: regime @", "kind", "'xiamen-2015'"),
    case("unknown lever of a regime", "schema: onestop.scenario/1\nkind: regime\nname: r\n"
         "title: {en: r, zh: r}\nregime:\n  hour: aligned @\n", "regime.hour", "'hours'",
         whole=True),
    case("empty file", " @", "", "holds no scenario", "schema:", whole=True),
    case("list at the top", "- a @\n- b\n", "", "holds no scenario", "['a', 'b']", whole=True),
    case("two documents", "--- @\na: 1\n", "", "one YAML document", "Remove"),
    case("tag", "yard: !!python/object:os.system {} @", "", "tags", "os.system"),
    case("anchor", "yard: &y {} @", "", "anchors", "&y", "extends:"),
    case("alias", "description: a\nyard: *y @", "", "aliases", "*y"),
    case("alias bomb", "a: &a [l, o, l] @\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]", "", "anchors",
         "aliases"),
    case("merge key", "yard:\n  <<: {} @", "yard.<<", "merge keys", "extends:"),
    case("too deep", "yard: " + "{a: " * 1000 + "@", "", "too deeply", "40 levels"),
    case("deep lists", "yard: " + "[" * 100_000 + "@", "", "too deeply"),
    case("tab", "yard:\n\tslot: 220 m2 @", "", "not YAML"),
    case("unclosed", "yard: {slot: 220 m2\n@", "", "not YAML"),
    case("control character", 'description: "\\e[31m" @', "", "control characters"),
    case("half a character", 'description: "\\ud800" @', "", "control characters"),
    case("very long tag", "yard: !" + "t" * 300_000 + " {} @", "", "the line is too long",
         "300010 characters", "at most 200000"),
    case("very long key", "a" * 1000 + ": 1 @", "", "key is too long", "200 characters"),
]
CASES = [*KEYS, *NUMBERS, *PORT, *INFEASIBLE, *SHARES, *CALENDARS, *RULES, *FILES]


def test_there_are_fifty_kinds() -> None:
    assert len(CASES) >= 50
    assert len({c.name for c in CASES}) == len(CASES)


@pytest.mark.parametrize("c", CASES, ids=lambda c: c.name.replace(" ", "-"))
def test_each_fault_is_told(c: Case, tmp_path: Path) -> None:
    text = c.text if c.whole else HEAD + c.text
    line = text[: text.index("@")].count("\n") + 1
    path = tmp_path / "faulty.yaml"
    path.write_text(text.replace(" @", "").replace("@", ""), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(path, c.regime)
    faults = caught.value.faults
    here = [f for f in faults if (f.key or "") == c.key and f.line == line]
    assert here, f"expected {c.key!r} on line {line}, found:\n{caught.value}"
    assert all(str(f).startswith(f"{path}:{line}: ") for f in here)
    for word in c.words:
        assert word in str(caught.value)


def test_all_faults_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(HEAD + "yards: {}\nyard:\n  slot: 3\njoint:\n  extra: 3 m2\n"
                    "traffic:\n  reefer: 7\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(path)
    assert [(f.line, f.key) for f in caught.value.faults] == [
        (4, "yards"), (6, "yard.slot"), (8, "joint.extra"), (10, "traffic.reefer")]


def test_files_that_extend_each_other(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.yaml").write_text(
            f"schema: onestop.scenario/1\nname: {name}\nextends: {other}.yaml\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a.yaml -> b.yaml -> a.yaml") as caught:
        load(tmp_path / "a.yaml")
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.key) == (str(tmp_path / "b.yaml"), 3, "extends")


def test_a_chain_of_files_ends(tmp_path: Path) -> None:
    for i in range(40):
        (tmp_path / f"s{i}.yaml").write_text(
            f"schema: onestop.scenario/1\nextends: s{i + 1}.yaml\n", encoding="utf-8")
    with pytest.raises(InputError, match="too many files"):
        load(tmp_path / "s0.yaml")


@pytest.mark.parametrize(("raw", "words"), [
    ("名称: 厦门".encode("gb18030"), ("is not UTF-8", "byte 0x", "Save the file as UTF-8")),
    ((HEAD + "\n").encode("utf-16"), ("UTF-16", "Save the file as UTF-8")),
    ((HEAD + "\n").encode("utf-16-le"), ("UTF-16",)),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ("binary",)),
    (HEAD.encode() + b"a: \x07", ("holds a character",)),
    (b"", ("holds no scenario",)),
], ids=["gb18030", "utf-16", "utf-16-le", "binary", "bell", "empty"])
def test_files_that_are_no_text(raw: bytes, words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        load(path)
    (fault,) = caught.value.faults
    assert fault.file == str(path) and fault.line
    assert all(word in str(fault) for word in words)


def test_a_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
    tracemalloc.start()
    begin = time.perf_counter()
    with pytest.raises(InputError, match="too large for a scenario; found '100000000 bytes'"):
        load(path)
    seconds, peak = time.perf_counter() - begin, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 0.5 and peak < 5_000_000


def test_a_file_of_nothing_but_faults_is_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(HEAD + "".join(f"k{i}: 1\n" for i in range(5000)), encoding="utf-8")
    with pytest.raises(InputError, match="more faults") as caught:
        load(path)
    assert len(caught.value.faults) <= 101


def test_more_boxes_than_a_run_can_hold_are_refused_before_they_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(HEAD + "traffic:\n  boxes: [{number: 1000}]\n", encoding="utf-8")
    with pytest.raises(InputError, match="more traffic than a run can hold") as caught:
        port_run(load(path), 1, 0)
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.key) == (str(path), 5, "traffic.boxes")


@pytest.mark.parametrize("more", ["- 1\n", "- *a\n"], ids=["values", "aliases"])
def test_more_nodes_than_a_scenario_has(more: str, tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(HEAD + "a:\n" + more * 70_000, encoding="utf-8")
    with pytest.raises(InputError, match="holds too much"):
        load(path)


@pytest.mark.parametrize(("assignment", "key", "words"), [
    ("yard.slot", None, ("needs KEY=VALUE", "'yard.slot'")),
    ("=3", None, ("needs KEY=VALUE",)),
    ("yard..slot=3 m2", None, ("needs KEY=VALUE",)),
    ("yard.slots=3 m2", "yard.slots", ("unknown key", "'slot'")),
    ("yard.slot=3", "yard.slot", ("needs a unit",)),
    ("yard.slot={", None, ("not YAML",)),
    ("yard.slot=", "yard.slot", ("is missing",)),
    ("tariffs.99.payer=trader", "tariffs.99.payer", ("names no row", "'99'", "0 to")),
    ("tariffs.x.payer=trader", "tariffs.x.payer", ("names no row",)),
    ("tariffs.².payer=trader", "tariffs.².payer", ("names no row",)),
    ("tariffs." + "9" * 5000 + "=1", None, ("names no row",)),
    ("tariffs.0.payer=nobody", "tariffs.0.payer", ("unknown party", "'nobody'")),
    ("tariffs.0.prices.20.x=1", "tariffs.0.prices.20", ("--set",)),
    ("order.0.x=1", "order.0", ("valid string",)),
    ("currency.x=1", "currency", ("valid string",)),
    ("regime.hour=aligned", "regime.hour", ("unknown key", "'hours'")),
    ("regime.examination=joint", "regime.examination", ("not feasible",)),
])
def test_faults_of_set(assignment: str, key: str | None, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        load("xiamen-2015", sets=[assignment])
    assert all((f.file or "").startswith("--set") for f in caught.value.faults)
    assert key is None or key in {f.key for f in caught.value.faults}
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(("source", "regime", "words"), [
    ("xiamen-2014", None, ("no such scenario", "'xiamen-2015'")),
    ("", None, ("no such scenario",)),
    ("a\0b", None, ("no such scenario",)),
    ("a\0b.yaml", None, ("no such scenario",)),
    ("a" * 5000, None, ("no such scenario",)),
    ("none.yaml", None, ("cannot be read", "No such file")),
    ("xiamen-2015", "xiamen-2015", ("is a port, not a regime", "--regime", "separate")),
    ("xiamen-2015", "one-stopp", ("no such scenario", "'one-stop'")),
    ("one-stop+xiamen-2015", None, ("is a port, not a regime",)),
])
def test_names_that_are_no_scenario(source: str, regime: str | None, words: tuple[str, ...]
                                    ) -> None:
    with pytest.raises(InputError) as caught:
        load(source, regime)
    assert all(word in str(caught.value) for word in words)


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        load(tmp_path)
