"""Widths of texts on a screen, where a Chinese character takes two cells, and lines that fit."""

from __future__ import annotations

import re
import textwrap

OPENING, CLOSING = "（《“", "，。、：；！？）》”"
WIDE = "\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\U00020000-\U0003fffd"
GLUE = "\u00a0"

_WORD = f"[^ {WIDE}{OPENING}{CLOSING}]+"
# What a line never breaks: a short bracket, such as a unit; a word, or one wide character, with
# the marks around it.
_PIECE = re.compile(f" +|(?:（[^（） ]{{1,9}}）|[{OPENING}]*(?:[{WIDE}]|{_WORD})?)[{CLOSING}]*"
                    f"(?:{GLUE}{_WORD})?")


def cells(text: str) -> int:
    """The cells of a screen that a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def is_wide(text: str) -> bool:
    """Whether a text has characters between which a line may end without a blank."""
    return re.search(f"[{WIDE}]", text) is not None


def pad_left(text: str, width: int) -> str:
    """The text behind as many blanks as `width` cells leave."""
    return " " * max(width - cells(text), 0) + text


def wrap(text: str, width: int, indent: str = "", hanging: str = "") -> list[str]:
    """The text in lines of `width` cells that begin with `indent`, after the first with `hanging`.

    Lines end at blanks, and between wide characters where no mark would begin or end a line
    wrongly. A word that is longer than a line is cut.
    """
    if not is_wide(text):
        return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=hanging,
                             break_on_hyphens=False)
    lines, line = [], indent
    empty = True
    for piece in _PIECE.findall(re.sub(r"[\t\n\v\f\r]", " ", text)):
        if not empty and cells(line + piece.rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line, empty = hanging, True
        if empty:
            piece = piece.lstrip(" ")
        for character in piece:
            if not empty and cells(line + character) > width and character != " ":
                lines.append(line)
                line = hanging
            line, empty = line + character, False
    return lines if empty else [*lines, line.rstrip(" ")]
