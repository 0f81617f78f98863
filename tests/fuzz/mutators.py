"""Files that are nearly right: scenarios and logs of the library, changed at random places.

A scenario is changed as a tree (so that the fault lies deep in a file that is sound otherwise), as
lines, or as bytes; a log as a table, as text, or as bytes. Everything follows from the generator.
"""

from __future__ import annotations

import copy
import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from scenarios.load import LIBRARY
from scenarios.yamlfile import read_yaml
from tests.fuzz.hostile import CELLS, DELIMITERS, ENCODINGS, LINE_ENDS, RAW_SCALARS

Generator = np.random.Generator
Pairs = list[list[Any]]
_QUANTITY = re.compile(r"(-?[0-9.]+) (\S+)\Z")
_UNITS = ("s", "min", "h", "d", "weeks", "m2", "CNY", "CNY/h", "CNY/m2/d", "CNY/TEU/d", "%", "")
_FACTORS = (0.0, -1.0, 1e-6, 0.01, 0.5, 2.0, 10.0, 100.0, 1e4, 1e8, 1e300)


class Raw(str):
    """YAML text that is written as it stands."""


class Mapping:
    """A mapping whose keys may be doubled or out of order."""

    def __init__(self, pairs: Pairs):
        self.pairs = pairs


def one(rng: Generator, values: Any) -> Any:
    """One of the values."""
    return values[int(rng.integers(len(values)))]


@lru_cache
def tree_of(name: str) -> Any:
    """A shipped scenario as a tree of Mapping, list and scalars; to be copied, not changed."""
    return _tree(read_yaml(LIBRARY / f"{name}.yaml", name).data)


@lru_cache
def text_of(name: str) -> str:
    """The text of a shipped file."""
    return (LIBRARY / name).read_text(encoding="utf-8-sig")


def _tree(value: Any) -> Any:
    if isinstance(value, dict):
        return Mapping([[key, _tree(item)] for key, item in value.items()])
    return [_tree(item) for item in value] if isinstance(value, list) else value


def write(value: Any) -> str:
    """A tree as YAML in flow style, a key to a line."""
    if isinstance(value, Mapping):
        inside = ",\n".join(f"{write(key)}: {write(item)}" for key, item in value.pairs)
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write(item) for item in value) + "]"
    return str(value) if isinstance(value, Raw) else json.dumps(value, ensure_ascii=False)


def document(tree: Mapping) -> str:
    """A tree as a file: the top level in block style, as a person writes it."""
    return "".join(f"{write(key)}: {_indented(write(item))}\n" for key, item in tree.pairs)


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


# -- scenarios as trees ----------------------------------------------------------------------------


def places(tree: Any) -> Iterator[tuple[Any, int]]:
    """Every (container, position) of a tree."""
    items = [item for _, item in tree.pairs] if isinstance(tree, Mapping) else tree
    if not isinstance(items, list):
        return
    for i, item in enumerate(items):
        yield tree, i
        yield from places(item)


def get(holder: Any, i: int) -> Any:
    return holder.pairs[i][1] if isinstance(holder, Mapping) else holder[i]


def put(holder: Any, i: int, value: Any) -> None:
    if isinstance(holder, Mapping):
        holder.pairs[i][1] = value
    else:
        holder[i] = value


def scenario_tree(rng: Generator) -> Mapping:
    """A sound scenario to begin with: a whole one, one that extends another, or a regime."""
    draw = rng.random()
    if draw < 0.1:
        return copy.deepcopy(tree_of(one(rng, ("separate", "one-stop", "restated"))))
    tree = copy.deepcopy(tree_of("port-log" if draw < 0.2 else "xiamen-2015"))
    head = [["schema", "onestop.scenario/1"], ["kind", "port"], ["name", "fuzz"],
            ["extends", "xiamen-2015"], ["title", Mapping([["en", "f"], ["zh", "f"]])]]
    if draw < 0.2 or draw > 0.8:
        return tree
    body = [pair for pair in tree.pairs if pair[0] not in (
        "schema", "kind", "name", "title", "description", "published")]
    chosen = rng.permutation(len(body))[: int(rng.integers(1, 5))]
    return Mapping([*head, *(body[i] for i in sorted(chosen))])


def mutate_tree(rng: Generator, tree: Mapping) -> None:
    """Changes a tree at one place."""
    spots = list(places(tree))
    holder, i = one(rng, spots)
    change = one(rng, (_delete, _double, _rename, _replace, _replace, _replace, _scale, _scale,
                       _scale, _wrap, _swap, _extra, _empty, _word, _elsewhere))
    change(rng, tree, spots, holder, i)


