"""The feeds about one address: what a subscriber hears first, and what the account's doings give to tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pmtui.sim.hyperliquid.ledger import SETTLED, OrderTold, OwnFill, Told
from pmtui.sim.hyperliquid.statement import MOST_FILLS, MOST_ORDERS, Statement, basic_order, fill_row, order_row
from pmtui.sim.hyperliquid.topics import Topic

Row = dict[str, object]

CHANNELS = {"userEvents": "user"}
"""Where the pushes of a type arrive, if not at its own name."""
_STATES = 2_000  # ms between two whole states, beside those after each change


class UserFeeds:
    """What there is to say to those who follow an address."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement

    def first(self, topic: Topic) -> object:
        """What a new subscriber hears at once; None for nothing."""
        begin = _FIRST.get(topic.type)
        return begin(self, topic) if begin else None

    def after(self, topic: Topic, told: Sequence[Told], elapsed: int) -> list[object]:
        """What a block gives a subscriber to hear."""
        is_own = self._statement.ledger.is_own(topic.user)
        write = _AFTER.get(topic.type)
        return write(self, topic, told if is_own else (), elapsed) if write else []

    def _fills(self, topic: Topic) -> object:
        return {"isSnapshot": True, "user": topic.user, "fills": self._statement.fills(topic.user)[-MOST_FILLS:]}

    def _orders(self, topic: Topic) -> object:
        orders = self._statement.open_orders(topic.user, topic.where, frontend=True)
        return {"dex": topic.where, "user": topic.user, "orders": orders}

    def _clearinghouse(self, topic: Topic) -> object:
        state = self._statement.clearinghouse(topic.user, topic.where)
        return {"dex": topic.where, "user": topic.user, "clearinghouseState": state}

    def _spot(self, topic: Topic) -> object:
        return {"user": topic.user, "spotState": self._statement.spot(topic.user)}

    def _every_clearinghouse(self, topic: Topic) -> object:
        dexes = self._statement.world.catalogue.dexes
        states = [[dex, self._statement.clearinghouse(topic.user, dex)] for dex in dexes]
        return {"user": topic.user, "clearinghouseStates": states}

    def _trading(self, topic: Topic) -> object:
        return {"user": topic.user, "coin": topic.coin} | self._statement.trading(topic.user, topic.coin)

    def _history(self, topic: Topic) -> object:
        history = self._statement.order_history(topic.user)[-MOST_ORDERS:]
        return {"isSnapshot": True, "user": topic.user, "orderHistory": history}

    def _account(self, topic: Topic) -> object:
        return self._statement.account(topic.user)

    def _no_orders_over_time(self, topic: Topic) -> object:
        return {"dex": topic.where, "user": topic.user, "states": []}

    def _nothing(self, topic: Topic) -> object:
        """The beginning of a feed about things that never happen here."""
        return {"isSnapshot": True, "user": topic.user, _EMPTY[topic.type]: []}

    def _next_updates(self, _: Topic, told: Sequence[Told], __: int) -> list[object]:
        rows = [_update(each) for each in told if isinstance(each, OrderTold)]
        return [rows] if rows else []

    def _next_fills(self, topic: Topic, told: Sequence[Told], _: int) -> list[object]:
        fills = [fill_row(each) for each in told if isinstance(each, OwnFill)]
        return [{"user": topic.user, "fills": fills}] if fills else []

    def _next_history(self, topic: Topic, told: Sequence[Told], _: int) -> list[object]:
        rows = [order_row(each.order) for each in told if isinstance(each, OrderTold)]
        return [{"user": topic.user, "orderHistory": rows}] if rows else []

    def _next_events(self, _: Topic, told: Sequence[Told], __: int) -> list[object]:
        fills = [fill_row(each) for each in told if isinstance(each, OwnFill)]
        taken = [
            {"coin": each.order.coin, "oid": each.order.id}
            for each in told
            if isinstance(each, OrderTold) and each.order.status == SETTLED
        ]
        return [{key: rows} for key, rows in (("fills", fills), ("nonUserCancel", taken)) if rows]

    def _next_orders(self, topic: Topic, told: Sequence[Told], _: int) -> list[object]:
        return [self._orders(topic)] if told else []

    def _next_state(self, topic: Topic, told: Sequence[Told], elapsed: int) -> list[object]:
        """Whole states after each change, and now and then without one."""
        return [_FIRST[topic.type](self, topic)] if told or elapsed % _STATES == 0 else []

    def _next_spot(self, topic: Topic, told: Sequence[Told], _: int) -> list[object]:
        return [self._spot(topic)] if told else []


_FIRST: Mapping[str, Callable[[UserFeeds, Topic], object]] = {
    "userFills": UserFeeds._fills,
    "openOrders": UserFeeds._orders,
    "clearinghouseState": UserFeeds._clearinghouse,
    "spotState": UserFeeds._spot,
    "allDexsClearinghouseState": UserFeeds._every_clearinghouse,
    "activeAssetData": UserFeeds._trading,
    "userHistoricalOrders": UserFeeds._history,
    "webData3": UserFeeds._account,
    "twapStates": UserFeeds._no_orders_over_time,
    "userFundings": UserFeeds._nothing,
    "userNonFundingLedgerUpdates": UserFeeds._nothing,
    "userTwapSliceFills": UserFeeds._nothing,
    "userTwapHistory": UserFeeds._nothing,
}
_EMPTY = {
    "userFundings": "fundings",
    "userNonFundingLedgerUpdates": "nonFundingLedgerUpdates",
    "userTwapSliceFills": "twapSliceFills",
    "userTwapHistory": "history",
}
_AFTER: Mapping[str, Callable[[UserFeeds, Topic, Sequence[Told], int], list[object]]] = {
    "orderUpdates": UserFeeds._next_updates,
    "userFills": UserFeeds._next_fills,
    "userEvents": UserFeeds._next_events,
    "openOrders": UserFeeds._next_orders,
    "clearinghouseState": UserFeeds._next_state,
    "allDexsClearinghouseState": UserFeeds._next_state,
    "activeAssetData": UserFeeds._next_state,
    "spotState": UserFeeds._next_spot,
    "userHistoricalOrders": UserFeeds._next_history,
    "webData3": UserFeeds._next_state,
}


def _update(told: OrderTold) -> Row:
    return {"order": basic_order(told.order), "status": told.order.status, "statusTimestamp": told.at}
