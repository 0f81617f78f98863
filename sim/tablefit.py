"""Fits the comparison table to the width of a screen: cells in lines, regimes in blocks.

A cell is a list of groups, a group a list of parts that are never broken. Each group begins a
line; its parts stand side by side where there is room, else below one another. Where not even
that leaves room for all regimes, they are shown in blocks, the baseline in each. Widths are in
cells of the screen: a Chinese character takes two.
"""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.textwidth import GLUE, pad_left, wrap
from scenarios.textwidth import cells as width_of

Cell = list[list[str]]

LEAST_LABEL = 26
GAP = "  "


@dataclass
class ScreenTable:
    """Labels and cells of the comparison table, and the rows at which a section begins."""

    title: str
    names: list[str]
    labels: list[str]
    cells: list[list[Cell]]
    sections: list[int]


@dataclass
class Block:
    """One table as it is printed: columns, rows of texts."""

    columns: list[str]
    rows: list[list[str]]


def fit(table: ScreenTable, width: int) -> list[Block]:
    """The table in as few blocks as fit `width` cells, the regimes spread evenly over them.

    The first regime, the baseline, stands in every block. A screen too narrow for one regime
    beside the baseline is exceeded.
    """
    narrow = [_width(table, j, side_by_side=False) for j in range(len(table.names))]
    others = list(range(1, len(table.names)))
    for number in range(1, max(len(others), 1) + 1):
        chunks = [[0, *others[i * len(others) // number:(i + 1) * len(others) // number]]
                  for i in range(number)]
        if all(_total(LEAST_LABEL, [narrow[j] for j in chunk]) <= width for chunk in chunks):
            break
    return [_block(table, chunk, width) for chunk in chunks]


def _total(label: int, columns: list[int]) -> int:
    """The width of a table of these columns: a blank on either side of each, one more between."""
    return label + sum(columns) + 3 * (len(columns) + 1) + 1


def _block(table: ScreenTable, chunk: list[int], width: int) -> Block:
    widths = [_width(table, j, side_by_side=True) for j in chunk]
    beside = _total(LEAST_LABEL, widths) <= width
    if not beside:
        widths = [_width(table, j, side_by_side=False) for j in chunk]
    natural = max(width_of(label) for label in table.labels)
    label = min(natural, max(width - _total(0, widths), LEAST_LABEL))
    columns = ["", *(_heading(table.names[j], w) for j, w in zip(chunk, widths, strict=True))]
    parts = {j: _part_widths(table, j) for j in chunk}
    rows = [[_label(text, label), *(_text(cells[j], parts[j] if beside else None) for j in chunk)]
            for text, cells in zip(table.labels, table.cells, strict=True)]
    return Block(columns, rows)


def _part_widths(table: ScreenTable, j: int) -> list[int]:
    """The widths of the parts of a column's first lines, so that they stand below one another."""
    firsts = [cells[j][0] for cells in table.cells if cells[j]]
    most = max((len(parts) for parts in firsts), default=0)
    return [max(width_of(parts[k]) for parts in firsts if len(parts) > k) for k in range(most)]


def _width(table: ScreenTable, j: int, side_by_side: bool) -> int:
    longest = [width_of(word) for word in _words(table.names[j])]
    for cells in table.cells:
        longest += [width_of(part) for group in cells[j] for part in group]
    if side_by_side:
        parts = _part_widths(table, j)
        longest.append(sum(parts) + len(GAP) * max(len(parts) - 1, 0))
    return max(longest)


def _text(cell: Cell, parts: list[int] | None) -> str:
    """The lines of a cell; `parts`: the widths of a first line whose parts stand side by side."""
    lines: list[str] = []
    for number, group in enumerate(cell):
        if number or parts is None:
            lines += group
        else:
            padded = [pad_left(group[k], w) if k < len(group) else " " * w
                      for k, w in enumerate(parts)]
            lines.append(GAP.join(padded))
    return "\n".join(lines)


def _words(name: str) -> list[str]:
    """A regime's name in pieces between which a line may end."""
    first, *more = name.split("+")
    return [first, *(f"+{word}" for word in more)]


def _heading(name: str, width: int) -> str:
    lines = [""]
    for word in _words(name):
        if width_of(lines[-1] + word) <= width:
            lines[-1] += word
        else:
            lines.append(word)
    return "\n".join(line for line in lines if line)


def _label(text: str, width: int) -> str:
    indent = " " * (len(text) - len(text.lstrip()))
    # The mark of a primary measure stays with the word before it.
    lines = wrap(text.strip().replace(" *", GLUE + "*"), width, indent, indent + "  ")
    return "\n".join(lines).replace(GLUE, " ")
