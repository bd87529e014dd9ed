"""The screenshots show what the program draws today."""

from __future__ import annotations

import pytest

from tests.pictures import HERE, PICTURES, SCREENSHOTS, draw, text_of


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_is_drawn_today(name: str) -> None:
    assert (SCREENSHOTS / f"{name}.svg").exists(), "draw it: python -m tests.pictures"
    assert text_of(name) == (HERE / f"{name}.txt").read_text(encoding="utf-8"), (
        "draw it again: python -m tests.pictures"
    )


def test_a_picture_is_the_same_whenever_it_is_drawn() -> None:
    assert draw("health-120x40") == draw("health-120x40")


def test_no_screenshot_is_left_over() -> None:
    assert {path.stem for path in SCREENSHOTS.glob("*.svg")} == set(PICTURES)
