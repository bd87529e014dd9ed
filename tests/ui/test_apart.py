"""Names in few cells: those of one event begin alike, and must not look alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pmtui.core.instrument import Instrument, identify
from pmtui.ui import apart
from pmtui.ui.apart import Title
from tests import scenes

WORDS = (
    "Will",
    "the",
    "high",
    "water",
    "reach",
    "9.5",
    "10",
    "feet",
    "in",
    "Port",
    "Ellery",
    "on",
    "May",
    "2?",
    "優勝",
)
titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)

HARBOUR = [f"Will the highest water level in Port Ellery be {n} on January 26?" for n in ("26-27ft", "28-29ft", "30ft")]
RATES = [f"Will the Northern Bank cut its rate by {n} bps after the March meeting?" for n in (25, 50)]
MINUTES = [f"Copper Up or Down - March 12, {n}AM ET" for n in ("5:20", "5:25")]


BANK = [f"Bank raises interest rates by {n} bps after {m} 2026 meeting?" for n in (25, 50) for m in ("March", "May")]
TOWNS = [
    f"Will the highest water in {town} be {mark} on January {day}?"
    for town in ("Port Ellery", "Northfield")
    for mark in ("26-27ft", "30ft or below")
    for day in (25, 26)
]


def among(*texts: str, part: str = "") -> list[Title]:
    titles = apart.Titles()
    titles.learn(dict.fromkeys(texts))
    return [titles.title(Instrument(identify("pm", text), "pm", text, text, part)) for text in texts]


@pytest.mark.parametrize(
    ("texts", "width", "told"),
    [
        (HARBOUR, 18, ["highest… 26-27ft…", "highest… 28-29ft…", "highest… 30ft on…"]),
        (HARBOUR, 12, ["…26-27ft on…", "…28-29ft on…", "…30ft on…"]),
        (HARBOUR, 37, [f"highest water… {n} on January 26?" for n in ("26-27ft", "28-29ft", "30ft")]),
        (HARBOUR, 90, HARBOUR),
        (RATES, 18, ["Northern… 25 bps…", "Northern… 50 bps…"]),
        (MINUTES, 18, ["Copper… 5:20AM ET", "Copper… 5:25AM ET"]),
        (MINUTES, 12, ["…5:20AM ET", "…5:25AM ET"]),
        (MINUTES, 27, ["Copper Up or… 5:20AM ET", "Copper Up or… 5:25AM ET"]),
        (BANK, 18, ["Bank… 25… March…", "Bank… 25 bps… May…", "Bank… 50… March…", "Bank… 50 bps… May…"]),
        ([text.replace("by", "by ") for text in RATES], 18, ["Northern… 25 bps…", "Northern… 50 bps…"]),
    ],
)
def test_siblings_are_told_by_what_differs(texts: list[str], width: int, told: list[str]) -> None:
    assert [title.cut(width) for title in among(*texts)] == told


@pytest.mark.parametrize("width", [30, 40, 56, 80])
@pytest.mark.parametrize("texts", [BANK, TOWNS, [*BANK, *TOWNS, *HARBOUR, *RATES]])
def test_those_that_differ_in_several_places_are_told_in_all_of_them(texts: list[str], width: int) -> None:
    told = [title.cut(width) for title in among(*texts)]
    assert len(set(told)) == len(texts)
    assert all(cell_len(each) <= width for each in told)


def test_a_title_that_no_other_begins_like_is_told_from_its_beginning() -> None:
    assert [title.cut(18) for title in among(HARBOUR[0], RATES[0])] == ["highest water…", "Northern Bank cut…"]


@pytest.mark.parametrize(
    ("text", "part", "told"),
    [
        (HARBOUR[0], "26-27ft", "highest… 26-27ft…"),
        ("Gulls vs. Foxes in the Harbour Cup", "O/U 221.5", "Gulls… O/U 221.5"),
        ("Will Silver Heron win the Lantern Regatta?", "Silver Heron", "Silver Heron win…"),
        ("Number of rate cuts in 2026: exactly 6?", "6", "Number of rate… 6?"),
        ("Will it rain?", "x" * 40, "Will it rain?"),
        (HARBOUR[0], "a name that is longer than a name can be", "highest water…"),
    ],
)
def test_one_alone_is_told_with_the_few_words_that_the_venue_has_for_it(text: str, part: str, told: str) -> None:
    assert among(text, part=part)[0].cut(18) == told


@given(titles, titles, st.integers(0, 60))
def test_what_is_told_fits_and_of_two_it_is_never_the_same_where_there_is_room(one: str, two: str, width: int) -> None:
    first, second = among(one, two)
    told = first.cut(width), second.cut(width)
    assert all(cell_len(each) <= max(width, 1) for each in told)
    if set(one.split()) != set(two.split()) and width > 1 + max(cell_len(each.least) for each in (first, second)):
        assert told[0] != told[1]


@pytest.mark.parametrize(
    ("pair", "width", "told"),
    [
        (("HARBOUR TOWN GULLS", "HARBOUR TOWN FOXES"), 8, ["…GULLS", "…FOXES"]),
        (("HARBOUR TOWN GULLS", "HARBOUR TOWN FOXES"), 5, ["GULLS", "FOXES"]),
        (("HARBOUR TOWN GULLS", "HARBOUR TOWN FOXES"), 20, ["HARBOUR TOWN GULLS", "HARBOUR TOWN FOXES"]),
        (("NORTHFIELDERS", "NORTHFIELD"), 8, ["…ERS", "NORTHFIELD"[:7] + "…"]),
        (("OKLAHOMA CITY", "DENVER"), 8, ["OKLAHOM…", "DENVER"]),
        (("YES", "NO"), 8, ["YES", "NO"]),
    ],
)
def test_two_sides_that_begin_alike_are_told_by_what_differs(
    pair: tuple[str, str], width: int, told: list[str]
) -> None:
    assert [apart.side(*pair, width), apart.side(*reversed(pair), width)] == told


@given(titles, titles, st.integers(2, 40))
def test_a_side_fits(one: str, two: str, width: int) -> None:
    assert cell_len(apart.side(one, two, width)) <= width


def test_a_market_that_joins_tells_those_apart_that_were_here() -> None:
    scene = scenes.market()
    market = scene.desk.market
    known = scene.desk.instrument(market)
    assert known is not None
    before = apart.title(scene.desk, market).cut(24)

    scene.desk.store.name([known.told(id=identify("pm", "other"), title=known.title.rpartition(" ")[0] + " August?")])

    assert before == "Aurora Line open to…"
    assert apart.title(scene.desk, market).cut(24) == "Aurora Line open… July?"
