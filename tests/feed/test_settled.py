"""Books that stay are not looked through for garbage each time."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pmtui.feed.settled import LOADED_AFTER, MANY, Settling, settle


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_freeze_count()
    yield
    gc.unfreeze()
    if before:  # what was loaded to run the tests stays out of sight
        gc.freeze()


def test_a_few_new_books_are_left_to_the_collector() -> None:
    before = gc.get_freeze_count()
    settling = Settling(settle)
    settling.came(MANY // 2)
    settling.came(MANY // 2 - 1)
    assert gc.get_freeze_count() == before


def test_what_was_loaded_for_the_network_is_out_of_its_sight_soon_after_and_once() -> None:
    settling = Settling(settle, 1_000)
    kept: list[object] = [[]]
    settling.tick(1_000 + LOADED_AFTER - 1)
    assert any(each is kept for each in gc.get_objects())
    settling.tick(1_000 + LOADED_AFTER)
    assert not any(each is kept for each in gc.get_objects())
    later: list[object] = [[]]
    settling.tick(10**9)
    assert any(each is later for each in gc.get_objects())


def test_many_are_out_of_its_sight_and_their_garbage_is_gone_first() -> None:
    circle: list[object] = []
    circle.append(circle)
    kept: list[object] = [[]]
    del circle
    found = len(gc.get_objects())
    settling = Settling(settle)
    settling.came(1)
    settling.came(MANY - 1)
    assert len(gc.get_objects()) < found / 2
    assert not any(each is kept for each in gc.get_objects())
    settling.came(MANY - 1)
    later: list[object] = [[]]
    assert any(each is later for each in gc.get_objects())
