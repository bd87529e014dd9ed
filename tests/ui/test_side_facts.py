"""Whatever number or date a venue tells beside the market, every panel draws, and nothing is told of what is none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmtui.core.ports import VenueError
from pmtui.core.units import Millis, NotANumber
from pmtui.ui import numbers
from pmtui.ui.app import Pmtui
from pmtui.ui.screens.choices import Choice, _told_facts
from pmtui.venues.hyperliquid import around
from pmtui.venues.hyperliquid.catalog import read
from pmtui.venues.polymarket.catalog import hits
from tests import scenes
from tests.draw import drawn

WIDE = (250, 60)
NUMBERS = st.one_of(
    st.sampled_from(["NaN", "nan", "Infinity", "-Infinity", "1e300", "1e309", "1e-320", "1e-400", "-0", "1e999999999"]),
    st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,4})?", fullmatch=True),
    st.floats().map(repr),
)
DATES = st.one_of(
    st.sampled_from(
        ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+01:00", "1969-07-20", "2026-02-30", "5138-11-17"]
    ),
    st.datetimes().map(str),
    st.builds(
        "{}-{}-{}T{}:00:00{}{}:00".format,
        *[st.integers(0, 99).map("{:02}".format)] * 4,
        st.sampled_from("+-"),
        st.just("05"),
    ),
)
EXPIRIES = st.one_of(
    st.from_regex(r"[0-9]{8}-[0-9]{4}", fullmatch=True), st.sampled_from(["99991231-2359", "00010101-0000"])
)
UNTRUE = re.compile(r"(?i)\b(?:nan|inf|e[-+]?[0-9]{2})\b")


class Json(str):
    """A number that stands in JSON as it is."""


def spelt(row: dict[str, Any]) -> bytes:
    parts = (f"{json.dumps(name)}:{each if isinstance(each, Json) else json.dumps(each)}" for name, each in row.items())
    return f"[{{{','.join(parts)}}}]".encode()


def look(app: Pmtui) -> str:
    """What the panels say, each after a look that must not fail."""
    painted = [pane.paint(row, pane.columns) for pane in app.dashboard.panes() for row in pane.look() if row]
    return "\n".join("".join(text for text, _ in spans) for spans in painted)


def choices(app: Pmtui, raw: bytes) -> str:
    """What the list of choices says of each."""
    now = app.desk.wall(app.desk.now())
    pieces = [
        piece for hit in hits(200, raw) for piece in _told_facts(app.desk, Choice(hit.instrument, price=hit.price), now)
    ]
    return " ".join(span[0] for piece in pieces for span in piece.spans)


@pytest.mark.parametrize("field", ["volume24hr", "liquidityNum", "orderPriceMinTickSize", "orderMinSize", "endDate"])
def test_whatever_a_catalogue_says_of_a_market_every_panel_draws(field: str) -> None:
    scene = scenes.market(3)
    board = scene.desk.board()
    assert board is not None
    tokens = [board.instrument.symbol, (board.instrument.complement or "").partition(":")[2]]
    row = {"question": "Will it rain?", "conditionId": "0x1", "clobTokenIds": json.dumps(tokens), "outcomes": "[]"}

    def read_on(app: Pmtui) -> None:
        @settings(suppress_health_check=[HealthCheck.differing_executors])
        @given(
            st.one_of(DATES, NUMBERS) if field == "endDate" else st.one_of(NUMBERS, NUMBERS.map(Json), st.booleans())
        )
        def told(value: Any) -> None:
            if isinstance(value, Json) and not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", value):
                return  # not JSON
            raw = spelt(row | {field: value})
            try:
                found = hits(200, raw)
            except VenueError:
                return  # a number that no float holds makes it no JSON
            for hit in found:
                scene.desk.store.describe(hit.instrument)
            scene.clock.at = Millis(scene.clock.at + 250)  # some panels look a few times a second only
            assert not UNTRUE.search(f"{look(app)} {choices(app, raw)}")

        told()

    drawn(scene, WIDE, read_on)


@pytest.mark.parametrize("field", ["funding", "markPx", "oraclePx", "prevDayPx", "dayNtlVlm", "openInterest"])
def test_whatever_is_told_around_a_coin_every_panel_draws(field: str) -> None:
    scene = scenes.coins(3)
    shown, now = scene.desk.shown, scene.clock.at
    usual = {"funding": "0.0001", "markPx": "70000.5", "prevDayPx": "69000.0"}

    def read_on(app: Pmtui) -> None:
        @given(NUMBERS)
        def told(value: str) -> None:
            try:
                context = around.context(shown, usual | {field: value}, now)
            except NotANumber:
                return
            scene.desk.store.take([context])
            scene.clock.at = Millis(scene.clock.at + 250)  # some panels look a few times a second only
            assert not UNTRUE.search(look(app))

        told()

    drawn(scene, WIDE, read_on)


@given(EXPIRIES)
def test_an_outcome_of_any_day_is_one_that_can_be_drawn(expiry: str) -> None:
    facts = f"class:priceBinary|underlying:BTC|targetPrice:70000|expiry:{expiry}"
    sides = [{"name": "Yes"}, {"name": "No"}]
    answer = {"outcomes": [{"outcome": 7, "name": "?", "description": facts, "sideSpecs": sides}], "questions": []}
    for each in read(200, json.dumps(answer).encode()):
        assert each.instrument.ends == 0 or numbers.date(each.instrument.ends, 1_800_000_000)