def _delete(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    del (holder.pairs if isinstance(holder, Mapping) else holder)[i]


def _double(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    items = holder.pairs if isinstance(holder, Mapping) else holder
    items.insert(int(rng.integers(len(items) + 1)), copy.deepcopy(items[i]))


def _rename(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    if not isinstance(holder, Mapping):
        return
    key = str(holder.pairs[i][0])
    other, j = one(rng, spots)
    holder.pairs[i][0] = one(rng, (
        key + "s", key[:-1], key.upper(), "", "²", "x" * 300, "a.b", "0", "20", "none", "joint",
        Raw("? [a]"), Raw("<<"), Raw("&a b"), Raw("~"), Raw("1.0"), Raw("{a: b}"), Raw("'"),
        other.pairs[j][0] if isinstance(other, Mapping) else key, "\u202e", "a+b"))


def _replace(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    put(holder, i, Raw(one(rng, RAW_SCALARS)))


def _scale(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    """Another size or unit of one of the numbers; prefers extremes that are still legal."""
    numbers = [(h, k) for h, k in spots if isinstance(get(h, k), int | float)
               or (isinstance(get(h, k), str) and _QUANTITY.match(get(h, k)))]
    if not numbers:
        return
    holder, i = one(rng, numbers)
    value = get(holder, i)
    factor = one(rng, _FACTORS)
    if isinstance(value, str):
        match = _QUANTITY.match(value)
        assert match
        unit = one(rng, _UNITS) if rng.random() < 0.2 else match[2]
        put(holder, i, f"{float(match[1]) * factor:g} {unit}")
    else:
        put(holder, i, Raw(f"{value * factor:g}" if rng.random() < 0.5 else
                           str(round(min(value * factor, 1e15)))))


def _wrap(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    value = get(holder, i)
    put(holder, i, one(rng, ([value], [[value]], Mapping([["value", value]]),
                             Mapping([["x", value]]), [value, value], Mapping([["0", value]]),
                             Mapping([["value", value], ["source", 3]]),
                             Mapping([["value", value], ["range", [2, 1]]]))))


def _swap(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    other, j = one(rng, spots)
    mine, theirs = copy.deepcopy(get(holder, i)), copy.deepcopy(get(other, j))
    put(holder, i, theirs)
    put(other, j, mine)


def _elsewhere(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    other, j = one(rng, spots)
    put(holder, i, copy.deepcopy(get(other, j)))


def _extra(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    if isinstance(holder, Mapping):
        word = one(rng, ("value", "range", "source", "confidence", "note", "when", "given", "x",
                         "distribution", "extends", "since", "20", "handover", "correlation"))
        holder.pairs.append([word, Raw(one(rng, RAW_SCALARS))])
    else:
        holder.append(Raw(one(rng, RAW_SCALARS)))


def _empty(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    put(holder, i, one(rng, ([], Mapping([]), "", None, 0, 1)))


def _word(rng: Generator, tree: Any, spots: Any, holder: Any, i: int) -> None:
    """One word throughout the file, such as the name of an agency, of a yard or of a value."""
    old = one(rng, ("quarantine", "customs", "office", "joint-yard", "goods", "low", "20",
                    "customs-yard", "evening-in", "listed"))
    new = one(rng, ("x", "all", "customs", "quarantine", "q" * 60, "none-x", "3rd", "a-b", "45"))
    for h, k in spots:
        if isinstance(h, Mapping) and h.pairs[k][0] == old:
            h.pairs[k][0] = new
        if get(h, k) == old:
            put(h, k, new)


# -- texts and bytes -------------------------------------------------------------------------------


def mutate_lines(rng: Generator, text: str) -> str:
    """Changes one line of a text: gone, doubled, moved, indented otherwise, cut, respelt."""
    lines = text.split("\n")
    i, j = (int(k) for k in rng.integers(len(lines), size=2))
    line = lines[i]
    match one(rng, range(9)):
        case 0:
            del lines[i: i + int(rng.integers(1, 20))]
        case 1:
            lines.insert(j, line)
        case 2:
            lines[i], lines[j] = lines[j], line
        case 3:
            lines[i] = " " * int(rng.integers(0, 9)) + line.lstrip()
        case 4:
            lines[i] = one(rng, ("\t", "- ", "? ", "# ", "--- ", "... ", "%TAG ", "\x85")) + line
        case 5:
            lines[i] = line[: int(rng.integers(len(line) + 1))]
        case 6:
            key, colon, _ = line.partition(": ")
            lines[i] = key + colon + one(rng, RAW_SCALARS)
        case 7:
            lines[i] = line.replace(one(rng, (":", ",", "{", "}", "[", "]", '"')), "", 1)
        case _:
            other = text_of(one(rng, ("port-log.yaml", "one-stop.yaml", "xiamen-2015.yaml")))
            lines[i:] = other.split("\n")[int(rng.integers(3)):]
    return "\n".join(lines)


def mutate_bytes(rng: Generator, raw: bytes) -> bytes:
    """Flips, puts in, takes out or repeats bytes, or cuts the rest off."""
    data = bytearray(raw)
    for _ in range(int(rng.integers(1, 6))):
        if not data:
            break
        i = int(rng.integers(len(data)))
        match one(rng, range(6)):
            case 0:
                data[i] ^= 1 << int(rng.integers(8))
            case 1:
                data[i:i] = bytes(rng.integers(0, 256, int(rng.integers(1, 9)), dtype=np.uint8))
            case 2:
                del data[i: i + int(rng.integers(1, 50))]
            case 3:
                data[i:i] = data[i: i + int(rng.integers(1, 200))]
            case 4:
                data[i:i] = one(rng, (b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\x1f\x8b", b'"',
                                      b"\xe2\x80\xae", b"\xc0\x80", b"\xed\xa0\x80"))
            case _:
                if rng.random() < 0.3:
                    del data[i:]
    return bytes(data)


# -- logs ------------------------------------------------------------------------------------------


def log_rows(rng: Generator) -> list[list[str]]:
    """Headers and some rows of the shipped log, with the columns that are read first."""
    rows = list(csv.reader(io.StringIO(text_of("port-log.csv"))))
    number = int(rng.choice([1, 2, 8, 40, len(rows) - 1], p=[0.05, 0.1, 0.35, 0.4, 0.1]))
    first = int(rng.integers(1, len(rows) - number + 1))
    width = 13 if rng.random() < 0.8 else len(rows[0])
    return [row[:width] for row in (rows[0], *rows[first: first + number])]


def mutate_cells(rng: Generator, rows: list[list[str]]) -> None:
    """Changes cells of a table: one, a few, a whole column, or two columns against each other."""
    width, body = len(rows[0]), rows[1:]
    column = int(rng.integers(width))
    match one(rng, range(6)):
        case 0 | 1:
            for _ in range(int(rng.integers(1, 8))):
                one(rng, body)[int(rng.integers(width))] = one(rng, CELLS)
        case 2:
            text = one(rng, CELLS)
            for row in body:
                row[column] = text
        case 3:
            for row in body:
                row[column] = one(rng, CELLS)
        case 4:
            other = int(rng.integers(width))
            for row in body:
                row[column], row[other] = row[other], row[column]
        case _:
            for row in body:
                if rng.random() < 0.6:
                    row[column] = row[column][: int(rng.integers(len(row[column]) + 1))]


def mutate_table(rng: Generator, rows: list[list[str]]) -> None:
    """Changes headers, rows or columns of a table."""
    i, column = int(rng.integers(len(rows))), int(rng.integers(len(rows[0])))
    match one(rng, range(9)):
        case 0:
            rows[0][column] = one(rng, (*CELLS, *rows[0]))
        case 1:
            for row in rows:
                del row[column]
        case 2:
            rows.insert(i, list(rows[0]))
        case 3:
            rows[i] = rows[i][:column]
        case 4:
            rows[i] = rows[i] + [one(rng, CELLS)] * int(rng.integers(1, 2000))
        case 5:
            rows += [list(row) for row in rows[1:]] * int(rng.integers(1, 20))
        case 6:
            order = rng.permutation(len(rows))
            rows[:] = [rows[k] for k in order]
        case 7:
            del rows[i:]
        case _:
            rows[i] = [one(rng, ("", "x" * 200_000, "a\n" * 1000, '"' * 99))] * len(rows[i])


def log_bytes(rng: Generator, rows: list[list[str]]) -> bytes:
    """A table as a file, sometimes with other delimiters, quotes, line ends or encodings."""
    plain = rng.random() < 0.6
    delimiter = "," if plain or rng.random() < 0.6 else one(rng, DELIMITERS)
    text = io.StringIO()
    quoting = csv.QUOTE_MINIMAL if plain else one(rng, (csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(rows)
    content = text.getvalue()
    if not plain and rng.random() < 0.3:
        content = content.replace("\n", one(rng, LINE_ENDS))
    encoding = "utf-8-sig" if plain or rng.random() < 0.5 else one(rng, ENCODINGS)
    raw = content.encode(encoding, errors="replace")
    return gzip.compress(raw) if rng.random() < 0.05 else raw
