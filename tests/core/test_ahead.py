"""Estimates of what is ahead, beside queues that know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.account import Account
from pmtui.core.ahead import PRINT_FOLLOWS, Queues, Resting, in_front, printed
from pmtui.core.events import Event, Side
from pmtui.core.store import Store
from pmtui.core.units import ONE, Millis, px, qty

from .accounts import order
from .boards import NOON, STRANGER, A, B, ask, bid, delta, live, sealed, snapshot, trade, watched

AT = (A, True, px("0.48"))


def joined(level: str | None, *, left: str = "10", seen: bool = True) -> Queues:
    """An order of ours to buy at 0.48."""
    queues = Queues()
    queues.join("mine", AT, qty(left), level=None if level is None else qty(level), seen=seen)
    return queues


def ahead(queues: Queues, name: str = "mine") -> int | None:
    found = queues.ahead(name, AT)
    assert found is not None
    return found.ahead


def sold(size: str, *, at: int = 1, price: str = "0.48") -> Any:
    return trade(price, size, at=at)._replace(side=Side.SELL)


def test_the_estimate_starts_from_what_rested_when_the_order_appeared() -> None:
    assert ahead(joined("300")) == qty("290")


def test_a_level_that_cannot_contain_our_order_yet_is_all_in_front_of_it() -> None:
    assert ahead(joined("4")) == qty("4")


def test_a_second_order_of_ours_stands_behind_the_first() -> None:
    queues = joined("300")
    queues.join("second", AT, qty("20"), level=qty("320"), seen=True)
    assert (ahead(queues), ahead(queues, "second")) == (qty("290"), qty("300"))


def test_a_print_at_the_price_shrinks_it_and_others_do_not() -> None:
    queues = joined("300")
    queues.hear([trade("0.48", "40", at=1), sold("40", price="0.47"), sold("30"), sold("5", at=2)])
    assert ahead(queues) == qty("255")


def test_who_adds_stands_behind_us() -> None:
    queues = joined("300")
    queues.hear([delta(bid("0.48", "900"), at=1, sent=1)])
    assert ahead(queues) == qty("290")


def test_a_level_that_shrinks_below_the_estimate_cuts_it() -> None:
    queues = joined("300")
    queues.hear([delta(bid("0.48", "110"), bid("0.47", "1"), ask("0.48", "1"), at=1, sent=1)])
    assert ahead(queues) == qty("100")
    queues.hear([snapshot("0.48x60", "0.52x1", at=2)])
    assert ahead(queues) == qty("50")


def test_a_print_that_the_level_has_shown_already_counts_once() -> None:
    queues = joined("300")
    queues.hear([delta(bid("0.48", "150"), at=1, sent=1), sold("150", at=3)])
    assert ahead(queues) == qty("140")


def test_what_was_cancelled_long_ago_does_not_pay_for_a_print() -> None:
    queues = joined("300")
    queues.hear([delta(bid("0.48", "150"), bid("0.48", "400"), at=1, sent=1), sold("50", at=2 + PRINT_FOLLOWS)])
    assert ahead(queues) == qty("90")


def test_only_what_a_level_lost_a_moment_ago_pays_for_a_print() -> None:
    queues, late = joined("300"), 2 + PRINT_FOLLOWS
    queues.hear([delta(bid("0.48", "150"), at=1, sent=1), delta(bid("0.48", "130"), at=late, sent=late)])
    queues.hear([sold("50", at=late)])
    assert ahead(queues) == qty("90")


def test_an_order_that_was_there_before_we_looked_has_a_bound_and_no_estimate() -> None:
    queues = joined("300", seen=False)
    assert queues.ahead("mine", AT) == Resting(qty("10"), None, qty("290"))
    queues.hear([sold("50")])
    assert queues.ahead("mine", AT) == Resting(qty("10"), None, qty("240"))


def test_an_order_without_a_book_has_neither_until_the_book_comes() -> None:
    queues = joined(None)
    assert queues.ahead("mine", AT) == Resting(qty("10"), None, None)
    queues.hear([snapshot("0.48x60", "", at=2)])
    assert queues.ahead("mine", AT) == Resting(qty("10"), None, qty("50"))


def test_an_order_that_was_hit_had_nobody_in_front() -> None:
    queues = joined("300", seen=False)
    queues.keep("mine", AT, qty("4"), hit=True)
    assert queues.ahead("mine", AT) == Resting(qty("4"), 0, 0)


def test_the_ladder_is_told_of_the_first_of_our_orders_at_a_price() -> None:
    queues = joined("300")
    queues.join("second", AT, qty("20"), level=qty("900"), seen=True)
    queues.join("sale", (A, False, px("0.52")), qty("7"), level=qty("7"), seen=True)
    bids, asks = queues.of(A)
    assert bids == {px("0.48"): Resting(qty("30"), qty("290"), qty("290"), 2)}
    assert asks == {px("0.52"): Resting(qty("7"), 0, 0)}
    assert queues.of(B) == ({}, {})


def test_an_order_that_leaves_takes_its_place_along() -> None:
    queues = joined("300")
    queues.leave("mine", AT)
    queues.leave("mine", AT)
    queues.hear([sold("50")])
    assert not queues
    assert queues.ahead("mine", AT) is None


def test_other_books_change_nothing() -> None:
    queues = joined("300")
    before = queues.version
    queues.hear([delta(bid("0.48", "1", instrument=STRANGER), at=1, sent=1), snapshot("", "", instrument=B)])
    assert queues.version == before


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_a_print_takes_no_more_than_it_is_and_never_adds(front: int, size: int, credit: int) -> None:
    rest, unused = printed(front, size, credit)
    assert max(0, front - size) <= rest <= front
    assert 0 <= unused <= credit
    assert (front - rest) + (credit - unused) <= size


@given(st.integers(0, 1000), st.integers(0, 100))
def test_no_more_is_in_front_than_the_level_holds(level: int, left: int) -> None:
    assert 0 <= in_front(level, left) <= level


@dataclass
class Truth:
    """A real queue at one price: names and sizes, the first one first."""

    queue: list[tuple[str, int]] = field(default_factory=list)

    @property
    def level(self) -> int:
        return sum(size for _, size in self.queue)

    def ahead(self, name: str) -> int:
        """What stands in front of it."""
        names = [each for each, _ in self.queue]
        return sum(size for _, size in self.queue[: names.index(name)])

    def take(self, size: int) -> None:
        while size and self.queue:
            name, there = self.queue.pop(0)
            taken = min(size, there)
            size -= taken
            if there > taken:
                self.queue.insert(0, (name, there - taken))

    def cancel(self, number: int) -> None:
        theirs = [n for n, (name, _) in enumerate(self.queue) if name == "others"]
        if theirs:
            del self.queue[theirs[number % len(theirs)]]


DEEDS = st.lists(
    st.tuples(st.sampled_from(["add", "cancel", "take", "take late", "pause", "mine"]), st.integers(1, 40)), max_size=40
)


@given(st.lists(st.integers(1, 40), max_size=5), DEEDS)
def test_the_estimate_never_grows_and_is_never_under_the_truth(before: list[int], deeds: list[tuple[str, int]]) -> None:
    truth, queues, at = Truth([("others", size * ONE) for size in before]), Queues(), 0
    seen: dict[str, int] = {}

    def moved() -> None:
        queues.hear([delta((A, True, AT[2], truth.level, (0, 0), ""), at=at, sent=at)])  # type: ignore[arg-type]

    def place(name: str, size: int) -> None:
        truth.queue.append((name, size))
        queues.join(name, AT, size, level=truth.level, seen=True)

    place("m0", 10 * ONE)
    for what, number in deeds:
        at += 50 if what != "pause" else 2 * PRINT_FOLLOWS
        size = number * ONE
        if what == "add":
            truth.queue.append(("others", size))
        elif what == "cancel":
            truth.cancel(number)
        elif what == "mine":
            place(f"m{at}", size)
        elif what.startswith("take"):
            size = min(size, truth.level)
            mine = {name: left for name, left in truth.queue if name != "others"}
            truth.take(size)
            # The book usually tells of a match before the print does.
            if what == "take":
                moved()
            if size:
                queues.hear([sold("1", at=at)._replace(size=size)])
            left = dict(truth.queue)
            for name, had in mine.items():
                if name not in left:
                    queues.leave(name, AT)
                elif left[name] != had:
                    queues.keep(name, AT, left[name], hit=True)
        moved()
        for name in [each for each, _ in truth.queue if each != "others"]:
            found = ahead(queues, name)
            assert found is not None
            assert truth.ahead(name) <= found <= max(truth.level, 0)
            assert found <= seen.get(name, found)
            seen[name] = found
        ours = [each for each in truth.queue if each[0] != "others"]
        resting = queues.of(A)[0].get(AT[2])
        assert (resting.size if resting else 0) == sum(left for _, left in ours)
        assert (resting.ahead if resting else None) == min((seen[name] for name, _ in ours), default=None)


# Beside the books


def placed() -> tuple[Store, Account]:
    """An order of ours that has just appeared behind 300, in a book of the venue's noon."""
    store = live("0.48x310 0.47x5")
    account = store.log_in("made-up", Millis(NOON))
    store.take([order(size="10", at=1, placed=True)])
    return store, account


