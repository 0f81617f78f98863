"""What is said to people, in English and Chinese: gettext catalogues, looked up by key.

A catalogue is a file per language, ``locale/LANG/LC_MESSAGES/NAME.po`` beside the package that
speaks. Its keys (msgid) name what is said; `terms` holds the words of the field, which every other
catalogue falls back to.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")


class Catalogue:
    """The words of one part of the house.

    folder: of the package; name: of the .po files. Files are read when first asked for.
    """

    def __init__(self, folder: Path, name: str, below: Catalogue | None = None) -> None:
        self.folder, self.name, self.below = folder, name, below
        self._paths = {lang: folder / "locale" / lang / "LC_MESSAGES" / f"{name}.po"
                       for lang in LANGUAGES}

    def __call__(self, lang: str, key: str, **parts: object) -> str:
        """The words for `key` in 'en' or 'zh' with its parts put in; `n` chooses the plural.

        Parts are names that users give: they are put in once and never read as a template.
        KeyError if there are no such words.
        """
        found = self._texts(lang)
        if key not in found:
            if self.below is None:
                raise KeyError(f"{self.name}: no words for '{key}'")
            return self.below(lang, key, **parts)
        forms = found[key]
        text = forms[0] if len(forms) == 1 or parts.get("n") == 1 else forms[1]
        return text.format(**parts) if parts else text

    def __contains__(self, key: str) -> bool:
        return key in self._texts("en") or (self.below is not None and key in self.below)

    def _texts(self, lang: str) -> dict[str, tuple[str, ...]]:
        return read_texts(self.path(lang))

    def path(self, lang: str) -> Path:
        """The file of a language."""
        return self._paths[lang]


@cache
def read_texts(path: Path) -> dict[str, tuple[str, ...]]:
    """Key -> its text, or the texts for one and for several, of one .po file."""
    from babel.messages.pofile import read_po

    with path.open("rb") as stream:
        catalogue = read_po(stream, abort_invalid=True)
    texts: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        key, text = message.id, message.string
        if key:
            name = key if isinstance(key, str) else key[0]
            texts[name] = (text,) if isinstance(text, str) else tuple(text or ())
    return texts


terms = Catalogue(Path(__file__).parent, "terms")


def currency_name(lang: str, code: str) -> str:
    """What a currency is called; its own code where there are no words for it."""
    return terms(lang, f"currency.{code}") if f"currency.{code}" in terms else code


def site_name(lang: str, name: str) -> str:
    """What a yard is called; its own name where it is none of the usual ones."""
    return terms(lang, f"site.{name}") if f"site.{name}" in terms else name


def regime_name(lang: str, name: str) -> str:
    """What a regime is called; its own name where it is none of ours. Composed ones by parts."""
    parts = name.split("+")
    if name and all(f"regime.{part}" in terms for part in parts):
        return ("+" if lang == "en" else "＋").join(terms(lang, f"regime.{p}") for p in parts)
    return name
