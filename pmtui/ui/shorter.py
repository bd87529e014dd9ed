"""What is told of a fill or of a link in fewer and fewer words: whole parts go, the price never does."""

from __future__ import annotations

import re
from functools import lru_cache

from pmtui.ui.cells import cell_len
from pmtui.ui.teller import HIDDEN
from pmtui.ui.text import shorten

_AMOUNT = re.compile(r"(?<=BUY )\S+(?= at )|(?<=SELL )\S+(?= at )")

_LINK = re.compile(r"(\w\S* )((?:account )?link(?: \d+)?) (down\b.*|is up again, .*)")
"""What happened to a link: whose it is, which, and what; for how long it was down is told longer than why it was."""


@lru_cache(maxsize=1_024)
def veiled(text: str) -> str:
    """The same with our amounts hidden."""
    return _AMOUNT.sub(HIDDEN, text)


def forms(text: str) -> tuple[list[str], list[str]]:
    """The text and ever shorter ones that say the same, without who made it first; then those without the amount."""
    whole = [text]
    for word in (", maker", ", taker"):
        text = text.replace(word, "")
    whole.append(text)
    text = text.replace("filled ", "").replace("settlement FAILED: ", "FAILED ").replace(" did not happen", "")
    text = text.replace("settlement retried: ", "retried ")
    whole += [text, text := text.replace(", late", "")]
    short = [_AMOUNT.sub("", text).replace("  ", " ")]
    if " at " in text:
        # How an order ended is told longer than why, and at which price longer than of which outcome.
        short.append(short[0].partition(", ")[0])
    if link := _LINK.match(text):
        name, number, told = link[1], link[2], link[3].replace("is up again, ", "up ")
        fact, _, why = told.partition(": ")
        # What is wrong is said in few words first, and with more after another colon.
        short += [f"{name}{number} {fact}: {why.partition(': ')[0]}"] if why else []
        short += [f"{name}{number} {fact}", f"{number} {fact}"]
    return whole, short


@lru_cache(maxsize=1_024)  # the same lines come thirty times a second
def fitted(text: str, room: int, names: tuple[str, ...] = (), last: str = "") -> str:
    """The longest of its forms that fits whole, after the longest name that there is room for beside it.

    The amount goes before a name does; `last` is what is left of the name where there is hardly room for any.
    """
    whole, short = forms(text)
    terse = [each.replace(" at ", " ") for each in short[-1:] if each.endswith("¢")]
    for several, of in ((whole, names or ("",)), (short, names), (terse, names), (short + terse, (last, ""))):
        for each in of:
            for form in several:
                told = f"{each}: {form}" if each else form
                if cell_len(told) <= room:
                    return told
    return shorten([*short, *terse][-1], room)
