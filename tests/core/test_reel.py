"""The lines of a tape are the same however often and whenever one looks."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.events import Side, Trade
from pmtui.core.reel import Reel, Run, Shown
from pmtui.core.tape import SIEVES, WORTHS, Mark, Print, Tape
from pmtui.core.units import ONE, Millis, Px, px, qty

from .boards import A


class Happening(NamedTuple):
    """A print of an order, or a mark where there is no size."""

    size: str
    reference: str
    side: Side


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        st.sampled_from(["1", "5", "50", "50", "1000", ""]),
        st.sampled_from(["", "a", "a", "b"]),
        st.sampled_from(Side),
    ),
    max_size=40,
)


LEAST = st.sampled_from((*SIEVES[:3], *WORTHS[1:3]))
"""By size, or by worth."""


def happen(tape: Tape, each: Happening) -> None:
    # The number keeps twins apart.
    at, price = Millis(tape.total), Px(px("0.4") + tape.total)
    if each.size:
        tape.add(Trade(A, at, at, price, qty(each.size), each.side, each.reference))
    else:
        tape.mark(at, at, "words")


def naive(tape: Tape, least: int, *, joined: bool) -> list[tuple[int, Shown]]:
    """All lines of the ring, newest first, made anew."""
    runs: list[tuple[int, list[Print]]] = []
    lines: list[tuple[int, Shown]] = []
    for number, entry in enumerate(tape.ring, tape.oldest):
        if not isinstance(entry, Print):
            lines.append((number, entry))
        elif joined and entry.joined:
            if runs:
                runs[-1][1].append(entry)
        else:
            runs.append((number, [entry]))
    for number, prints in runs:
        size = sum(each.size for each in prints)
        money = sum(each.price * each.size for each in prints)
        if (money if tape.by_worth else size) >= least:
            first = prints[0]
            large = size >= first.large
            price = money // size
            lines.append((number, Run(first.at, first.sent, price, size, money, first.side, len(prints), large)))
    return sorted(lines, key=lambda line: -line[0])


@given(HAPPENINGS, st.sets(st.integers(0, 40)), LEAST, st.booleans(), st.integers(5, 50))
def test_looks_in_between_change_nothing(
    happenings: list[Happening], looks: set[int], least: int, joined: bool, keep: int
) -> None:
    tape = Tape(keep, by_worth=least in WORTHS[1:])
    reel = Reel(tape, least, joined=joined)
    for n, each in enumerate(happenings):
        happen(tape, each)
        if n in looks:
            assert reel.page(None, 3).lines == naive(tape, least, joined=joined)[:3]

    assert reel.page(None, 100).lines == naive(tape, least, joined=joined)
    assert Reel(tape, least, joined=joined).page(None, 100) == reel.page(None, 100)


@given(HAPPENINGS, HAPPENINGS, st.integers(1, 30), LEAST, st.booleans())
def test_an_anchored_page_holds_still_while_prints_arrive(
    before: list[Happening], after: list[Happening], back: int, least: int, joined: bool
) -> None:
    tape = Tape(by_worth=least in WORTHS[1:])
    for each in before:
        happen(tape, each)
    reel = Reel(tape, least, joined=joined)
    anchor = reel.move(None, back, 5)
    held = reel.page(anchor, 5)
    for each in after:
        happen(tape, each)

    lines = naive(tape, least, joined=joined)
    page = reel.page(anchor, 5)
    if anchor is not None:
        assert page.lines == held.lines
        assert len(page.lines) == 5
    assert page.lines == lines[page.newer : page.newer + 5]
    assert Reel(tape, least, joined=joined).page(anchor, 5) == page


@given(HAPPENINGS, st.lists(st.integers(-9, 9), max_size=8), LEAST, st.booleans())
def test_moving_goes_by_lines_and_stops_at_both_ends(
    happenings: list[Happening], moves: list[int], least: int, joined: bool
) -> None:
    tape = Tape(by_worth=least in WORTHS[1:])
    for each in happenings:
        happen(tape, each)
    reel = Reel(tape, least, joined=joined)
    lines = naive(tape, least, joined=joined)
    place, anchor = 0, None

    for by in moves:
        place = max(0, min(place + by, len(lines) - 4))
        anchor = reel.move(anchor, by, 4)
        assert reel.page(anchor, 4).newer == place
        assert anchor == (lines[place][0] if place else None)


@given(HAPPENINGS, st.integers(0, 40), LEAST, st.booleans())
def test_any_entry_is_an_anchor_for_the_line_it_is_in_or_the_next_older_one(
    happenings: list[Happening], number: int, least: int, joined: bool
) -> None:
    tape = Tape(by_worth=least in WORTHS[1:])
    for each in happenings:
        happen(tape, each)
    lines = naive(tape, least, joined=joined)
    older = [line for line in lines if line[0] <= number]

    page = Reel(tape, least, joined=joined).page(number, 4)

    assert page.lines == (older or lines[-4:])[:4]


def test_a_page_whose_anchor_left_the_ring_is_the_oldest_one() -> None:
    tape = Tape(keep=10)
    for n in range(12):
        happen(tape, Happening("1", str(n), Side.BUY))
    reel = Reel(tape)
    anchor = reel.move(None, 100, 4)
    for n in range(30):
        happen(tape, Happening("1", str(n), Side.BUY))

    assert anchor is not None
    assert anchor < tape.oldest
    page = reel.page(anchor, 4)
    assert [number for number, _ in page.lines] == [35, 34, 33, 32]
    assert page.newer == 6


def test_an_order_is_one_line_with_its_sum_and_its_exact_money() -> None:
    tape = Tape()
    for price, size in (("0.50", "100"), ("0.51", "200"), ("0.54", "100")):
        tape.add(Trade(A, Millis(5), Millis(7), px(price), qty(size), Side.BUY, "0xaa"))

    (number, line), *more = Reel(tape, joined=True).page(None, 10).lines

    assert not more
    assert number == 0
    assert line == Run(Millis(5), Millis(7), px("0.515"), 400 * ONE, 206 * ONE * ONE, Side.BUY, 3, large=False)


def test_marks_are_shown_whatever_the_least_size() -> None:
    tape = Tape()
    happen(tape, Happening("1", "", Side.BUY))
    tape.mark(Millis(1), Millis(1), "tick")
    happen(tape, Happening("2", "", Side.BUY))

    assert [line for _, line in Reel(tape, 10 * ONE).page(None, 5).lines] == [Mark(Millis(1), Millis(1), "tick")]
