"""The demo account: what proves who it is, and how its orders and trades live and end."""

from __future__ import annotations

import base64
from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.units import ONE, Millis, Px, Qty, px, qty
from pmtui.sim.account import Account, demo_account, signature
from pmtui.sim.crowd import Character
from pmtui.sim.engine import BUY, NO, SELL, YES, Engine, Refused
from pmtui.sim.polymarket import statement
from pmtui.sim.polymarket.cast import BUSY, ENDING
from pmtui.sim.polymarket.ledger import OPENING_CASH, Ledger
from pmtui.sim.polymarket.listing import Draft, listed
from pmtui.sim.polymarket.own import (
    CANCELED,
    CANCELLATION,
    INVALID,
    KILLED,
    LIVE,
    MAKER,
    MARKET_RESOLVED,
    TAKER,
    OrderTold,
    Told,
    TradeTold,
)
from pmtui.sim.polymarket.settlement import CONFIRMED, FAILED, MATCHED, MAY_FOLLOW
from pmtui.sim.polymarket.trader import open_account
from pmtui.sim.polymarket.world import Market, World
from tests.sim.polymarket.worlds import demo_world

from .readers import NaiveAccount

OPENING = Millis(1_800_000_000_000)


class Scene:
    """One market, the account, strangers, and a clock that is moved by hand."""

    def __init__(self, *, troubled: int = 300, character: Character = BUSY) -> None:
        listing = listed(Draft("Will it rain?", "will-it-rain", character), seed=1)
        self.now = OPENING
        self.engine = Engine(px("0.01"), self.now)
        self.market = Market(listing, self.engine, crowd=None)  # type: ignore[arg-type]
        self.ledger = Ledger(demo_account(1), seed=1, troubled=troubled)
        self.told: list[Told] = []

    def own(self, side: str, price: str, size: str, *, outcome: int = YES, kind: str = "GTC", expires: int = 0) -> str:
        order = self.ledger.place(
            self.now, self.market, side, px(price), qty(size), outcome=outcome, kind=kind, expires=expires
        )
        self.look()
        return order.id

    def stranger(self, side: str, price: str, size: str, *, outcome: int = YES) -> None:
        self.engine.place(self.now, side, px(price), qty(size), outcome=outcome)
        self.look()

    def cancel(self, order: str) -> bool:
        gone = self.ledger.cancel(self.now, order)
        self.look()
        return gone

    def wait(self, ms: int) -> None:
        """Let time pass as a world does: from one moment at which something is due to the next."""
        until = Millis(self.now + ms)
        while self.ledger.next_due <= until:
            self.now = max(self.now, Millis(int(self.ledger.next_due)))
            self.ledger.turn(self.now)
            self.look()
        self.now = until

    def look(self) -> None:
        self.ledger.witness(self.now, self.market, self.engine.drain())
        self.told += self.ledger.drain()

    def statuses(self, order: str) -> list[tuple[str, str]]:
        """What was told about an order."""
        told = (each for each in self.told if isinstance(each, OrderTold) and each.order.id == order)
        return [(each.type, each.order.status) for each in told]


class Step(NamedTuple):
    """Somebody's order, a cancel of the `place`-th own one, or time that passes."""

    what: str
    side: str
    outcome: int
    cents: int
    shares: int
    kind: str
    place: int
    ms: int


steps = st.lists(
    st.builds(
        Step,
        what=st.sampled_from(("own", "own", "stranger", "stranger", "cancel", "wait")),
        side=st.sampled_from((BUY, SELL)),
        outcome=st.sampled_from((YES, NO)),
        cents=st.integers(48, 52),
        shares=st.integers(1, 20),
        kind=st.sampled_from(("GTC", "GTC", "GTD", "FAK", "FOK")),
        place=st.integers(0, 20),
        ms=st.integers(0, 30_000),
    ),
    min_size=25,
    max_size=60,
)


