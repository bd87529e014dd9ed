"""The tape forgets old prints, never that they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.tape import Gap, Print, Tape
from pmtui.core.units import ONE, Millis, px

from .boards import trade


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


def test_a_gap_is_marked_once_and_only_behind_prints() -> None:
    tape = Tape()

    tape.gap(Millis(0), Millis(0), "nothing was shown yet")
    tape.add(trade("0.5", "1", at=1))
    tape.gap(Millis(2), Millis(0), "new connection")
    tape.gap(Millis(3), Millis(0), "new connection")

    assert [type(entry) for entry in tape.ring] == [Print, Gap]
    assert tape.total == 2
    assert tape.price() == px("0.5")


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
