"""Writes the generated pages anew:  python -m docs.reference

    python -m docs.reference outputs [PAGE ...]    runs the commands of pages and puts in what they
                                                   print (minutes: whole studies)
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.reference import commands, keys, pages

DOCS = Path(__file__).resolve().parents[1]


def main(words: list[str]) -> int:
    """Runs one of the two."""
    if words[:1] == ["outputs"]:
        for page in words[1:] or pages.WITH_OUTPUTS:
            pages.renew(DOCS.parent / page)
            print(f"wrote {page}")
        return 0
    for name, text in ((keys.PAGE, keys.page()), (commands.PAGE, commands.page())):
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
