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
        Note("a", str(n), kind, at, at + held) for n, (kind, at, held) in enumerate(sorted(said, key=lambda s: s[1]))
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
        notes.say(Note("a", str(n), "error", n, n + 1_000_000))
    assert len(list(notes)) == 100
    told = notes.current(10_000)
    assert told is not None
    assert told[0].text == "9999"
    notes.clear()
    assert notes.current(10_000) is None


def _reply(text: str, at: int, held: int = 2_000, about: str = "") -> Note:
    return Note("", text, "information", at, at + held, about)


def _shown(notes: Notes, now: int) -> tuple[str, int] | None:
    current = notes.current(now)
    return current and (current[0].text, current[1])


def test_the_answer_to_a_key_comes_before_an_alarm_for_its_seconds_and_the_alarm_returns() -> None:
    notes = Notes()
    notes.say(Note("settlement FAILED", "SELL 20", "error", 0, 15_000))
    notes.say(_reply("saved as a file", 1_000, 8_000))
    assert _shown(notes, 1_000) == ("saved as a file", 1)
    assert _shown(notes, 4_900) == ("saved as a file", 1)
    assert _shown(notes, 5_100) == ("SELL 20", 0)


def test_what_happens_after_a_key_is_told_at_once_too() -> None:
    notes = Notes()
    notes.say(_reply("saved as a file", 0, 8_000))
    notes.say(Note("settlement FAILED", "SELL 20", "error", 100, 15_000))
    assert _shown(notes, 200) == ("SELL 20", 0)


def test_answers_about_the_same_replace_each_other_and_none_is_counted_among_what_happened() -> None:
    notes = Notes()
    for text, about in (
        ("bell on", "bell"),
        ("bell off", "bell"),
        ("flash off", "flash"),
        ("stays", ""),
        ("stays", ""),
    ):
        notes.say(_reply(text, 0, about=about))
    assert [each.text for each in notes] == ["bell off", "flash off", "stays"]
    assert _shown(notes, 100) == ("stays", 0)
