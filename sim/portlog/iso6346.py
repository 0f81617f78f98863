"""Container numbers and size-types (ISO 6346), and how ports write them.

A number is three letters of the owner, a category letter, six digits and a check digit. A
size-type is four characters, the first of which is the length: 2 = 20', 4 = 40', L = 45'. Ports
also write trade names: 20GP, 40HQ, 45HC.
"""

from __future__ import annotations

import re
import string
import unicodedata

# Letters count from 10 upward; the multiples of 11 are skipped.
_VALUES = dict(zip(string.digits, range(10), strict=True)) | dict(
    zip(string.ascii_uppercase, (n for n in range(10, 39) if n % 11), strict=True)
)
_NUMBER = re.compile(r"[A-Z]{4}[0-9]{6,7}\Z")
_ISO_TYPE = re.compile(r"[24L][0-9A-Z][A-Z][0-9A-Z]\Z|[24][0-9]{3}\Z")
_TRADE_NAME = re.compile(r"(20|40)[A-Z]{0,3}\Z|(45)(?:HC|HQ)?\Z")
_FILLERS = str.maketrans("", "", " \t\r\n\u3000-_./'\"’′尺呎")
LENGTHS = {"2": 20, "4": 40, "L": 45}


def value(character: str) -> int:
    """What a letter or digit of a container number counts for in its check digit."""
    return _VALUES[character]


def check_digit(first_ten: str) -> int:
    """The check digit of four letters and six digits: sum of value x 2**place, mod 11, mod 10."""
    return sum(_VALUES[c] << place for place, c in enumerate(first_ten)) % 11 % 10


def read_container(text: str) -> tuple[str, str]:
    """A container number as written -> (its eleven characters, fault).

    Spaces, hyphens, full-width and lower-case letters are put right. The number is '' when the
    box cannot be known ('missing', 'not a container number'). A wrong check digit is kept, since
    the box is still a box ('check digit wrong'); a missing one is added ('check digit missing').
    """
    number = plain(text)
    if not number:
        return "", "missing"
    if not _NUMBER.match(number):
        return "", "not a container number"
    digit = str(check_digit(number[:10]))
    if len(number) == 10:
        return number + digit, "check digit missing"
    return number, "" if number[10] == digit else "check digit wrong"


def read_size(text: str) -> int:
    """The length in feet of a size-type or trade name (20, 40 or 45); 0 if unknown.

    '45G1' is a 40' high cube (ISO), '45HQ' and '45' are 45' (trade names). '45GP' may be either
    and is unknown.
    """
    code = plain(text)
    trade = _TRADE_NAME.match(code)
    if trade:
        return int(trade.group(1) or trade.group(2))
    if code == "45GP" or not _ISO_TYPE.match(code):
        return 0
    return LENGTHS[code[0]]


def teu(size: int) -> int:
    """Twenty-foot equivalent units of a length in feet: 20' is 1, 40' and 45' are 2; 0 unknown."""
    return {20: 1, 40: 2, 45: 2}.get(size, 0)


def plain(text: str) -> str:
    """Upper case, full-width characters made plain, without spaces and punctuation."""
    return unicodedata.normalize("NFKC", text[:200]).translate(_FILLERS).upper()