def played(taken: list[Step]) -> Scene:
    scene = Scene()
    for step in taken:
        price, size = Px(step.cents * ONE // 100), Qty(step.shares * ONE)
        own = list(scene.ledger.orders)
        if step.what == "wait":
            scene.wait(step.ms)
        elif step.what == "cancel":
            if own:
                scene.cancel(own[step.place % len(own)])
        elif step.what == "stranger":
            scene.engine.place(scene.now, step.side, price, size, outcome=step.outcome)
            scene.look()
        else:
            expires = scene.now // 1_000 + 100 if step.kind == "GTD" else 0
            try:
                scene.ledger.place(
                    scene.now,
                    scene.market,
                    step.side,
                    price,
                    size,
                    outcome=step.outcome,
                    kind=step.kind,
                    expires=expires,
                )
            except Refused:
                continue
            scene.look()
    return scene


@given(steps)
def test_an_order_is_what_was_filled_and_what_is_left(taken: list[Step]) -> None:
    scene = played(taken)
    filled: defaultdict[str, int] = defaultdict(int)
    for fill in scene.ledger.fills:
        filled[fill.order] += fill.size
    for order in scene.ledger.orders.values():
        assert order.matched == filled[order.id]
        assert order.matched + order.left == order.size
        resting = scene.engine.orders.get(order.number)
        assert order.is_open == (resting is not None)
        assert resting is None or resting.size == order.left


@given(steps)
def test_a_position_is_the_sum_of_the_fills_that_did_not_fail(taken: list[Step]) -> None:
    scene = played(taken)
    held: defaultdict[str, int] = defaultdict(int)
    cash = OPENING_CASH
    for fill in scene.ledger.fills:
        if fill.state != FAILED:
            held[fill.token] += fill.size if fill.side == BUY else -fill.size
            cash -= (fill.price if fill.side == BUY else -fill.price) * fill.size // ONE
        else:
            held[fill.token] += 0
    assert scene.ledger.positions() == held
    assert scene.ledger.cash == cash


@given(steps)
def test_settlements_only_move_along_the_allowed_ways_and_end(taken: list[Step]) -> None:
    scene = played(taken)
    scene.wait(10 * 60_000)
    states: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for each in scene.told:
        if isinstance(each, TradeTold):
            states[each.trade.id, each.trade.bucket].append(each.trade.state)
    assert set(states) == set(scene.ledger.trades)
    for way in states.values():
        assert way[0] == MATCHED
        assert all(later in MAY_FOLLOW[earlier] for earlier, later in pairwise(way))
        assert way[-1] in (CONFIRMED, FAILED)


@given(steps)
def test_an_order_that_ended_never_works_again_and_its_fills_only_grow(taken: list[Step]) -> None:
    scene = played(taken)
    last: dict[str, tuple[bool, int]] = {}
    for each in scene.told:
        if isinstance(each, OrderTold):
            ended, matched = last.get(each.order.id, (False, 0))
            assert not (ended and each.order.is_open)
            assert each.order.matched >= matched
            last[each.order.id] = (not each.order.is_open, each.order.matched)


@given(steps)
def test_the_wire_alone_tells_the_whole_account(taken: list[Step]) -> None:
    scene = played(taken)
    reader = NaiveAccount(scene.ledger.account.key)
    for each in scene.told:
        if isinstance(each, OrderTold):
            reader.read(statement.order_event(each, scene.ledger.account))
        else:
            reader.read(statement.trade_event(each))
    truth = statement.truth(scene.ledger, scene.now)
    assert reader.fills() == {
        (fill["trade_id"], fill["bucket_index"], fill["order_id"]): (
            fill["asset_id"],
            fill["side"],
            fill["price"],
            fill["size"],
            fill["status"],
        )
        for fill in truth["fills"]  # type: ignore[attr-defined]
    }
    assert reader.working == {order["id"] for order in truth["orders"]}  # type: ignore[attr-defined]


def test_a_maker_sees_the_takers_token_outside_and_its_own_inside() -> None:
    scene = Scene()
    one, other = scene.own(BUY, "0.6", "10"), scene.own(BUY, "0.6", "10")
    scene.stranger(BUY, "0.4", "15", outcome=NO)
    [told] = [each for each in scene.told if isinstance(each, TradeTold)]
    row = statement.trade_event(told)
    yes, no = scene.market.listing.tokens
    assert (row["asset_id"], row["side"], row["price"], row["size"]) == (no, BUY, "0.4", "15")
    assert row["trader_side"] == MAKER
    assert row["owner"] != scene.ledger.account.key
    makers = row["maker_orders"]
    assert isinstance(makers, list)
    told_makers = [
        (maker["order_id"], maker["asset_id"], maker["side"], maker["price"], maker["matched_amount"])
        for maker in makers
    ]
    assert told_makers == [(one, yes, BUY, "0.6", "10"), (other, yes, BUY, "0.6", "5")]
    assert {maker["owner"] for maker in makers} == {scene.ledger.account.key}


def test_strangers_in_a_trade_stand_on_either_token_at_the_price_that_mirrors() -> None:
    scene = Scene()
    for _ in range(40):
        scene.stranger(SELL, "0.52", "5")
    scene.own(BUY, "0.52", "200")
    [told] = [each for each in scene.told if isinstance(each, TradeTold)]
    assert told.trade.role == TAKER
    terms = {(maker.outcome, maker.side, maker.price) for maker in told.trade.makers}
    assert terms == {(YES, SELL, px("0.52")), (NO, BUY, px("0.48"))}


def test_one_sweep_is_one_trade_in_several_buckets() -> None:
    scene = Scene()
    scene.stranger(SELL, "0.5", "5")
    scene.stranger(SELL, "0.51", "5")
    order = scene.own(BUY, "0.51", "12")
    assert [bucket for _, bucket in scene.ledger.trades] == [0, 1]
    assert len({trade for trade, _ in scene.ledger.trades}) == 1
    assert scene.ledger.orders[order].left == qty("2")
    assert scene.statuses(order)[-1] == ("UPDATE", LIVE)


def test_what_may_not_rest_is_cancelled_after_it_took_what_there_was() -> None:
    scene = Scene()
    scene.stranger(SELL, "0.5", "5")
    order = scene.own(BUY, "0.5", "12", kind="FAK")
    assert scene.statuses(order)[-2:] == [("UPDATE", LIVE), (CANCELLATION, CANCELED)]
    assert scene.ledger.orders[order].matched == qty("5")
    nothing = scene.own(BUY, "0.5", "12", kind="FAK")
    assert scene.statuses(nothing)[-1] == (CANCELLATION, CANCELED)


def test_a_fill_or_kill_that_finds_too_little_is_told_with_holes_and_a_sentence() -> None:
    scene = Scene()
    scene.stranger(SELL, "0.5", "5")
    order = scene.own(BUY, "0.5", "12", kind="FOK")
    assert scene.statuses(order) == [(CANCELLATION, KILLED)]
    assert scene.engine.asks.total(px("0.5")) == qty("5")
    [told] = [each for each in scene.told if isinstance(each, OrderTold)]
    row = statement.order_event(told, scene.ledger.account)
    assert (row["size_matched"], row["outcome"], row["created_at"]) == ("", "", "")


def test_an_order_that_is_good_till_a_date_ends_a_minute_before_it() -> None:
    scene = Scene()
    order = scene.own(BUY, "0.5", "12", kind="GTD", expires=scene.now // 1_000 + 180)
    scene.wait(119_999)
    assert scene.ledger.orders[order].is_open
    scene.wait(1)
    assert scene.statuses(order)[-1] == (CANCELLATION, CANCELED)
    assert not scene.engine.orders


def test_an_order_that_the_venue_takes_away_says_so() -> None:
    scene = Scene()
    order = scene.own(BUY, "0.51", "12")
    scene.engine.retick(scene.now, px("0.02"))
    scene.look()
    assert scene.statuses(order)[-1] == (CANCELLATION, INVALID)
    ending = Scene(character=ENDING)
    order = ending.own(BUY, "0.5", "12")
    ending.engine.clear(ending.now)
    ending.look()
    assert ending.statuses(order)[-1] == (CANCELLATION, MARKET_RESOLVED)


def test_the_account_never_trades_with_itself() -> None:
    scene = Scene()
    scene.own(BUY, "0.5", "12")
    for side, price, outcome in ((SELL, "0.5", YES), (BUY, "0.5", NO)):
        with pytest.raises(Refused, match="same account"):
            scene.own(side, price, "5", outcome=outcome)
    scene.own(SELL, "0.51", "5")


def test_what_is_offered_or_not_yet_certain_cannot_be_sold() -> None:
    scene = Scene(troubled=0)
    token = scene.market.listing.tokens[YES]
    scene.stranger(SELL, "0.5", "10")
    scene.own(BUY, "0.5", "10")
    assert scene.ledger.sellable(token) == 0
    scene.wait(60_000)
    assert scene.ledger.sellable(token) == qty("10")
    scene.own(SELL, "0.6", "4")
    assert scene.ledger.sellable(token) == qty("6")


def test_what_was_sold_in_vain_can_be_sold_again() -> None:
    for attempt in range(40):
        scene = Scene(troubled=1_000)
        scene.ledger = Ledger(demo_account(1), seed=attempt, troubled=1_000)
        token = scene.market.listing.tokens[YES]
        scene.stranger(SELL, "0.5", "10")
        scene.own(BUY, "0.5", "10")
        scene.wait(60_000)
        bought = scene.ledger.sellable(token)
        if not bought:
            continue
        scene.stranger(BUY, "0.6", "10")
        scene.own(SELL, "0.6", "10")
        assert scene.ledger.sellable(token) == 0
        scene.wait(60_000)
        assert scene.ledger.sellable(token) == scene.ledger.positions()[token]
        if scene.ledger.positions()[token] == bought:
            return
    raise AssertionError("no sale ever failed")


# The account inside a world.


def living(pace: float, *steps: int, seed: int = 7) -> tuple[World, Ledger, list[Told]]:
    world = demo_world(seed=seed)
    ledger = open_account(world, pace=pace)
    told = []
    for ms in steps:
        for _ in world.step(ms):
            pass
        told += ledger.drain()
    return world, ledger, told


def written(told: list[Told], account: Account) -> list[statement.Row]:
    return [
        statement.order_event(each, account) if isinstance(each, OrderTold) else statement.trade_event(each)
        for each in told
    ]


def test_a_seed_decides_the_account_and_the_cutting_of_time_does_not_matter() -> None:
    _, whole, one = living(30, 120_000)
    _, parts, other = living(30, 1, 9, 60_000, 490, 7, 59_493)
    assert written(one, whole.account) == written(other, parts.account)
    assert written(living(30, 20_000, seed=8)[2], whole.account) != written(one, whole.account)


@pytest.mark.parametrize(("pace", "minutes"), [(40, 20), pytest.param(10, 360, marks=pytest.mark.torture)])
def test_the_demo_account_is_alive_within_seconds_and_stays_so_for_hours(pace: float, minutes: int) -> None:
    world, ledger, told = living(pace, 10_000)
    assert len(ledger.open_orders) >= 2
    assert told
    for _ in range(minutes // 10):
        before = len(ledger.trades)
        for _ in world.step(10 * 60_000):
            pass
        assert len(ledger.trades) - before > 20
        assert 0 < len(ledger.open_orders) <= 10
        assert ledger.cash > 0
    statuses = {order.status for order in ledger.orders.values()}
    assert {LIVE, MATCHED, CANCELED, KILLED} <= statuses
    states = {trade.state for trade in ledger.trades.values()}
    assert {CONFIRMED, FAILED} <= states
    assert {trade.role for trade in ledger.trades.values()} == {TAKER, MAKER}
    assert any(len(list(trade.fills)) > 1 for trade in ledger.trades.values())
    assert any(
        trade.role == MAKER and trade.taker.outcome != fill_token
        for trade in ledger.trades.values()
        for fill_token in (trade.listing.tokens.index(fill.token) for fill in trade.fills)
    )


def test_an_account_without_a_pace_leaves_the_worlds_history_alone() -> None:
    quiet = demo_world()
    _, ledger, told = living(0, 5_000)
    for _ in quiet.step(5_000):
        pass
    assert not told
    assert ledger.next_due == float("inf")
    other = living(0, 5_000)[0]
    assert [market.engine.at for market in quiet.markets] == [market.engine.at for market in other.markets]


def test_the_crowd_never_cancels_what_is_not_its_own() -> None:
    _, ledger, _ = living(40, 10 * 60_000)
    assert not [
        order for order in ledger.orders.values() if order.status == INVALID and order.market.engine.tick == px("0.01")
    ]


# Who it is.


def test_a_signature_is_the_one_of_the_published_vector() -> None:
    secret = "A" * 43 + "="
    body = b'{"hash": "0x123"}'
    assert signature(secret, "1000000", "test-sign", "/orders", body) == "ZwAdJKvoYRlEKDkNMwd5BuwNNtg93kNaR_oU2HrfVvc="


def test_a_signature_of_our_own_key_is_the_one_computed_elsewhere() -> None:
    # printf '%s' 1700000000GET/data/orders | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001..1f -binary | base64
    secret = base64.b64encode(bytes(range(32))).decode()
    assert signature(secret, "1700000000", "GET", "/data/orders") == "NTt0e8XQzUuVTici5whIU-0NfgRXijqf0FarNw-ik2Q="
    assert (
        signature(secret.rstrip("="), "1700000000", "GET", "/data/orders")
        == "NTt0e8XQzUuVTici5whIU-0NfgRXijqf0FarNw-ik2Q="
    )


def test_both_alphabets_of_base64_are_the_same_secret() -> None:
    assert signature("-_-_", "1", "GET", "/") == signature("+/+/", "1", "GET", "/")


def test_an_account_follows_from_its_seed_and_hides_what_is_secret() -> None:
    account = demo_account(3)
    assert account == demo_account(3)
    assert account != demo_account(4)
    assert len(account.key) == 36
    assert account.address.startswith("0x")
    assert account.secret not in repr(account)
    assert account.passphrase not in repr(account)


@pytest.mark.parametrize("part", ["apiKey", "secret", "passphrase"])
@pytest.mark.parametrize("wrong", ["", "x", None, 7, "missing", "\ud800"])
def test_the_trio_must_be_whole_and_right(part: str, wrong: object) -> None:
    account = demo_account(3)
    trio: dict[str, object] = {
        "apiKey": account.key,
        "secret": account.secret,
        "passphrase": account.passphrase,
    }
    assert account.holds(trio)
    trio[part] = wrong
    if wrong == "missing":
        del trio[part]
    assert not account.holds(trio)
    assert not account.holds(None)
