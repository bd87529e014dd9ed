"""The tape forgets old prints, never that they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.events import Side, Trade
from pmtui.core.tape import MOST_JOINED, Gap, Mark, Print, Tape, large_from
from pmtui.core.units import ONE, Millis, px, qty
from tests.effort import effort

from .boards import A, trade

BUY, SELL = Side.BUY, Side.SELL


def taken(price: str, size: str, side: Side, *, at: int, reference: str = "") -> Trade:
    return Trade(A, Millis(at), Millis(at), px(price), qty(size), side, reference)


def tape_of(*trades: Trade) -> Tape:
    tape = Tape()
    for each in trades:
        tape.add(each)
    return tape


def joined(tape: Tape) -> list[bool]:
    return [entry.joined for entry in tape.ring if isinstance(entry, Print)]


def test_prints_stand_in_the_order_of_their_arrival() -> None:
    tape = Tape()

    for n, price in enumerate(("0.50", "0.51", "0.49")):
        assert tape.add(trade(price, "1", at=n, sent=n))

    assert [entry.price for entry in tape.ring if isinstance(entry, Print)] == [px("0.50"), px("0.51"), px("0.49")]
    assert tape.price() == px("0.49")
    assert tape.volume == 3 * ONE


def test_an_exact_repetition_within_a_second_is_one_print() -> None:
    tape = Tape()

    assert tape.add(trade("0.5", "1", at=0, reference="0xaa"))
    assert not tape.add(trade("0.5", "1", at=900, reference="0xaa"))

    assert (tape.total, tape.doubled, tape.volume) == (1, 1, ONE)


def test_the_same_words_later_are_another_trade() -> None:
    tape = Tape()

    tape.add(trade("0.5", "1", at=0))

    assert tape.add(trade("0.5", "1", at=1_001))


@pytest.mark.parametrize(
    "other",
    [
        trade("0.6", "1", at=1, reference="0xaa"),
        trade("0.5", "2", at=1, reference="0xaa"),
        trade("0.5", "1", at=1, sent=1, reference="0xaa"),
        trade("0.5", "1", at=1, reference="0xbb"),
    ],
    ids=["price", "size", "time", "transaction"],
)
def test_a_trade_that_differs_in_one_word_is_another_trade(other: object) -> None:
    tape = Tape()
    tape.add(trade("0.5", "1", at=0, reference="0xaa"))

    assert tape.add(other)  # type: ignore[arg-type]


def test_a_gap_is_marked_behind_prints_and_before_the_first_one() -> None:
    tape = Tape()

    tape.gap(Millis(0), Millis(0), "nothing was shown yet")
    tape.add(trade("0.5", "1", at=1))
    tape.gap(Millis(2), Millis(0), "new connection")
    tape.gap(Millis(3), Millis(0), "new connection")

    assert [(type(entry), entry.at) for entry in tape.ring] == [(Gap, 0), (Print, 1), (Gap, 3)]
    assert tape.total == 3
    assert tape.price() == px("0.5")


def test_a_link_that_flaps_pushes_no_prints_off_the_tape() -> None:
    tape = Tape(keep=4)
    for n in range(3):
        tape.add(trade("0.5", str(n + 1), at=n, sent=n))
    for at in range(10, 30):
        tape.gap(Millis(at), Millis(0), "new connection")
    assert tape.last(1) == [Gap(Millis(29), Millis(0), "new connection", 20)]
    assert (tape.total, tape.oldest) == (4, 0)

    tape.add(trade("0.5", "9", at=31, sent=31))
    tape.gap(Millis(32), Millis(0), "new connection")
    assert tape.last(1) == [Gap(Millis(32), Millis(0), "new connection")]


def test_the_newest_entries_come_newest_first() -> None:
    tape = Tape()
    for n in range(5):
        tape.add(trade("0.5", str(n + 1), at=n, sent=n))

    assert [entry.at for entry in tape.last(3)] == [4, 3, 2]
    assert len(tape.last(100)) == 5
    assert Tape().last(3) == []


@given(st.lists(st.integers(0, 7), max_size=12), st.integers(1, 6))
def test_a_reader_with_a_cursor_sees_each_kept_print_once(bursts: list[int], keep: int) -> None:
    tape, seen, cursor, missed, n = Tape(keep=keep), [], 0, 0, 0
    for burst in bursts:
        for _ in range(burst):
            tape.add(trade("0.5", "1", at=n, sent=n))
            n += 1
        entries, after = tape.since(cursor)
        missed += after - cursor - len(entries)
        cursor = after
        seen += [entry.sent for entry in entries]

    assert seen == sorted(set(seen))
    assert len(seen) + missed == tape.total == n
    assert len(tape.ring) <= keep
    assert missed == sum(max(0, burst - keep) for burst in bursts)


def test_a_cursor_of_another_tape_reads_nothing() -> None:
    tape = Tape()
    tape.add(trade("0.5", "1", at=0))

    assert tape.since(99) == ([], 1)


def test_what_is_remembered_for_repetitions_is_bounded_by_one_second() -> None:
    tape = Tape(keep=10)

    for n in range(5_000):
        tape.add(trade("0.5", "1", at=n * 10, sent=n))

    assert len(tape._recent) <= 101


def test_a_pause_after_a_burst_costs_no_more_for_each_of_its_prints_than_after_a_few() -> None:
    def burst(prints: int) -> float:
        trades = [trade("0.5", "1", at=n * 900 // prints, sent=n) for n in range(prints)]
        return effort(lambda: tape_of(*trades, trade("0.5", "1", at=5_000, sent=prints)), tries=3)

    assert burst(20_000) < 3 * 10 * burst(2_000)


def test_prints_in_a_row_with_one_reference_and_side_are_of_one_order() -> None:
    tape = tape_of(
        taken("0.50", "1", BUY, at=1, reference="0xaa"),
        taken("0.51", "2", BUY, at=1, reference="0xaa"),
        taken("0.51", "3", SELL, at=1, reference="0xaa"),
        taken("0.51", "4", SELL, at=2, reference="0xbb"),
        taken("0.51", "5", SELL, at=2, reference="0xaa"),
    )

    assert joined(tape) == [False, True, False, False, False]


def test_prints_without_a_reference_are_never_joined() -> None:
    assert joined(tape_of(taken("0.50", "1", BUY, at=1), taken("0.50", "2", BUY, at=1))) == [False, False]


def test_what_stands_between_two_prints_parts_their_order() -> None:
    tape = Tape()

    for n, between in enumerate((None, tape.gap, tape.mark)):
        if between is not None:
            between(Millis(n), Millis(n), "words")
        tape.add(taken("0.50", str(n + 1), BUY, at=1, reference="0xaa"))
    tape.add(taken("0.50", "9", BUY, at=1, reference="0xaa"))

    assert joined(tape) == [False, False, False, True]


def test_an_order_of_very_many_prints_is_more_than_one_line() -> None:
    tape = tape_of(*(taken("0.5", str(n + 1), BUY, at=1, reference="0xaa") for n in range(MOST_JOINED + 2)))

    assert [n for n, each in enumerate(joined(tape)) if not each] == [0, MOST_JOINED]


def test_a_mark_is_an_entry_and_not_a_print() -> None:
    tape = tape_of(taken("0.5", "1", BUY, at=1))

    tape.mark(Millis(2), Millis(3), "tick 1¢ → 0.1¢")

    assert tape.last(1) == [Mark(Millis(2), Millis(3), "tick 1¢ → 0.1¢")]
    assert (tape.total, tape.prints, tape.volume) == (2, 1, ONE)
    assert tape.price() == px("0.5")


USUAL = st.lists(st.integers(1_000, 1_400), min_size=32, max_size=80, unique=True)


@given(USUAL, st.lists(st.integers(5_000, 10**6), max_size=12, unique=True))
def test_what_is_large_is_rare_and_well_above_the_middle(usual: list[int], outliers: list[int]) -> None:
    sizes = usual + outliers
    least = large_from(sizes)
    large = [size for size in sizes if size >= least]

    assert len(large) <= len(sizes) // 20 + 1
    assert bool(large) == bool(outliers)
    assert set(large) <= set(outliers)


def test_equal_prints_are_not_large_and_neither_is_the_largest_of_a_few() -> None:
    assert max([500] * 100) < large_from([500] * 100)
    assert large_from([1] * 20 + [9_000]) > 9_000
    assert large_from([1] * 60 + [9_000]) <= 9_000


def test_a_print_keeps_the_measure_of_its_time() -> None:
    tape = Tape()
    for n in range(40):
        tape.add(taken("0.5", str(10 + n % 3), BUY, at=n, reference=str(n)))

    assert tape.add(taken("0.5", "100", BUY, at=50))

    newest, first = tape.ring[-1], tape.ring[0]
    assert isinstance(newest, Print)
    assert isinstance(first, Print)
    assert newest.size >= newest.large
    assert first.size < first.large


SIZES = st.sampled_from(["1", "9.5", "10", "99", "100", "999", "1000", "20000"])


@given(st.lists(st.tuples(SIZES, st.sampled_from(["", "a", "b"]))), st.booleans())
def test_hidden_prints_are_those_whose_line_is_too_small(prints: list[tuple[str, str]], by_worth: bool) -> None:
    tape = Tape(by_worth=by_worth)
    each = px("0.4") if by_worth else 1
    orders: list[list[int]] = []
    for n, (size, reference) in enumerate(prints):
        tape.add(taken("0.4", size, BUY, at=n * 2_000, reference=reference))
        if reference and n and prints[n - 1][1] == reference:
            orders[-1].append(qty(size))
        else:
            orders.append([qty(size)])

    for least in tape.sieves:
        assert tape.hidden(least) == sum(each * qty(size) < least for size, _ in prints)
        assert tape.hidden(least, joined=True) == sum(len(order) for order in orders if each * sum(order) < least)
