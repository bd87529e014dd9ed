"""What can be the id of an outcome token: a number of 256 bits, in decimal or, in newer markets, hexadecimal."""

from __future__ import annotations

import re

_DECIMAL = re.compile(r"[0-9]{1,78}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,64}")
_TOO_LARGE = 1 << 256


def is_id(text: str) -> bool:
    """Whether a token can have this id."""
    if _DECIMAL.fullmatch(text):
        return int(text) < _TOO_LARGE
    return _HEXADECIMAL.fullmatch(text) is not None