def at_most(account: Account) -> int | None:
    resting = account.ahead(order())
    return resting and resting.at_most


def test_what_the_books_leave_out_shortens_no_queue() -> None:
    store, account = placed()
    once = sold("60", at=500)._replace(sent=Millis(NOON + 500), reference="0xabc")
    store.take([once])
    assert at_most(account) == qty("240")

    store.take([once])
    assert store.boards[A].tape.doubled == 1
    store.take([sold("50", at=600)._replace(sent=Millis(NOON + 600), number=7, past=True)])
    store.take([snapshot("0.48x11", "0.52x1", at=700)._replace(instrument=STRANGER)])
    assert at_most(account) == qty("240")


def test_what_a_late_change_tells_of_is_not_in_front_of_us_now() -> None:
    store, account = placed()
    store.take([delta(bid("0.47", "9"), at=1_000, sent=2_000)])

    store.take([delta(bid("0.48", "15"), at=1_010, sent=1_500)])
    assert at_most(account) == qty("300")

    store.take([delta(bid("0.48", "150"), at=1_020, sent=2_001)])
    assert at_most(account) == qty("140")


def test_a_book_that_is_doubted_as_it_comes_shortens_no_queue() -> None:
    store, account = placed()
    store.take([delta(bid("0.47", "9"), at=1_000, sent=60_000)])

    store.take([snapshot("0.48x15", "0.52x1", at=1_010, sent=1_500)])
    assert (store.boards[A].doubt.why, at_most(account)) == (
        "a book came that is 58s older than the last change",
        qty("300"),
    )

    store.take([snapshot("0.48x150", "0.52x1", at=2_000, sent=61_000)])
    assert (store.boards[A].doubt.why, at_most(account)) == ("", qty("140"))


