"""Ten thousand orders and fifty thousand fills: what a frame asks for costs what it shows, counted and not timed."""

from __future__ import annotations

import pytest

from pmtui.core import fills as fills_module
from pmtui.core import orders as orders_module
from pmtui.core.account import Account
from pmtui.core.events import OrderChanged
from pmtui.core.instrument import InstrumentId
from pmtui.core.position import Position, after
from pmtui.core.units import qty

from .accounts import CANCELLED, CONFIRMED, FAILED, account, fill, order
from .boards import A, delta

ORDERS, FILLS, ROWS = 10_000, 50_000, 40
MARKETS = [InstrumentId(f"made-up:{n}") for n in range(20)]


@pytest.fixture(scope="module")
def full() -> Account:
    found = account(*(fill(f"t{n}", CONFIRMED, sent=n, instrument=MARKETS[n % 20]) for n in range(FILLS)))
    for n in range(ORDERS):
        found.take(order(f"w{n}", price=f"0.{n % 99 + 1:02}", created=n, instrument=MARKETS[n % 20], size=f"{n + 1}"))
    return found


@pytest.fixture
def ranked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The orders whose rank was worked out, each time that it was."""
    asked: list[str] = []

    def counting(rank: orders_module.Rank) -> orders_module.Rank:
        def counted(row: OrderChanged) -> object:
            asked.append(row.order)
            return rank(row)

        return counted

    for name, rank in orders_module.SORTS.items():
        monkeypatch.setitem(orders_module.SORTS, name, counting(rank))
    return asked


def test_rows_are_ranked_once_and_then_one_at_a_time(full: Account, ranked: list[str]) -> None:
    full.orders.working("left", top=ROWS)
    assert len(ranked) == ORDERS
    ranked.clear()
    for n in range(100):
        full.take(
            order(f"w{n}", matched="0.5", price=f"0.{n % 99 + 1:02}", size=f"{n + 1}", instrument=MARKETS[n % 20])
        )
        assert len(full.orders.working("left", top=ROWS)) == ROWS
    assert len(ranked) <= 200
    ranked.clear()
    full.orders.working("left", top=ROWS, skip=9_000)
    assert ranked == []


def test_the_rows_of_one_market_come_from_its_own_orders(full: Account, ranked: list[str]) -> None:
    assert len(full.orders.working("price", instrument=MARKETS[3], top=ROWS)) == ROWS
    assert len(ranked) == ORDERS // 20


def test_only_a_few_views_are_kept_up(full: Account, ranked: list[str]) -> None:
    for market in MARKETS:
        full.orders.working("time", instrument=market, top=ROWS)
    ranked.clear()
    full.take(order("w7000", CANCELLED, price="0.71", size="7001", instrument=MARKETS[0]))
    assert len(ranked) <= 8


def test_positions_are_summed_one_fill_at_a_time(full: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    summed: list[int] = []

    def counted(held: Position, signed: int, price: int) -> Position:
        summed.append(signed)
        return after(held, signed, price)

    monkeypatch.setattr(fills_module, "after", counted)
    for market in MARKETS:
        full.position(market)
    assert summed == []
    full.take(fill("newest", sent=FILLS + 1, instrument=MARKETS[0]))
    full.position(MARKETS[0])
    assert len(summed) == 1
    # Only a fill that fails makes the sums of its market be made anew.
    full.take(fill("newest", FAILED, sent=FILLS + 1, instrument=MARKETS[0]))
    for _ in range(3):
        assert full.position(MARKETS[0]).net == qty("10") * (FILLS // 20)
    assert len(summed) == 1 + FILLS // 20


def test_fills_are_cut_from_the_end_of_their_list(full: Account) -> None:
    assert [each.trade for each in full.fills.newest(2, skip=1, instrument=MARKETS[1])] == ["t49961", "t49941"]
    assert len(full.fills.newest(ROWS)) == ROWS
    assert len(full.fills) >= FILLS


def test_news_of_other_prices_does_not_touch_our_orders(full: Account) -> None:
    before = full.version
    full.hear([delta((MARKETS[1], True, qty("0.995"), 5, (0, 0), ""), at=1, sent=1)])  # type: ignore[arg-type]
    assert full.version == before
    assert len(full.orders_at(MARKETS[1])[0]) <= 99
    assert full.orders_at(MARKETS[1]) is full.orders_at(MARKETS[1])
    assert full.orders_at(A) == ({}, {})
