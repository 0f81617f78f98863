"""Identifiers: how agencies, sites, calendars and scenarios may be called."""

from __future__ import annotations

import re

ID = re.compile(r"[a-z][a-z0-9-]*\Z")
RESERVED = ("all", "joint", "none")
DEPTHS = ("scan", "door", "one-third", "half", "full")
CONFIDENCE = ("published", "derived", "measured", "assumed")
SCHEMA = "onestop.scenario/1"
LONGEST_NAME = 150
"""Of a scenario, whose name becomes a folder's."""
ANNOTATIONS = ("source", "confidence", "range", "note")


def check_id(text: str) -> str:
    """Returns an id of lower-case letters, digits and dashes; raises ValueError."""
    if not isinstance(text, str) or not ID.match(text) or len(text) > 60:
        raise ValueError("must be an id: lower-case letters, digits and dashes, a letter first")
    return text


def check_agency(text: str) -> str:
    """Returns an agency's id; the words for groups of consignments are reserved."""
    if text in RESERVED:
        raise ValueError(f"'{text}' is reserved for a group of consignments")
    return check_id(text)


def check_name(text: str) -> str:
    """Returns a scenario's name: ids joined by '+', as regimes are."""
    for part in text.split("+"):
        check_id(part)
    if len(text) > LONGEST_NAME:
        raise ValueError(f"is too long: {len(text)} characters, at most {LONGEST_NAME}")
    return text
