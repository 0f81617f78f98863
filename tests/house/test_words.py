"""The catalogues: English and Chinese say the same things, and the sources ask for nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("scenarios", "sim", "reports")
ENGLISH = sorted(path for package in PACKAGES
                 for path in (ROOT / package).glob("locale/en/LC_MESSAGES/*.po"))
TERMS = ROOT / "scenarios/locale/en/LC_MESSAGES/terms.po"
SPEAKING = [path for path in ENGLISH if path.stem != "terms"]
THE_SAME: set[str] = set()
"""Keys whose words are the same letters in both languages."""


def chinese(path: Path) -> Path:
    """The Chinese file beside an English one."""
    return path.parents[2] / "zh" / "LC_MESSAGES" / path.name


@cache
def read(path: Path) -> Catalog:
    """A .po file."""
    with path.open("rb") as stream:
        return read_po(stream, abort_invalid=True)


def texts(path: Path) -> dict[str, tuple[str, ...]]:
    """Key -> its forms, in the order of the file."""
    found = {}
    for message in read(path):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = (message.string,) if isinstance(message.string, str) else tuple(
                message.string or ())
    return found


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def letters(text: str) -> bool:
    """Whether there are letters outside of braces."""
    return any(c.isalpha() for c in re.sub(r"\{[^}]*\}", "", text))


def faults(english: Path, other: Path) -> Iterator[str]:
    """What is wrong with a pair of catalogues."""
    for path in (english, other):
        data = path.read_text(encoding="utf-8")
        if re.search(r'"\n(#|msgid )', data):
            yield f"{path.name}: entries without a blank line between them"
        if len(re.findall(r"^msgid ", data, re.M)) != len(texts(path)) + 1:
            yield f"{path.name}: a key stands twice"
        if read(path).obsolete:
            yield f"{path.name}: obsolete entries"
        yield from (f"{message.id}: fuzzy" for message in read(path)
                    if message.id and message.fuzzy)
    en, zh = texts(english), texts(other)
    if list(en) != list(zh):
        yield f"{english.name}: other keys, or another order: {sorted(set(en) ^ set(zh))}"
    for key in en.keys() & zh.keys():
        forms = en[key] + zh[key]
        if not forms or not all(text.strip() for text in forms):
            yield f"{key}: empty"
        elif any("??" in text or not text.strip("? ") or "\ufffd" in text for text in forms):
            yield f"{key}: lost characters"
        elif len({frozenset(placeholders(text)) for text in forms}) > 1:
            yield f"{key}: other placeholders"
        elif set(en[key]) & set(zh[key]) and letters(en[key][0]) and key not in THE_SAME:
            yield f"{key}: not translated"


def sources(package: str) -> list[ast.AST]:
    """The syntax trees of a package."""
    return [ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted((ROOT / package).rglob("*.py"))]


def asked_for(tree: ast.AST) -> Iterator[str]:
    """The keys that say("..."), say(lang, "...") ask for; `start*` for an f-string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _speaks(node.func) and node.args:
            language = isinstance(node.func, ast.Name) and len(node.args) > 1
            key = node.args[1 if language else 0]
            for choice in (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,):
                yield from literal(choice)


def _speaks(function: ast.expr) -> bool:
    """Whether this is say(...), or a method that takes a key first."""
    if isinstance(function, ast.Attribute):
        return function.attr in ("say", "say_or", "sentence")
    return isinstance(function, ast.Name) and function.id == "say"


def asked_by_templates(package: str) -> set[str]:
    """The keys that t("...") asks for in the templates of a package."""
    return {key for path in (ROOT / package).glob("templates/*.html")
            for key in re.findall(r"""\bt\(["']([^"']+)["']""", path.read_text(encoding="utf-8"))}


def literal(node: ast.AST) -> Iterator[str]:
    """A text that stands in a source as it is, or `start*` for an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and node.values and (
            isinstance(node.values[0], ast.Constant)):
        yield f"{node.values[0].value}*"


def fits(key: str, wanted: str) -> bool:
    """Whether `wanted`, a key or a `start*`, means the key."""
    return key.startswith(wanted[:-1]) if wanted.endswith("*") else key == wanted


def test_every_speaking_package_is_looked_at() -> None:
    assert {path.stem for path in ENGLISH} >= {"terms", "screen", "figures"}
    translated = {chinese(path) for path in ENGLISH}
    assert translated == {path for package in PACKAGES
                          for path in (ROOT / package).glob("locale/zh/LC_MESSAGES/*.po")}


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
def test_both_languages_say_the_same(path: Path) -> None:
    assert list(faults(path, chinese(path))) == []


@pytest.mark.parametrize(("english", "other", "fault"), [
    ('msgid "a"\nmsgstr "one {n}"\n', 'msgid "a"\nmsgstr "一 {m}"\n', "placeholders"),
    ('msgid "a"\nmsgstr "one"\n', 'msgid "a"\nmsgstr "one"\n', "not translated"),
    ('msgid "a"\nmsgstr "one"\n', 'msgid "a"\nmsgstr ""\n', "empty"),
    ('msgid "a"\nmsgstr "one"\n', 'msgid "a"\nmsgstr "??"\n', "lost"),
    ('msgid "a"\nmsgstr "one"\n', '#, fuzzy\nmsgid "a"\nmsgstr "一"\n', "fuzzy"),
    ('msgid "a"\nmsgstr "one"\n', 'msgid "b"\nmsgstr "一"\n', "other keys"),
    ('msgid "a"\nmsgstr "one"\n', 'msgid "a"\nmsgstr "一"\nmsgid "b"\nmsgstr "二"\n', "blank"),
    ('msgid "a"\nmsgstr "one"\n', 'msgid "a"\nmsgstr "一"\n\nmsgid "a"\nmsgstr "二"\n', "twice"),
])
def test_each_fault_is_found(tmp_path: Path, english: str, other: str, fault: str) -> None:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    paths = tmp_path / "en.po", tmp_path / "zh.po"
    for path, text in zip(paths, (english, other), strict=True):
        path.write_text(head + text, encoding="utf-8")
    assert any(fault in found for found in faults(*paths))


@pytest.mark.parametrize("package", PACKAGES)
def test_what_the_sources_say_is_in_a_catalogue(package: str) -> None:
    keys = [key for path in ENGLISH if path.is_relative_to(ROOT / package) or path == TERMS
            for key in texts(path)]
    missing = [wanted for tree in sources(package) for wanted in asked_for(tree)
               if not any(fits(key, wanted) for key in keys)]
    assert missing == []
    assert asked_by_templates(package) <= set(keys)


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.stem)
def test_no_words_are_left_over(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    trees = sources(package)
    whole = asked_by_templates(package) | {
        text.strip() for tree in trees for node in ast.walk(tree) for text in literal(node)
        if not text.endswith("*")}
    starts = {wanted for tree in trees for wanted in asked_for(tree) if wanted.endswith(".*")}
    assert [key for key in texts(path)
            if key not in whole and not any(fits(key, start) for start in starts)] == []