def test_a_book_that_the_venue_repeats_shortens_no_queue() -> None:
    book = sealed("0.48x15 0.47x5", "0.52x10 0.53x5")
    store = live("0.48x15 0.47x5")
    account = store.log_in("made-up", Millis(NOON))
    store.take([delta(bid("0.48", "310"), at=1_000, sent=1_000), order(size="10", at=1_001, placed=True)])

    store.take([snapshot("0.48x15 0.47x5", "0.52x10 0.53x5", at=1_010, digest=book, initial=False)])
    assert (store.boards[A].doubt.why, at_most(account)) == ("", qty("300"))


def test_a_book_of_the_past_shortens_no_queue_where_ours_is_proven() -> None:
    store, account = placed()
    now = sealed("0.48x310 0.47x9", "0.52x10 0.53x5")
    store.take([delta(bid("0.47", "9", digest=now), at=1_000, sent=2_000)])

    before = store.ledger.applied
    store.take([snapshot("0.48x15", "0.52x1", at=1_010, sent=1_500, initial=False)])
    assert (store.boards[A].doubt.why, at_most(account)) == ("", qty("300"))
    assert store.ledger.applied == before + 1


def test_a_late_change_keeps_no_news_of_another_book_in_its_frame_from_our_queue() -> None:
    store = watched(A, B)
    account = store.log_in("made-up", Millis(NOON))
    store.take([snapshot("0.48x310", "0.52x10"), snapshot("0.47x9", "0.52x10", instrument=B)])
    store.take([order(size="10", at=1, placed=True), delta(bid("0.46", "5", instrument=B), at=100, sent=100)])

    store.take([delta(bid("0.46", "7", instrument=B), bid("0.48", "50"), at=101, sent=99)])
    assert at_most(account) == qty("40")


def test_a_level_from_before_our_order_was_made_stands_in_front_of_it_as_a_whole() -> None:
    store = live("0.48x300 0.47x5")
    account = store.log_in("made-up", Millis(NOON))
    store.take([order(size="10", at=5_000, created=5_000, placed=True)])
    assert at_most(account) == qty("300")

    store.take([delta(bid("0.48", "290"), at=5_010, sent=4_999)])
    assert at_most(account) == qty("290")

    store.take([delta(bid("0.48", "300"), at=5_020, sent=5_000)])  # and now with ours
    assert at_most(account) == qty("290")
    store.take([delta(bid("0.48", "250"), at=5_030, sent=5_001)])
    assert at_most(account) == qty("240")


@pytest.mark.parametrize("seen_first", [True, False])
def test_a_print_from_before_the_level_that_an_order_began_with_is_in_it_already(seen_first: bool) -> None:
    store = live("0.48x310 0.47x5") if seen_first else watched()
    account = store.log_in("made-up", Millis(NOON))
    facts: list[Event] = [delta(bid("0.48", "150"), at=10, sent=10), order(size="10", at=20, placed=True)]
    store.take(facts if seen_first else [facts[1], snapshot("0.48x150", "0.52x1", at=10, sent=10)])

    store.take([sold("160", at=30)._replace(sent=Millis(NOON + 25))])
    assert at_most(account) == qty("140")

    store.take([sold("40", at=400)._replace(sent=Millis(NOON + 390))])
    assert at_most(account) == qty("100")


def test_times_are_those_of_the_facts() -> None:
    queues = joined("300")
    queues.hear([delta(bid("0.48", "150"), at=Millis(10**9), sent=1), sold("150", at=10**9)])
    assert ahead(queues) == qty("140")
