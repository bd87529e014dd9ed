"""What is told of a fill or of a link in fewer and fewer words: whole parts go, the price never does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pmtui.ui.teller import HIDDEN
from pmtui.ui.text import shorten

_AMOUNT = re.compile(r"(?<=BUY )\S+(?= at )|(?<=SELL )\S+(?= at )")


@lru_cache(maxsize=1_024)
def veiled(text: str) -> str:
    """The same with our amounts hidden."""
    return _AMOUNT.sub(HIDDEN, text)


def forms(text: str) -> Iterator[str]:
    """The text, then ever shorter ones that say the same: first without who made it, at last without the amount."""
    yield text
    for word in (", maker", ", taker"):
        text = text.replace(word, "")
    yield text
    text = text.replace("filled ", "").replace("settlement FAILED: ", "FAILED ").replace(" did not happen", "")
    yield text
    yield text.replace(", late", "")
    yield _AMOUNT.sub("", text.replace(", late", "")).replace("  ", " ")
    if text.startswith("link "):
        yield text.partition(": ")[0]


@lru_cache(maxsize=1_024)  # the same lines come thirty times a second
def fitted(text: str, room: int, name: str = "") -> str:
    """The longest of its forms that fits whole, after as much of the name as there is room for beside it."""
    for form in forms(text):
        if not name and len(form) <= room:
            return form
        if name and len(form) + len(name) + 2 <= room:
            return f"{name}: {form}"
    if name:
        # A market's number says which it is where there is no room for its name.
        number = name.partition(" ")[0]
        return fitted(text, room, f"[{number}]" if number.isdigit() else "")
    *_, shortest = forms(text)
    return shorten(shortest, room)
