"""What the tables on screen say, in English and Chinese."""

from __future__ import annotations

from pathlib import Path

from scenarios.words import Catalogue, terms

say = Catalogue(Path(__file__).parent, "screen", terms)
