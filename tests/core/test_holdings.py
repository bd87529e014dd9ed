"""What a venue tells that we hold, accounts of several venues beside each other, and orders that rest nowhere yet."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.account import Account
from pmtui.core.board import Label
from pmtui.core.book import reaches
from pmtui.core.events import (
    AccountChecked,
    BookSnapshot,
    Fresh,
    Holding,
    HoldingsTold,
    LinkChanged,
    OrderChanged,
    Phase,
    Recalled,
    Unclear,
)
from pmtui.core.holdings import Holdings
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.orders import merged
from pmtui.core.position import Held
from pmtui.core.store import Store
from pmtui.core.units import ONE, Millis, Px, px, qty

from .accounts import CANCELLED, CONFIRMED, account, checked, fill, order
from .boards import NOON, A, levels

COINS = [InstrumentId(f"v:{name}") for name in "abc"]


def told(*held: Holding, part: str = "p", at: int = 0, sent: int = 0, cash: int | None = None) -> HoldingsTold:
    return HoldingsTold("v", part, Millis(at), Millis(sent), held, cash)


def holding(coin: InstrumentId = A, net: str = "2", entry: str | None = "0.4", **more: object) -> Holding:
    return Holding(coin, qty(net), None if entry is None else px(entry), **more)  # type: ignore[arg-type]


# Words that cannot be right


def up() -> Account:
    """An account whose link is up and that was checked."""
    found = account()
    found.take(LinkChanged("link", Millis(0), 1, Phase.UP))
    found.take(checked(at=10, began=5))
    assert found.label(20).sure
    return found


def test_positions_of_tomorrow_are_stale_with_the_next_word_and_right_with_the_next_answer() -> None:
    found = up()
    found.take(told(holding(net="2"), at=100, sent=NOON + 86_400_000))
    found.take(told(holding(net="3"), at=200, sent=NOON))
    assert (found.label(200), found.reason(200)) == (Label.STALE, "the venue tells positions of two times")
    found.take(checked(at=300, began=250)._replace(holdings=(told(holding(net="4"), at=250, sent=NOON + 50),)))
    assert found.label(300).sure
    assert found.positions()[A].net == qty("4")
    found.take(told(holding(net="5"), at=400, sent=NOON + 100))
    assert found.positions()[A].net == qty("5")


def test_an_answer_that_is_a_little_older_than_what_is_known_says_that_it_is_right() -> None:
    found = up()
    found.take(told(holding(net="2"), at=100, sent=NOON + 9_000))
    found.take(told(holding(net="3"), at=200, sent=NOON))
    found.take(told(holding(COINS[0], "3"), part="q", at=200, sent=NOON))
    assert not found.label(200).sure
    found.take(
        checked(at=300, began=250)._replace(holdings=(told(holding(COINS[0], "9"), part="q", at=250, sent=NOON + 1),))
    )
    assert not found.label(300).sure  # the other part was not asked for
    found.take(checked(at=400, began=350)._replace(holdings=(told(holding(net="4"), at=350, sent=NOON + 8_700),)))
    assert found.label(400).sure
    assert found.positions()[A].net == qty("2")


def test_a_word_that_is_a_little_older_is_passed_over_in_silence() -> None:
    found = up()
    found.take(told(holding(net="2"), at=100, sent=NOON + 4_000))
    found.take(told(holding(net="3"), at=200, sent=NOON))
    assert found.label(200).sure
    assert found.positions()[A].net == qty("2")


def test_a_position_that_cannot_be_read_keeps_its_last_value_and_is_told() -> None:
    found = up()
    found.take(told(holding(net="2"), holding(COINS[0], "7"), at=100))
    unclear = told(holding(net="5"), at=200)._replace(unclear=(Unclear(COINS[0], "szi is no number"),))
    found.take(unclear)
    assert (found.label(200), found.reason(200)) == (Label.STALE, "1 position could not be read (szi is no number)")
    assert {each: held.net for each, held in found.positions().items()} == {A: qty("5"), COINS[0]: qty("7")}
    found.take(told(holding(net="5"), holding(COINS[0], "8"), at=300))
    assert found.label(300).sure


# Parts


@given(
    st.lists(
        st.tuples(
            st.sampled_from("pq"), st.integers(1, 9), st.dictionaries(st.sampled_from(COINS), st.integers(-3, 3))
        ),
        max_size=6,
        unique_by=lambda each: each[:2],
    ),
    st.randoms(),
)
def test_the_newest_word_about_each_part_counts_in_whatever_order_words_come(
    words: list[tuple[str, int, dict[InstrumentId, int]]], random: object
) -> None:
    newest = {part: (sent, nets) for part, sent, nets in sorted(words, key=lambda each: each[1])}
    random.shuffle(words)  # type: ignore[attr-defined]
    found = Holdings()
    for part, sent, nets in words:
        # No coin is held in two parts.
        held = [Holding(InstrumentId(f"{coin}{part}"), net) for coin, net in nets.items()]
        found.take(told(*held, part=part, sent=sent, cash=sent))
    assert bool(found) == bool(words)
    assert found.cash == (sum(sent for sent, _ in newest.values()) if words else None)
    wanted = {f"{coin}{part}": net for part, (_, nets) in newest.items() for coin, net in nets.items()}
    assert {each.instrument: each.net for each in found.all()} == wanted


def test_a_word_that_says_the_same_moves_nothing() -> None:
    found = Holdings()
    assert found.take(told(holding(), at=1))
    assert not found.take(told(holding(), at=2))
    assert not found.take(told(at=1))  # older, and not so any more
    assert found.version == 1
    assert found.take(told(at=3))
    assert found.of(A) is None


# The account


def test_where_positions_are_told_they_are_not_summed_up() -> None:
    found = account(fill(), opened=NOON)
    assert found.positions()[A].net == qty("10")
    found.take(told(holding(liquidation=px("0.1"), gain=5), cash=7, at=1))
    assert found.positions() == {A: Held(qty("2"), px("0.4"), qty("2") * px("0.4"), None, 5, px("0.1"))}
    assert found.cash == 7
    assert found.label(0) is Label.CONNECTING


@pytest.mark.parametrize(("net", "mid", "gain"), [("2", "0.5", "0.2"), ("2", None, None)])
def test_what_closing_would_bring_goes_by_the_middle_where_there_is_one(
    net: str, mid: str | None, gain: str | None
) -> None:
    found = account(told(holding(net=net, gain=-9)))
    wanted = -9 if gain is None else qty(gain) * ONE
    assert found.positions()[A].unrealised(None if mid is None else px(mid)) == wanted
    unknown = account(told(holding(entry=None, gain=-9))).positions()[A]
    assert (unknown.average, unknown.unrealised(px("0.5"))) == (None, -9)


def test_a_check_brings_holdings_along_and_an_older_one_takes_nothing_back() -> None:
    found = account(told(holding(net="3"), at=100))
    found.take(AccountChecked(Millis(120), Millis(90), (), (), holdings=(told(holding(net="2"), at=90),)))
    assert found.positions()[A].net == qty("3")
    found.take(AccountChecked(Millis(220), Millis(190), (), (), holdings=(told(at=190),)))
    assert found.positions() == {}


def test_fills_that_are_recalled_are_history_or_late_and_never_news_twice() -> None:
    found = account(checked(began=0), opened=NOON + 1_000)
    heard = fill("now", CONFIRMED, sent=5_000)._replace(heard=True)
    found.take(heard)
    past, missed = fill("past", CONFIRMED, sent=-5_000), fill("missed", CONFIRMED, sent=4_000)
    for _ in range(2):
        found.take(Recalled("v", Millis(9), (past, missed, heard)))
    assert {each.trade: each.late for each in found.fills.newest(9)} == {"now": False, "missed": True, "past": True}
    assert len(found.news.since(0)[0]) == found.news.total


@pytest.mark.parametrize("facts", list(permutations((True, None, None))))
def test_what_waits_for_a_price_has_no_place_in_a_queue(facts: tuple[bool | None, ...]) -> None:
    found = account(bids="0.48x100")
    for waits in facts:
        found.take(order(price="0.3" if waits else "0.48")._replace(waits=waits))
    (known,) = found.orders.working()
    assert (known.waits, known.price) == (True, px("0.3"))
    assert found.orders_at(A) == ({}, {})
    assert found.ahead(known) is None
    found.take(order(price="0.48")._replace(waits=False))
    assert set(found.orders_at(A)[0]) == {px("0.48")}
    found.take(order(state=CANCELLED, price="0.48"))
    assert found.orders_at(A) == ({}, {})


@given(st.permutations([None, None, True]))
def test_merging_words_about_an_order_that_waits_does_not_depend_on_their_order(words: list[bool | None]) -> None:
    facts = [order(price="0.3" if each else "0.48")._replace(waits=each) for each in words]
    one: OrderChanged = facts[0]
    for each in facts[1:]:
        one = merged(one, each)
    assert (one.waits, one.price) == (True, px("0.3"))


# Books that end somewhere


def partial(bids: str, asks: str) -> BookSnapshot:
    fresh = Fresh(Px(0), Px(1 << 62), Millis(0), 2_000)
    return BookSnapshot(A, Millis(0), Millis(NOON), levels(bids), levels(asks), fresh=fresh)


def test_below_the_last_level_that_is_told_nobody_knows_what_rests() -> None:
    assert reaches(levels("0.48x1 0.47x1"), px("0.47"), is_bid=True)
    assert not reaches(levels("0.48x1 0.47x1"), px("0.46"), is_bid=True)
    assert reaches(levels("0.5x1 0.51x1"), px("0.51"), is_bid=False)
    assert not reaches(levels("0.5x1"), px("0.51"), is_bid=False)
    assert not reaches({}, px("0.5"), is_bid=False)


def test_an_order_beyond_a_book_that_ends_has_an_unknown_queue_before_it() -> None:
    store = Store()
    venue = A.partition(":")[0]
    store.add(Instrument(A, venue, A.partition(":")[2]))
    store.attach([A], "link", Millis(0))
    store.take([partial("0.48x100 0.47x50", "0.5x100")])
    found = store.log_in(venue, Millis(0))
    store.take([order("in", price="0.47", size="10"), order("out", price="0.4", size="10")])
    bids, _ = found.orders_at(A)
    assert bids[px("0.47")].at_most == qty("40")
    assert bids[px("0.4")].at_most is None
    store.take([partial("0.48x100 0.47x30", "0.5x100")])
    bids, _ = found.orders_at(A)
    assert bids[px("0.47")].at_most == qty("20")
    assert bids[px("0.4")].at_most is None


# Accounts of several venues


def test_each_account_hears_of_its_own_venue_and_link_only() -> None:
    store = Store()
    one, two = store.log_in("v", Millis(0), "v user"), store.log_in("w", Millis(0), "w user")
    assert store.log_in("v", Millis(9)) is one
    store.take(
        [
            fill(instrument=identify("v", "a")),
            order(instrument=identify("w", "a")),
            HoldingsTold("w", "p", Millis(0), Millis(0), (), 5),
            Recalled("w", Millis(0), (fill("t2", instrument=identify("w", "a")),)),
            fill(instrument=identify("x", "a")),
            LinkChanged("w user", Millis(5), 1, Phase.UP),
        ]
    )
    assert (one.fills.total, one.orders.count(), one.cash) == (1, 0, None)
    assert (two.fills.total, two.orders.count(), two.cash) == (1, 1, 5)
    assert (one.link.phase, two.link.phase) == (Phase.CONNECTING, Phase.UP)
    assert store.ledger.ignored == 1  # nobody has an account at x


def test_an_account_alone_takes_what_it_is_given() -> None:
    assert Account().positions() == {}
