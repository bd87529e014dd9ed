"""Find a market: among those that are open, and at the venues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from pmtui.core.instrument import InstrumentId
from pmtui.core.ports import Hit
from pmtui.ui.screens.choices import Choice, Choices
from pmtui.ui.text import clean

if TYPE_CHECKING:
    from textual.timer import Timer

    from pmtui.desk import Desk
    from pmtui.ui.app import Pmtui

PAUSE = 0.25
"""Seconds without typing after which the venues are asked."""
LOOKS_EVERY = 0.1
"""Seconds between two looks for an answer that a key waits for."""
LONGEST = 200


class Picker(ModalScreen[None]):
    """One line to type in, and below it what it finds. Behind it the dashboard goes on living."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", priority=True, tooltip="show this market; a number alone jumps to it"),
        Binding("ctrl+a,insert", "add", "add", key_display="^a", priority=True, tooltip="follow it without showing it"),
        Binding("ctrl+d", "remove", "remove", key_display="^d", priority=True, tooltip="stop watching an open market"),
        Binding("delete", "delete", "delete", show=False, priority=True, tooltip="as ^d, or the letter under it"),
        Binding("up", "move(-1)", "up", show=False, priority=True, tooltip="the one above"),
        Binding("down", "move(1)", "down", show=False, priority=True, tooltip="the one below"),
        Binding("pageup", "move(-8)", "page up", show=False, priority=True, tooltip="eight up"),
        Binding("pagedown", "move(8)", "page down", show=False, priority=True, tooltip="eight down"),
        Binding("escape", "dismiss", "close", key_display="esc", priority=True, tooltip="back to the dashboard"),
        Binding("ctrl+c", "app.quit", "quit", show=False, priority=True, tooltip="leave at once"),
    ]
    DEFAULT_CSS = """
    Picker { align: center middle; }
    Picker Vertical { width: 100%; max-width: 120; height: 1fr; max-height: 36; background: $panel; padding: 1; }
    Picker Input { background: $panel; color: $ink; }
    Picker Input:focus { background-tint: $panel; }
    Picker Choices { margin-top: 1; background: $panel; }
    """

    def __init__(self, begun: str = "") -> None:
        super().__init__()
        self._begun = begun
        self.text = ""
        self.said = ""
        """What came of the last key, when it could not do what it was pressed for."""
        self._at: InstrumentId | None = None
        self._timer: Timer | None = None
        self._wish: Callable[[], None] | None = None
        """What the last key is to do as soon as the venues have answered."""

    @property
    def host(self) -> Pmtui:
        return cast("Pmtui", self.app)

    @property
    def desk(self) -> Desk:
        return self.host.desk

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Input(placeholder="words, a slug, a link, an id, or a market's number", compact=True)
            yield Choices()

    @property
    def typed(self) -> str:
        """What would have to be typed again."""
        return self.text

    def on_mount(self) -> None:
        self.desk.search("")
        line = self.query_one(Input)
        line.focus()
        line.value = self._begun
        self.set_interval(LOOKS_EVERY, self.grant)

    def on_unmount(self) -> None:
        self.desk.search("")

    def on_screen_resume(self) -> None:
        self.host.frames.nudge()

    # Typing

    def on_input_changed(self, event: Input.Changed) -> None:
        text = " ".join(event.value[:LONGEST].split())
        if text == self.text:
            return
        self.text, self.said, self._at, self._wish = text, "", None, None
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self.search) if text else None
        if not text:
            self.desk.search("")
        self.host.frames.nudge()

    def search(self) -> None:
        """Ask the venues for what is typed."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        before = self.desk.found
        if self.text and (before.text != self.text or before.trouble):
            self.desk.search(self.text)
            self.host.frames.nudge()

    def _wait_to(self, act: Callable[[], None], words: str) -> None:
        """Ask now, and do it when it is known what the text means."""
        self.search()
        if self._searching:
            self._wish, self.said = act, words

    def _forget_wish(self) -> None:
        """Another key says what is to be done now."""
        if self._wish is not None:
            self._wish, self.said = None, ""

    def grant(self) -> None:
        """Do what a key waits for, if there is but one market that it can mean."""
        if self._wish is None or self._searching:
            return
        act, self._wish, self.said = self._wish, None, ""
        choices = self.choices()
        if len(choices) == 1:
            act()
        elif choices:
            self.said = f"{len(choices)} markets were found: which one?"
        self.host.frames.nudge()

    @property
    def _searching(self) -> bool:
        found = self.desk.found
        return bool(self.text) and (found.text != self.text or found.pending)

    # Choosing

    def choices(self) -> list[Choice]:
        """All that can be chosen now: the open markets that the text may mean, then what the venues found.

        A venue answers with whole events: what the text itself means comes before what only came along with it.
        """
        found = {hit.instrument.id: hit for hit in self._found()}
        meant = []
        for choice in self._opened():
            same = [found.pop(each, None) for each in (choice.id, choice.instrument.complement) if each]
            if any(same) or choice.fits(self.text):
                meant.append(choice)
        # A market that is named by its number is the first.
        meant.sort(key=lambda choice: (str(choice.number) != self.text, not choice.fits(self.text)))
        others = [Choice(hit.instrument, price=hit.price) for hit in found.values()]
        return [*meant, *sorted(others, key=lambda choice: not choice.fits(self.text))]

    def _opened(self) -> list[Choice]:
        desk = self.desk
        numbered = ((n, desk.instrument(market)) for n, market in enumerate(desk.markets, start=1))
        return [Choice(known, n) for n, known in numbered if known is not None]

    def chosen(self, choices: Sequence[Choice]) -> int:
        """Which of these the cursor is on: it stays with its market, wherever that goes in the list."""
        at = self._at or (None if self.text else self.desk.market)
        return next((n for n, choice in enumerate(choices) if choice.id == at), 0)

    def message(self, choices: Sequence[Choice]) -> str:
        """What came of the last key, or why there is nothing below, or not more."""
        found = self.desk.found
        if self.said or not self.text:
            return self.said or "type to filter these and to search the venue"
        if self._searching:
            return "searching…"
        nothing = "the venue knows no other" if choices else "nothing matches"
        return clean(found.trouble) or ("" if any(not choice.number for choice in choices) else nothing)

    def point_at(self, choice: Choice) -> None:
        """Put the cursor on a choice: it stays there until something else is typed."""
        self._at = choice.id

    def _found(self) -> Sequence[Hit]:
        found = self.desk.found
        return found.hits if found.text == self.text else ()

    # Keys

    def action_move(self, by: int) -> None:
        self._forget_wish()
        if choices := self.choices():
            self._at = choices[max(0, min(len(choices) - 1, self.chosen(choices) + by))].id

    def action_open(self) -> None:
        self._forget_wish()
        choices = self.choices()
        if not choices:
            self._wait_to(self.action_open, "searching… it is opened when it is found")
            return
        choice = choices[self.chosen(choices)]
        self.desk.show(choice.id if choice.number else self.desk.add(choice.instrument))
        self.dismiss()

    def action_add(self) -> None:
        self._forget_wish()
        choices = self.choices()
        if not choices:
            self._wait_to(self.action_add, "searching… it is added when it is found")
            return
        at = self.chosen(choices)
        if choices[at].number:
            self.said = "this market is open already"
            return
        self.desk.add(choices[at].instrument)
        self.said = f"added as number {len(self.desk.markets)}"
        self._at = choices[min(at + 1, len(choices) - 1)].id

    def action_remove(self) -> None:
        self._forget_wish()
        choices = self.choices()
        at = self.chosen(choices)
        if not choices or not choices[at].number:
            self.said = "this market is not open" if choices else "no open market is listed"
        elif not self.desk.remove(choices[at].id):
            self.said = "the last market stays"
        else:
            self.said = ""
            self._at = choices[at + 1 if at + 1 < len(choices) else at - 1].id

    def action_delete(self) -> None:
        line = self.query_one(Input)
        if line.cursor_at_end and line.selection.is_empty:
            self.action_remove()
        else:
            line.action_delete_right()
