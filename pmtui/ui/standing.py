"""How far the account can be believed, in a few words."""

from __future__ import annotations

from pmtui.core.tuples import NamedTuple
from pmtui.core.units import NEVER
from pmtui.desk import Desk
from pmtui.ui import numbers
from pmtui.ui.text import clean

PUBLIC, REFUSED = "public", "refused"
SURE = frozenset({"live", "quiet"})
_LOOKS = {**dict.fromkeys(SURE, "sheet--good"), "connecting": "sheet--accent", PUBLIC: "sheet--dim"}


class Standing(NamedTuple):
    """How the account is in one word, the age of what was last checked, and why it is not better."""

    word: str
    age: str
    why: str
    look: str

    @classmethod
    def of(cls, desk: Desk, now: int) -> Standing:
        word, why = desk.account_words(now)
        return cls(word, _age(desk, now), "" if word in SURE else clean(why), _LOOKS.get(word, "sheet--bad"))

    @property
    def sure(self) -> bool:
        return self.word in SURE


def _age(desk: Desk, now: int) -> str:
    """In whole seconds, so that the line need not be drawn more often."""
    account = desk.account
    if account is None or account.checked_at == NEVER:
        return ""
    return whole(now - account.checked_at)


def whole(ms: int) -> str:
    """How long ago in whole seconds: an age beside other numbers is no stop-watch."""
    return f"{max(0, ms) // 1000}s" if ms < 10_000 else numbers.age(ms)
