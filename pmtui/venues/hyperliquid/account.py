"""One account's reads: open orders, fills, positions and balances, and whose address it is. Nobody has to sign them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import orjson

from pmtui.core.access import Page, Unread
from pmtui.core.careful import answered, sample
from pmtui.core.events import Filled, FillKey, HoldingsTold, OrderChanged, Rejected
from pmtui.core.ports import Request, VenueError, status_words
from pmtui.core.units import Millis
from pmtui.venues.hyperliquid import catalog, own
from pmtui.venues.hyperliquid.addresses import Addresses
from pmtui.venues.hyperliquid.names import NAME
from pmtui.venues.hyperliquid.numbers import sent_at
from pmtui.venues.hyperliquid.own import Fields, Tokens
from pmtui.venues.hyperliquid.user import UserStream

MOST_DEXES = 20
"""Builders' dexes that are asked about each time: each list of orders weighs a sixtieth of what a minute may."""
FULL = 2_000
"""Fills in an answer that may go on."""
REACHABLE = 10_000
"""Fills of an account, the last ones, that the venue tells at all."""

PAIRLESS_FOR = 3_600_000
"""How long a token that is held and has no pair is believed to have none: its pair may come."""

_DEX = re.compile(r"[a-z0-9]{1,12}")
_ROLE, _DEXES, _PAIRS, _ON, _PAST = "role", "dexes", "pairs", "on ", "past "
"""Which question comes next; `on ` goes on with the name of a dex, `past ` with two moments."""
_TOO_OFTEN = 60.0
_TROUBLES = {
    422: "the venue cannot read this address (422)",
    429: "the venue was asked too often (429)",
}

Row = TypeVar("Row")


