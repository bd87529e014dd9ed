"""Shorter and shorter: whole parts go, side and price never do."""

from __future__ import annotations

import pytest

from pmtui.ui.shorter import fitted, veiled

FILL = "filled BUY 25 at 58¢, maker"


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (40, "1 YES Rain: filled BUY 25 at 58¢, maker"),
        (38, "1 YES Rain: filled BUY 25 at 58¢"),
        (31, "1 YES Rain: BUY 25 at 58¢"),
        (24, "1 YES: BUY 25 at 58¢"),
        (19, "1 YES: BUY at 58¢"),
        (16, "1 YES: BUY 58¢"),
        (13, "[1]: BUY 58¢"),
        (10, "BUY at 58¢"),
    ],
)
def test_a_fill_keeps_side_and_price_the_longest(room: int, told: str) -> None:
    assert fitted(FILL, room, ("1 YES Rain", "1 YES"), "[1]") == told


def test_a_settlement_that_is_tried_again_keeps_its_market_too() -> None:
    assert fitted("settlement retried: BUY 90 at 49¢", 33, ("1 NO",), "[1]") == "1 NO: retried BUY 90 at 49¢"


def test_a_coin_keeps_its_size_by_its_number() -> None:
    assert (
        fitted("filled SELL 0.0878 at 3413.0, taker", 32, ("13 ETH perp", "13 ETH"), "[13]")
        == "13 ETH: SELL 0.0878 at 3413.0"
    )


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (49, "3 FOXES: cancelled BUY at 51.75¢, market resolved"),
        (48, "3 FOXES: cancelled BUY at 51.75¢"),
        (31, "3 FOXES: cancelled BUY 51.75¢"),
        (28, "[3]: cancelled BUY at 51.75¢"),
        (25, "[3]: cancelled BUY 51.75¢"),
    ],
)
def test_an_order_keeps_its_price_the_longest(room: int, told: str) -> None:
    assert fitted("cancelled BUY at 51.75¢, market resolved", room, ("3 FOXES",), "[3]") == told


def test_where_not_even_that_fits_the_shortest_is_cut() -> None:
    assert fitted("settlement FAILED: SELL 1.5K at 48¢ did not happen", 12) == "FAILED SELL…"


def test_a_link_keeps_its_name() -> None:
    words = "polymarket account link down: the connection was closed"
    assert fitted(words, 60) == words
    assert fitted(words, 30) == "polymarket account link down"
    assert fitted(words, 20) == "account link down"


def test_why_a_link_is_down_is_told_in_few_words_where_there_is_no_room_for_many() -> None:
    words = "polymarket account link down: credentials not accepted (401): wrong, replaced, or the clock is off"
    assert fitted(words, 67) == "polymarket account link down: credentials not accepted (401)"
    assert fitted(words, 59) == "polymarket account link down"


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (44, "polymarket link 1 is up again, after 12s"),
        (33, "polymarket link 1 up after 12s"),
        (20, "link 1 up after 12s"),
    ],
)
def test_for_how_long_a_link_was_down_is_told_to_the_last(room: int, told: str) -> None:
    assert fitted("polymarket link 1 is up again, after 12s", room) == told


def test_amounts_are_hidden_wherever_they_stand() -> None:
    assert veiled(FILL) == "filled BUY ••• at 58¢, maker"
    assert veiled("settlement FAILED: SELL 2.5 at 58¢ did not happen") == (
        "settlement FAILED: SELL ••• at 58¢ did not happen"
    )
    assert veiled("cancelled BUY at 58¢") == "cancelled BUY at 58¢"
