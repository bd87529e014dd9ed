"""What markets are called: by whole words, and never two of them alike where there is room to tell them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pmtui.core.instrument import Instrument, identify
from pmtui.ui.apart import Title
from pmtui.ui.markets import Facts
from pmtui.ui.text import least, opened, whole_words
from pmtui.ui.working import longest_name
from tests import scenes

WORDS = ("Will", "the", "Bitcoin", "reach", "$150,000", "in", "May?", "a", "U.S.", "Kestrel-4", "Northfield", "9,900")
titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)


def called(*titles: str, outcome: str = "No") -> list[Facts]:
    """Markets that nobody follows."""
    desk = scenes.account().desk
    known = [
        Instrument(identify("pm", str(n)), "pm", str(n), title=title, outcome=outcome) for n, title in enumerate(titles)
    ]
    desk.store.name(known)
    return [Facts.of(desk, each.id) for each in known]


def is_whole(told: str, title: str) -> bool:
    """Whether what is told of a title are whole words of it."""
    return all(
        not part
        or any(
            title[at : at + len(part)] == part
            and (at == 0 or title[at - 1] == " ")
            and not title[at + len(part) : at + len(part) + 1].isalnum()
            for at in range(len(title))
        )
        for part in map(str.strip, told.split("…"))
    )


@given(titles, st.integers(0, 60))
def test_no_word_is_ever_cut(title: str, width: int) -> None:
    told = whole_words(title, width)
    assert len(told) <= width
    assert is_whole(told, title)


@given(titles)
def test_where_one_word_more_had_room_it_is_there(title: str) -> None:
    lengths = [len(whole_words(title, width)) for width in range(len(title) + 1)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(title)


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Will the Aurora Line open to passengers?", "Aurora…"),
        ("Will it rain on the first of May?", "Will it rain…"),
        ("BTC above 95,000 on Friday?", "BTC above…"),
        ("Gulls vs. Foxes", "Gulls…"),
        ("Rain", "Rain"),
    ],
)
def test_the_least_that_is_told_says_something(title: str, told: str) -> None:
    assert least(opened(title)) == told


@given(titles, st.integers(4, 60))
def test_a_market_that_is_not_followed_is_named_by_whole_words(title: str, width: int) -> None:
    facts = called(title)[0]
    told = facts.named(width)
    assert len(told) <= max(width, len(facts.last))
    if width >= len(facts.brief):
        assert told.startswith("NO ")
        assert is_whole(told.removeprefix("NO "), title)
    elif width >= len(facts.last):
        assert is_whole(told, title)


@given(st.lists(titles, min_size=2, max_size=5, unique=True))
def test_two_markets_look_different_wherever_there_is_room(titles: list[str]) -> None:
    facts = called(*titles)
    width = max(len(each.name) for each in facts)
    assert len({each.named(width) for each in facts}) == len(titles)


def test_markets_of_one_event_are_told_by_where_they_differ() -> None:
    prices = called(*(f"Will Bitcoin reach ${n}0,000 in November?" for n in range(10, 14)))
    assert [each.named(14) for each in prices] == ["NO …$100,000…", "NO …$110,000…", "NO …$120,000…", "NO …$130,000…"]
    assert prices[0].named(23) == "NO Bitcoin… $100,000…"
    assert prices[0].named(30) == "NO Bitcoin reach $100,000 in…"
    assert longest_name(prices) == 13


_WIDE = st.sampled_from(
    [
        "漢字カナ",
        "阪神タイガース",
        "金",
        "👍",
        "🔥 Yes 🔥",
        "한국팀",
        "Liverpool 利物浦",
        "はい",
        "Да",
        "e\u0301\u0302",
        "No",
        "",
    ]
)
_OTHER_WORDS = st.lists(
    st.sampled_from([*WORDS, "日本シリーズ", "優勝", "🚀🚀🚀", "Österreich", "-", ":"]), max_size=8
).map(" ".join)


@given(_OTHER_WORDS, _WIDE, st.integers(-3, 130), st.sampled_from(["", "1", "12"]), st.sets(st.integers(0, 7)))
def test_a_name_of_wide_letters_becomes_shorter_word_by_word_too(
    title: str, outcome: str, width: int, number: str, places: set[int]
) -> None:
    core = tuple(place for place in places if place < len(title.split()))
    before = "".join(f"{word} " for word in (number, outcome) if word)
    brief = f"{number} {outcome}" if number and outcome else before + least(title)
    facts = Facts(brief, 0, cents=True, number=number, before=before, title=Title(title, core))
    cells = [cell_len(name) for name in facts.names(width)]
    assert cells == sorted(cells, reverse=True) or number
    assert len(cells) <= 140
    assert all(cell_len(facts.named(room)) <= max(room, 0) for room in range(-2, 60) if facts.name)


def test_names_that_take_the_place_of_bare_ids_are_told_apart_too() -> None:
    """Of both outcomes of two markets; first only their ids are known, so that there are no more of them later."""
    desk = scenes.account().desk
    ids = [identify("pm", str(n)) for n in range(4)]
    bare = [Instrument(each, "pm", each.partition(":")[2]) for each in ids]
    desk.store.name(bare)
    assert len({Facts.of(desk, each).brief for each in ids}) == 4
    titles = ["Will the Fed cut rates by 25 bps?"] * 2 + ["Will the Fed cut rates by 50 bps?"] * 2
    told = zip(bare, titles, ("Yes", "No") * 2, strict=True)
    desk.store.name([each.told(title=title, outcome=outcome) for each, title, outcome in told])
    assert len({Facts.of(desk, each).brief for each in ids}) == 4
