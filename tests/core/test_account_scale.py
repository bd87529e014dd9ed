"""Ten thousand orders and fifty thousand fills: what a frame asks for costs what it shows, counted and not timed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pmtui.core import ahead, position
from pmtui.core import fills as fills_module
from pmtui.core import orders as orders_module
from pmtui.core.account import Account
from pmtui.core.ahead import together
from pmtui.core.events import OrderChanged
from pmtui.core.fills import MARK_EVERY
from pmtui.core.instrument import InstrumentId
from pmtui.core.position import Position
from pmtui.core.units import Px, px, qty

from .accounts import CANCELLED, CONFIRMED, FAILED, account, checked, fill, order
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


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the fills that were added to a position, each time that one was."""
    added: list[int] = []

    def counted(held: Position, fills: Iterable[tuple[int, int]]) -> Position:
        of = list(fills)
        added.extend(size for size, _ in of)
        return position.summed(held, of)

    monkeypatch.setattr(fills_module, "summed", counted)
    monkeypatch.setattr(fills_module, "after", lambda held, signed, price: counted(held, ((signed, price),)))
    return added


def test_positions_are_summed_one_fill_at_a_time(full: Account, summed: list[int]) -> None:
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


def test_a_late_change_costs_the_fills_since_the_last_mark(summed: list[int]) -> None:
    found = account(*(fill(f"t{n}", sent=n, order=f"f{n}") for n in range(3 * MARK_EVERY + 5)))
    found.take(fill("t0", FAILED, order="f0"))
    found.position(A)
    summed.clear()
    for n in (3 * MARK_EVERY + 4, 3 * MARK_EVERY - 2):
        found.take(fill(f"t{n}", FAILED, sent=n, order=f"f{n}"))
        assert found.position(A).fills == len(found.fills) - found.fills.failed()
    assert len(summed) <= MARK_EVERY + MARK_EVERY + 10


def test_a_history_is_summed_once_whatever_the_order_in_which_it_is_told(summed: list[int]) -> None:
    told = [fill(f"t{n}", CONFIRMED, sent=n // 2, order=f"f{n}") for n in range(2_000)]
    found = account(checked(*reversed(told), began=1))
    assert found.position(A).fills == len(told)
    assert len(summed) == len(told)


def test_a_level_that_moved_costs_our_orders_at_its_price(monkeypatch: pytest.MonkeyPatch) -> None:
    found = account(*(order(f"o{n}", price=f"0.{n % 9 + 1}", size="10") for n in range(90)))
    asked: list[int] = []

    def counted(places: Iterable[ahead.Place]) -> ahead.Resting:
        of = list(places)
        asked.append(len(of))
        return together(of)

    def rests(size: str) -> ahead.Resting:
        found.hear([delta((A, True, px("0.4"), qty(size), (Px(0), Px(0)), ""), at=1, sent=1)])
        return found.orders_at(A)[0][px("0.4")]

    assert rests("900").at_most == qty("890")
    monkeypatch.setattr(ahead, "together", counted)
    assert rests("800").at_most == qty("790")
    assert asked == [10]


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