class HyperliquidAccount:
    """What can be asked about one account by its address, in small letters."""

    reads = "read"
    trouble = ""

    def __init__(self, addresses: Addresses, address: str) -> None:
        self._api = addresses.api
        self._address = address
        self._tokens = Tokens()
        self._is_account = False
        self._dexes: list[str] = []
        self._asks_last = False
        """Whether the last fills are asked for, rather than those since a moment."""
        self._told: set[FillKey] = set()
        """All fills that were told since the last ones were asked for, while there may be older ones."""
        self._unnamed: tuple[Fields, Millis] | None = None
        """Balances that wait for the names of their tokens."""
        if not self._api:
            self.trouble = "there is no address to ask"
        self.stream = UserStream(f"{NAME} account link", addresses.socket, address, self._tokens)

    def headers(self, request: Request, seconds: int) -> Mapping[str, str]:
        """Nothing proves who asks, for anybody may."""
        return {}

    # Questions

    def clock(self) -> Request:
        return self._ask("exchangeStatus")

    def key(self) -> Request:
        return self._ask("userRole", user=self._address)

    def orders(self, cursor: str = "") -> Request:
        """Dex by dex: which dexes there are, and once whether this is an account at all, is asked before."""
        if cursor.startswith(_ON):
            dex = cursor.removeprefix(_ON)
            return self._ask("frontendOpenOrders", user=self._address, **({"dex": dex} if dex else {}))
        return self._ask("perpDexs") if self._is_account or cursor == _DEXES else self.key()

    def trades(self, since: int, cursor: str = "") -> Request:
        """All fills from this Unix second on; 0 for all that the venue tells: the last ones, then those before them."""
        if cursor.startswith(_PAST):
            start, end = map(int, cursor.removeprefix(_PAST).split())
            return self._ask("userFillsByTime", user=self._address, startTime=start, endTime=end)
        self._asks_last = not since and not cursor
        if self._asks_last:
            return self._ask("userFills", user=self._address)
        return self._ask("userFillsByTime", user=self._address, startTime=int(cursor or since * 1_000))

    def cash(self) -> Request | None:
        """It is told with what is held."""
        return None

    def holdings(self, cursor: str = "") -> Request | None:
        if cursor == _PAIRS:
            return self._ask("spotMeta")
        if cursor.startswith(_ON):
            dex = cursor.removeprefix(_ON)
            return self._ask("clearinghouseState", user=self._address, **({"dex": dex} if dex else {}))
        return self._ask("spotClearinghouseState", user=self._address)

    def _ask(self, what: str, **more: object) -> Request:
        return catalog.ask(self._api, what, **more)

    # Answers

    def told_time(self, status: int, body: bytes) -> int:
        """The venue's clock in Unix seconds."""
        found = answer(status, body)
        told = sent_at(found.get("time")) if isinstance(found, dict) else 0
        if not told:
            raise VenueError("the venue's time makes no sense", resync=False)
        return told // 1_000

    def told_key(self, status: int, body: bytes) -> str:
        """Whose address it is; raises when there is nothing to follow behind it."""
        role = self._role(status, body)
        if role == "missing":
            raise Unread("the venue knows no account with this address, on this network", refused=True)
        return _ROLES.get(role, "it is an account")

    def _role(self, status: int, body: bytes) -> str:
        found = answer(status, body)
        role = found.get("role") if isinstance(found, dict) else None
        if not isinstance(role, str):
            raise VenueError("the venue does not say whose address this is", resync=False)
        if role == "agent":
            raise Unread(
                "this address is an API wallet's, which has no orders: the account's own is needed", refused=True
            )
        return role

    def told_orders(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[OrderChanged]:
        if cursor.startswith(_ON):
            found = answer(status, body)
            if found is None:
                raise VenueError("the venue told no list of orders", resync=False)  # that would end them all
            rows = own.rows_of(found, "the list of orders")
            good, rejected = own.parted(own.judged(rows, lambda row: own.listed(row, at), at))
            return Page(good, self._after(cursor), rejected)
        if not self._is_account and cursor != _DEXES:
            self._role(status, body)
            self._is_account = True
            return Page((), _DEXES)
        dexes = answer(status, body)
        if not isinstance(dexes, list):
            raise VenueError("the dexes are not a list", resync=False)
        names = [each["name"] for each in dexes if isinstance(each, dict) and isinstance(each.get("name"), str)]
        mine = self.stream.dexes
        # Those where the account was seen come first: an order may only be missing from a list that was asked for.
        known = sorted((name for name in names if _DEX.fullmatch(name)), key=lambda name: name not in mine)
        self._dexes = ["", *known[:MOST_DEXES]]
        return Page((), _ON, part=not mine.issubset(self._dexes))

    def _after(self, cursor: str) -> str:
        """The next dex to ask about, empty after the last."""
        rest = self._dexes[self._dexes.index(cursor.removeprefix(_ON)) + 1 :]
        return _ON + rest[0] if rest else ""

    def told_trades(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[Filled]:
        rows = own.rows_of(answer(status, body), "the list of fills")
        good, rejected = own.parted(own.judged(rows, lambda row: own.fill(row, at, self._address, heard=False), at))
        is_full = len(rows) >= FULL and bool(good)
        if cursor.startswith(_PAST):
            self._told.update(each.key for each in good)
            end = int(cursor.rpartition(" ")[2])
            if is_full and (start := _onwards(good)) <= end:
                return Page(good, f"{_PAST}{start} {end}", rejected)
            # Only the last so many are told at all: who has as many may well have older ones.
            missing = (Rejected(at, *_NO_OLDER),) if len(self._told) >= REACHABLE else ()
            self._told.clear()
            return Page(good, "", rejected + missing)
        if is_full and self._asks_last:
            self._told = {each.key for each in good}
            return Page(good, f"{_PAST}0 {min((each.sent for each in good if each.sent), default=0)}", rejected)
        return Page(good, str(_onwards(good)) if is_full else "", rejected)

    def told_cash(self, status: int, body: bytes) -> int:
        raise VenueError("no cash was asked for", resync=False)

    def told_holdings(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[HoldingsTold]:
        found = answer(status, body)
        if cursor.startswith(_ON):
            dex = cursor.removeprefix(_ON)
            held = own.margin(_object(found), dex, at)
            unclear = tuple(Rejected(at, each.why, sample(each.instrument)) for each in held.unclear)
            return Page((held,), self._after(cursor), unclear)
        looked_up = cursor == _PAIRS
        if looked_up:
            self._tokens.learn(found, at)
        state, asked_at = (_object(found), at) if not looked_up or self._unnamed is None else self._unnamed
        told = own.balances(state, self._tokens, asked_at, looked_up=looked_up)
        waited = bool(self._tokens.pairless) and at - self._tokens.learned_at >= PAIRLESS_FOR
        if told is None or ((told.unclear or waited) and not looked_up):
            self._unnamed = state, at
            return Page((), _PAIRS)
        self._unnamed = None
        self._tokens.known = True
        return Page((told,), _ON)


def _onwards(fills: Sequence[Filled]) -> Millis:
    """Where to go on after a full answer: those of its last moment are told again, and count once."""
    known = [each.sent for each in fills if each.sent] or [Millis(0)]
    first, last = min(known), max(known)
    # More fills of one moment than fit into an answer cannot be had: those after it can.
    return last if last > first else Millis(last + 1)


_NO_OLDER = f"the venue tells the last {REACHABLE:,} fills", "older ones are not here"
_ROLES = {"user": "it is an account", "vault": "it is a vault", "subAccount": "it is a sub-account"}


def answer(status: int, body: bytes) -> Any:
    """What a good answer says; raises `Unread` for one that is none, in plain words."""
    if status != 200:
        reason = _TROUBLES.get(status) or (
            f"the venue has trouble of its own ({status})" if status >= 500 else f"the venue {status_words(status)}"
        )
        raise Unread(reason, refused=status == 422, retry_in=_TOO_OFTEN if status == 429 else 0.0)
    try:
        return answered(body, orjson.loads)
    except orjson.JSONDecodeError as error:
        raise VenueError("the answer is not JSON", resync=False) from error


def _object(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise VenueError("the answer is not an object", resync=False)
    return found
