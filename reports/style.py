"""How figures look: colours, line styles, fonts, and texts that can never become anything else.

A figure is made of plain Figure objects inside `settings()`; pyplot is never imported and no
setting of matplotlib outlives the drawing.
"""

from __future__ import annotations

import importlib.util
import io
import logging
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.words import regime_name
from sim.journal import write_aside

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
INK, MUTED, GRID = "#222222", "#5A5A5A", "#DDDDDD"

LATIN_FONT = "DejaVu Sans"
CHINESE_FONTS = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Arial Unicode MS",
)
# An installed package of fonts (Open Font License) that brings the first of these.
FONT_PACKAGE = "pylopdf_fonts_zh_cn"
FONT_FILE = "NotoSansSC-Regular.otf"

NAME_LIMIT = 60
MOST_SCENARIOS = 6


@dataclass(frozen=True)
class Look:
    """One scenario's colour, and the marks that say the same without colour."""

    name: str
    label: str
    colour: str
    line: Any
    marker: str
    hatch: str


# Grey for the baseline, then Okabe and Ito's palette, which colour-blind readers can tell apart.
_COLOURS = ("#595959", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
_LINES = (
    "solid",
    (0, (6, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (3, 1.2)),
    (0, (6, 1.2, 1.2, 1.2, 1.2, 1.2)),
)
_MARKERS = ("o", "s", "^", "D", "v", "P")
# Lines alone: a hatch of dots is a hundred times as much text in an SVG.
_HATCHES = ("", "////", "----", "\\\\\\\\", "xxxx", "||||")


@dataclass(frozen=True)
class Style:
    """The language and fonts of one drawing; `notes` says what could not be had."""

    lang: str
    fonts: tuple[str, ...]
    glyphs: frozenset[int]
    notes: tuple[str, ...] = ()

    @property
    def weight(self) -> str:
        """Of titles. Chinese is not bold: beside a font without that cut, Latin alone would be."""
        return "normal" if self.lang == "zh" else "bold"

    def clean(self, text: object, limit: int = NAME_LIMIT) -> str:
        """A name on one line of at most `limit` characters that the fonts can show.

        Control and direction marks are dropped; a character without a glyph becomes '?'.
        """
        # The normal form of a text may be several times as long, but not more than this.
        raw = unicodedata.normalize("NFC", str(text)[: 20 * limit])
        shown = "".join(
            " " if c.isspace() else c if ord(c) in self.glyphs else "?"
            for c in raw
            if c.isspace() or unicodedata.category(c)[0] != "C"
        )
        shown = " ".join(shown.split()) or "?"
        return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"

    def looks(self, names: Sequence[str]) -> list[Look]:
        """A look for each scenario, in order; labels shortened alike are told apart by number."""
        labels = [self.clean(regime_name(self.lang, name)) for name in names]
        for i, label in enumerate(labels):
            if labels.count(label) > 1 or label.strip("? ") == "":
                labels[i] = f"{i + 1}: {self.clean(names[i], NAME_LIMIT - 4)}"
        return [
            Look(name, label, *(kind[i % MOST_SCENARIOS] for kind in _KINDS))
            for i, (name, label) in enumerate(zip(names, labels))
        ]


_KINDS: tuple[Sequence[Any], ...] = (_COLOURS, _LINES, _MARKERS, _HATCHES)

_NO_FONT = (
    "No Chinese font was found, so the labels are in English. "
    "Install Noto Sans SC, or: pip install pylopdf-fonts-zh-cn"
)


def style_for(lang: str) -> Style:
    """The style for 'en' or 'zh'; English with a note where no font has Chinese characters."""
    chinese = _chinese_font()
    fonts = (LATIN_FONT,) if chinese is None else (LATIN_FONT, chinese)
    notes = (_NO_FONT,) if lang == "zh" and chinese is None else ()
    return Style("en" if notes else lang, fonts, _glyphs(fonts), notes)


def _chinese_font() -> str | None:
    from matplotlib import font_manager

    manager = font_manager.fontManager
    found = {entry.name for entry in manager.ttflist}
    if not found.intersection(CHINESE_FONTS):
        package = importlib.util.find_spec(FONT_PACKAGE)
        for folder in (package.submodule_search_locations or ()) if package else ():
            path = Path(folder) / FONT_FILE
            if path.is_file():
                manager.addfont(str(path))
                found.add(font_manager.get_font(str(path)).family_name)
    return next((name for name in CHINESE_FONTS if name in found), None)


def _glyphs(fonts: Sequence[str]) -> frozenset[int]:
    from matplotlib import font_manager

    known: set[int] = set()
    for name in fonts:
        known.update(font_manager.get_font(font_manager.findfont(name)).get_charmap())
    return frozenset(known)


@contextmanager
def settings(style: Style) -> Iterator[None]:
    """matplotlib's own defaults and ours, whatever the user's are; as before afterwards."""
    import matplotlib.style

    ours = {
        "font.family": list(style.fonts),
        "font.size": 11,
        # A name with dollar signs is a name, not a formula.
        "text.parse_math": False,
        "text.color": INK,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.titlesize": 12,
        "axes.titleweight": style.weight,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "hatch.linewidth": 0.7,
        "legend.frameon": False,
        "svg.hashsalt": "onestop",
        "svg.fonttype": "path",
    }
    # A Chinese font has often no bold cut; that its regular one is taken is no news.
    finder = logging.getLogger("matplotlib.font_manager")
    level = finder.level
    finder.setLevel(logging.ERROR)
    try:
        with matplotlib.style.context(["default", ours]):
            yield
    finally:
        finder.setLevel(level)


def save(figure: Figure, folder: Path, name: str, title: str) -> list[Path]:
    """Write NAME.png (150 dpi) and NAME.svg, the same bytes for the same figure; their paths.

    EnvironmentFailure if they cannot be written.
    """
    described: dict[str, dict[str, Any]] = {
        "png": {"Software": "onestop", "Title": title},
        "svg": {"Creator": "onestop", "Date": None, "Title": title},
    }
    paths = []
    for kind, metadata in described.items():
        stream = io.BytesIO()
        figure.savefig(stream, format=kind, dpi=DPI, metadata=metadata, facecolor="white")
        path = folder / f"{name}.{kind}"
        write_aside(path, stream.getvalue())
        paths.append(path)
    return paths
