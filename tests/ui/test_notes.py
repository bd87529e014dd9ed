"""Notes: the gravest first, the newest of those, and none that is over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.ui.notes import Note, Notes

GRAVITY = ("information", "warning", "error")
saying = st.tuples(st.sampled_from(GRAVITY), st.integers(0, 100), st.integers(1, 50))


@given(st.lists(saying, max_size=30), st.integers(0, 160))
def test_the_note_to_show_is_the_newest_of_the_gravest_that_hold(said: list[tuple[str, int, int]], now: int) -> None:
    notes = Notes()
    every = [
        Note("", str(n), kind, at, at + held) for n, (kind, at, held) in enumerate(sorted(said, key=lambda s: s[1]))
    ]
    for note in every:
        notes.say(note)
    now = max(now, every[-1].at if every else 0)
    holding = [note for note in every if note.until > now]
    current = notes.current(now)
    if not holding:
        assert current is None
        return
    assert current is not None
    shown, others = current
    assert others == len(holding) - 1
    assert shown in holding
    gravest = max(GRAVITY.index(note.severity) for note in holding)
    assert GRAVITY.index(shown.severity) == gravest
    assert shown.at == max(note.at for note in holding if GRAVITY.index(note.severity) == gravest)


def test_however_much_happens_little_is_kept() -> None:
    notes = Notes()
    for n in range(10_000):
        notes.say(Note("", str(n), "error", n, n + 1_000_000))
    assert len(list(notes)) == 100
    told = notes.current(10_000)
    assert told is not None
    assert told[0].text == "9999"
    notes.clear()
    assert notes.current(10_000) is None
