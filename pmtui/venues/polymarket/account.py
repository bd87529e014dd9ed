"""One account's reads: open orders, trades, cash, and whether the key is accepted. Described here, signed when sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from pmtui.core.access import Page, Unread
from pmtui.core.careful import answered, judged, sample_of
from pmtui.core.credentials import Credentials
from pmtui.core.events import Filled, HoldingsTold, OrderChanged, Rejected
from pmtui.core.ports import Request, VenueError, status_words
from pmtui.core.units import ONE, Millis, NotANumber, billionths
from pmtui.venues.polymarket import own
from pmtui.venues.polymarket.addresses import Addresses
from pmtui.venues.polymarket.auth import allowed, headers
from pmtui.venues.polymarket.masked import masked
from pmtui.venues.polymarket.own import Fields, Owner, said
from pmtui.venues.polymarket.user import NAME, UserStream

_END = "LTE="
_CURSOR = re.compile(r"[A-Za-z0-9+/=_-]{1,400}")
_BASE_UNIT = ONE // 1_000_000
"""Balances count millionths."""
_SIGNATURE_TYPES = range(4)

_TROUBLES = {
    400: "the venue does not understand the question (400)",
    401: "credentials not accepted (401): wrong, replaced, of another address, or the clock is off",
    403: "this key or this place is barred (403)",
    404: "the venue knows no such answer (404)",
    425: "the venue's matching engine restarts (425)",
    429: "the venue was asked too often (429)",
    503: "the venue is closed for a while (503)",
}
_REFUSED = frozenset({401, 403})
_TOO_OFTEN = 60.0
_LONGEST_WAIT = 3_600.0

Row = TypeVar("Row")


class PolymarketAccount:
    """What can be asked about one account; nothing that changes anything is among it."""

    reads = "signed read"

    def __init__(
        self, addresses: Addresses, credentials: Credentials, *, signature_type: int = 0, elsewhere: bool = False
    ) -> None:
        """`elsewhere` is the user's word that the credentials may go to other hosts than the venue's own."""
        ours = addresses if elsewhere else Addresses()
        self._clob = addresses.clob
        self._host = ours.clob
        self._credentials = credentials
        self._owner = Owner(credentials)
        self._signature_type = signature_type if signature_type in _SIGNATURE_TYPES else 0
        if not allowed(addresses.socket, ours.socket) or (addresses.clob and not allowed(addresses.clob, ours.clob)):
            raise Unread("these addresses are not the venue's own: no credentials are sent there", refused=True)
        self.stream = UserStream(f"{NAME} account link", addresses.socket, credentials, self._owner)

    @property
    def trouble(self) -> str:
        """Why the reads cannot be made at all, empty when they can."""
        if not self._clob:
            return "there is no address to ask"
        return "" if self._credentials.address else "open orders and fills cannot be asked for: the address is missing"

    def headers(self, request: Request, seconds: int) -> Mapping[str, str]:
        """What proves who asks, good for this moment and request only. Raises `VenueError`."""
        if not allowed(request.url, self._host):
            raise Unread("no credentials are sent to this address", refused=True)
        return headers(self._credentials, seconds, "GET", request.url)

    # Questions

    def clock(self) -> Request:
        return Request(f"{self._clob}/time", "time")

    def key(self) -> Request:
        return Request(f"{self._clob}/auth/api-keys", "key")

    def orders(self, cursor: str = "") -> Request:
        return self._ask("/data/orders", "orders", next_cursor=cursor)

    def trades(self, since: int, cursor: str = "") -> Request:
        """All trades of ours from this Unix second on, 0 for all there ever were."""
        return self._ask("/data/trades", "trades", after=str(since) if since > 0 else "", next_cursor=cursor)

    def cash(self) -> Request:
        kind = str(self._signature_type)
        return self._ask("/balance-allowance", "cash", asset_type="COLLATERAL", signature_type=kind)

    def holdings(self, cursor: str = "") -> Request | None:
        """Positions are the sum of the fills."""
        return None

    def _ask(self, path: str, what: str, **query: str) -> Request:
        said = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items() if value)
        return Request(f"{self._clob}{path}{'?' if said else ''}{said}", what)

    # Answers

    def told_time(self, status: int, body: bytes) -> int:
        """The venue's clock in Unix seconds."""
        found = own.moment({"time": answer(status, body)}, "time") // 1000
        if not found:
            raise VenueError("the venue's time makes no sense", resync=False)
        return found

    def told_key(self, status: int, body: bytes) -> str:
        """Raises unless the answer lists the key that asked; nothing of it is kept."""
        found = answer(status, body)
        keys = found.get("apiKeys") if isinstance(found, dict) else None
        if not isinstance(keys, list):
            raise VenueError("the venue's answer is no list of keys", resync=False)
        ours = self._credentials.key.reveal().lower()
        if not any(isinstance(key, str) and key.lower() == ours for key in keys):
            raise Unread("our key is not among those that the venue lists for this address", refused=True)
        return "accepted"

    def told_orders(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[OrderChanged]:
        """A page of open orders as of `at`."""

        def read(fields: Fields) -> tuple[OrderChanged, ...]:
            self._owner.learn(fields)
            return (own.order(fields, at, self._owner),)

        return _page(answer(status, body), read, at)

    def told_trades(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[Filled]:
        """A page of trades, each as the fills of our orders."""
        return _page(answer(status, body), lambda fields: tuple(own.fills(fields, at, self._owner)), at)

    def told_cash(self, status: int, body: bytes) -> int:
        """In billionths of the venue's money."""
        found = answer(status, body)
        text = said(found, "balance") if isinstance(found, dict) else ""
        try:
            # Counted in base units; some answers have a point, and then mean what they say.
            return billionths(text) if "." in text else _base_units(text)
        except NotANumber:
            raise VenueError("the balance is not a number", resync=False) from None

    def told_holdings(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[HoldingsTold]:
        raise VenueError("no positions were asked for", resync=False)


def _base_units(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 24):
        raise NotANumber("not base units")
    return int(text) * _BASE_UNIT


def answer(status: int, body: bytes) -> Any:
    """What a good answer says; raises `Unread` for one that is none, in plain words and without quoting it."""
    if status != 200:
        reason = _TROUBLES.get(status) or (
            f"the venue has trouble of its own ({status})" if status >= 500 else f"the venue {status_words(status)}"
        )
        raise Unread(reason, refused=status in _REFUSED, retry_in=_wait(body) if status == 429 else 0.0)
    try:
        return answered(body, orjson.loads)
    except orjson.JSONDecodeError:
        # Its own error holds the whole answer.
        raise VenueError("the answer is not JSON", resync=False) from None


def _wait(body: bytes) -> float:
    """How long to leave the venue alone: what it says lengthens our own minute and never shortens it."""
    try:
        stated = orjson.loads(body).get("retry_after_seconds", 0)
        return min(max(_TOO_OFTEN, float(stated)), _LONGEST_WAIT)
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        return _TOO_OFTEN


def _page(found: Any, read: Callable[[Fields], tuple[Row, ...]], at: Millis) -> Page[Row]:
    """The rows of an answer, wrapped or, as on older servers, bare."""
    rows = found.get("data") if isinstance(found, dict) else found
    if rows is None and isinstance(found, dict) and "data" in found:
        rows = []
    if not isinstance(rows, list):
        raise VenueError("the answer holds no list", resync=False)
    told = judged(
        rows,
        lambda row: read(_object(row)),
        lambda error, row: Rejected(at, str(error), sample_of(row, masked)),
        VenueError,
    )
    good = tuple(each for each in told if not isinstance(each, Rejected))
    return Page(good, _next(found), tuple(each for each in told if isinstance(each, Rejected)))


def _object(row: object) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise VenueError("a row is not an object", resync=False)
    return row


def _next(found: Any) -> str:
    """The cursor of the next page, empty at the end."""
    cursor = found.get("next_cursor") if isinstance(found, dict) else None
    if cursor in (None, "", _END):
        return ""
    if not isinstance(cursor, str) or not _CURSOR.fullmatch(cursor):
        raise VenueError("the next page has no proper name", resync=False)
    return cursor
