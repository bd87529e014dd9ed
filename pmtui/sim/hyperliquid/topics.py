"""What can be subscribed to: the forms that clients send, and the full form in which the venue echoes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pmtui.sim.hyperliquid.candles import INTERVALS
from pmtui.sim.hyperliquid.rules import FIGURES, MANTISSAS, SIG_FIGS

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Topic(NamedTuple):
    """One subscription; options that a type does not have keep their defaults."""

    type: str
    coin: str = ""
    user: str = ""
    interval: str = ""
    dex: str | None = None
    figures: int | None = None
    mantissa: int | None = None
    fast: bool = False
    by_time: bool = False
    with_portfolio: bool = False

    @property
    def where(self) -> str:
        """The dex that is meant: the main one has no name, whether that was said or not."""
        return self.dex or ""

    @property
    def echo(self) -> dict[str, object]:
        """The subscription as an acknowledgement tells it: complete, with addresses in small letters."""
        return {"type": self.type} | {key: getattr(self, _FIELDS.get(key, key)) for key in _KEYS[self.type]}


class Unreadable(ValueError):
    """Not a form that the venue can read."""


class Impossible(ValueError):
    """The right form, about something that is not there."""


def read(said: object, *, is_coin: Callable[[str], bool], is_dex: Callable[[str], bool]) -> Topic:
    """The topic that a client means; what else it says is passed over."""
    if not isinstance(said, dict) or not isinstance(said.get("type"), str) or said["type"] not in _KEYS:
        raise Unreadable("unknown type")
    keys = _KEYS[said["type"]]
    told = {_FIELDS.get(key, key): _READERS[key](said.get(key)) for key in keys}
    topic = Topic(said["type"], **told)
    if ("coin" in keys and not is_coin(topic.coin)) or not is_dex(topic.where):
        raise Impossible("no such coin or dex")
    if "interval" in keys and topic.interval not in INTERVALS:
        raise Impossible("no such interval")
    check_grouping(topic.figures, topic.mantissa)
    return topic


def check_grouping(figures: int | None, mantissa: int | None) -> None:
    if figures is not None and figures not in SIG_FIGS:
        raise Impossible("nSigFigs is 2, 3, 4 or 5")
    if mantissa is not None and (figures != FIGURES or mantissa not in MANTISSAS):
        raise Impossible("a mantissa is 1, 2 or 5, and goes with five figures")


def address(said: object) -> str:
    """An address in small letters."""
    if not isinstance(said, str) or not _ADDRESS.fullmatch(said):
        raise Unreadable("not an address")
    return said.lower()


def name(said: object) -> str:
    if not isinstance(said, str):
        raise Unreadable("a name is text")
    return said


def optional_name(said: object) -> str:
    """A name, or nothing: null, empty and left out are the same."""
    return "" if said is None else name(said)


def optional_number(said: object) -> int | None:
    if said is not None and (not isinstance(said, int) or isinstance(said, bool)):
        raise Unreadable("a number was expected")
    return said


def _flag(said: object) -> bool:
    if said is not None and not isinstance(said, bool):
        raise Unreadable("true or false was expected")
    return bool(said)


_KEYS: Mapping[str, tuple[str, ...]] = {
    "l2Book": ("coin", "nSigFigs", "mantissa", "fast"),
    "bbo": ("coin",),
    "trades": ("coin",),
    "candle": ("interval", "coin"),
    "activeAssetCtx": ("coin",),
    "allMids": ("dex",),
    "allDexsAssetCtxs": (),
    "fastAssetCtxs": (),
    "outcomeMetaUpdates": (),
    "orderUpdates": ("user",),
    "userFills": ("user", "aggregateByTime"),
    "userEvents": ("user",),
    "openOrders": ("user", "dex"),
    "clearinghouseState": ("user", "dex"),
    "spotState": ("user", "isPortfolioMargin"),
    "activeAssetData": ("user", "coin"),
    "allDexsClearinghouseState": ("user",),
    "userFundings": ("user",),
    "userNonFundingLedgerUpdates": ("user",),
    "userTwapSliceFills": ("user",),
    "userTwapHistory": ("user",),
    "userHistoricalOrders": ("user",),
    "twapStates": ("user", "dex"),
    "webData3": ("user",),
    "notification": ("user",),
}
"""The keys of each type, in the order in which they are echoed."""

_READERS: Mapping[str, Callable[[object], Any]] = {
    "coin": name,
    "user": address,
    "interval": name,
    "dex": lambda said: None if said is None else name(said),
    "nSigFigs": optional_number,
    "mantissa": optional_number,
    "fast": _flag,
    "aggregateByTime": _flag,
    "isPortfolioMargin": _flag,
}
_FIELDS = {"nSigFigs": "figures", "aggregateByTime": "by_time", "isPortfolioMargin": "with_portfolio"}
