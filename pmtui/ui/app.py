"""The program on the screen: keys, the pulse of the data, and the one desk that everything shows."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from pmtui.core.alerts import Kind
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.desk import Desk
from pmtui.ui.frame import LiveApp
from pmtui.ui.plain import PlainFilter
from pmtui.ui.screens.dashboard import LEAST, Dashboard
from pmtui.ui.sheet import Pane
from pmtui.ui.text import clean, shorten
from pmtui.ui.themes import DARK, THEMES, VARIABLES

if TYPE_CHECKING:
    from pmtui.config import Settings

_AGES_EVERY = 1.0
_SWITCH_INTERVAL = 0.0005
"""Seconds a thread may keep the interpreter from another: a key must not wait for a busy feed."""


class Pmtui(LiveApp[None]):
    """One desk, many markets, one of them on the screen."""

    TITLE = "pmtui"
    CSS_PATH = "pmtui.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", tooltip="this page"),
        Binding("q,ctrl+c", "quit", "quit", key_display="q", tooltip="leave at once"),
        Binding("right_square_bracket", "step(1)", "next market", key_display="]", tooltip="the next market"),
        Binding("left_square_bracket", "step(-1)", "previous", key_display="[", tooltip="the previous market"),
        *(Binding(str(n), f"jump({n})", f"market {n}", show=False) for n in range(2, 10)),
        Binding("1", "jump(1)", "market", key_display="1-9", tooltip="jump to a market"),
        Binding("m", "centre", "centre", tooltip="put the touches back in the middle of the ladder"),
        Binding("h", "health", "health", tooltip="links, ledger, proofs, delays and frames"),
        Binding("ctrl+p", "command_palette", "commands", key_display="^p", tooltip="every command by name"),
    ]

    def __init__(
        self, desk: Desk, *, follow: bool = True, theme: str = "", ascii_only: bool = False, bell: bool = False
    ) -> None:
        super().__init__(lock=desk.lock)
        self.ascii_only = ascii_only
        self._plain = PlainFilter()
        self._bell = bell
        self.call_first: Callable[[], None] = lambda: None
        """What can wait for the first frame but not for the feed."""
        self._alerts_seen = 0
        self.desk = desk
        self._follow = follow
        self._complement: InstrumentId | None = None
        self._frames_seen: deque[tuple[int, int]] = deque(maxlen=6)
        self.rate = 0.0
        """Frames a second that the feed brought over the last five seconds."""
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme if theme in self.available_themes else DARK.name

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._plain] if self.ascii_only else super().get_line_filters()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def get_default_screen(self) -> Dashboard:
        return Dashboard()

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(_AGES_EVERY, self._second)
        # The first frame comes before the network, whose modules take longer to load than it does to draw.
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.dashboard.complete()
        self._fit(self.size)
        if not self._follow:
            return
        self.call_first()
        # All that stands now stays: the collector need never look at it again, nor stop a frame for it.
        gc.freeze()
        gc.enable()
        self.desk.start(self.frames.nudge)

    def on_unmount(self) -> None:
        super().on_unmount()
        self.desk.stop()

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        self.dashboard.set_class(size.width < LEAST[0] or size.height < LEAST[1], "too-small")

    @property
    def dashboard(self) -> Dashboard:
        """The screen below all others."""
        return cast(Dashboard, self.screen_stack[0])

    def _second(self) -> None:
        now, frames = self.desk.now(), self.desk.store.ledger.frames
        self._frames_seen.append((now, frames))
        first_at, first = self._frames_seen[0]
        self.rate = (frames - first) * 1000 / (now - first_at) if now > first_at else 0.0
        board = self.desk.board()
        if board is not None and board.instrument.complement != self._complement:
            self._complement = board.instrument.complement
            self.desk.refresh()
        self._ring()
        self.frames.nudge()

    def _ring(self) -> None:
        """The bell, once for the tick changes of the last second."""
        fresh, self._alerts_seen = self.desk.store.alerts.since(self._alerts_seen)
        if self._bell and any(each.kind is Kind.TICK and self.desk.concerns(each.instrument) for each in fresh):
            self.bell()

    # Keys

    def action_step(self, by: int) -> None:
        self.desk.step(by)

    def action_jump(self, n: int) -> None:
        if n <= len(self.desk.markets):
            self.desk.show(self.desk.markets[n - 1])

    def action_centre(self) -> None:
        for panel in self.panels():
            if hasattr(panel, "centre"):
                panel.centre()

    def action_health(self) -> None:
        self.dashboard.toggle_class("health")

    def action_help(self) -> None:
        from pmtui.ui.screens.help import Help

        self.push_screen(Help())

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything that a key does, by name in the palette."""
        for each in self.own_bindings():
            if each.action not in ("jump(1)", "command_palette"):
                key = each.key_display or each.key
                act = partial(self.call_later, self.run_action, each.action)
                yield SystemCommand(each.description.capitalize(), f"{each.tooltip} ({key})", act)
        yield from (each for each in super().get_system_commands(screen) if each.title != "Quit")

    # What panels ask

    def panels(self) -> list[Pane]:  # type: ignore[type-arg]  # of any row
        return list(self.dashboard.query(Pane))

    def own_bindings(self) -> list[Binding]:
        """The keys of this program, the most useful first."""
        return [each for each in self.BINDINGS if isinstance(each, Binding) and each.show]

    def short_name(self, instrument: InstrumentId, width: int = 18) -> str:
        """A market's name in a few words."""
        board = self.desk.store.boards.get(instrument)
        if board is None:
            return instrument.partition(":")[2][:6]
        return shorten(clean(board.instrument.name), width)


def run(settings: Settings, targets: Sequence[Instrument], begin: Callable[[], None] = lambda: None) -> int:
    """Show these until the user leaves; the exit code. `begin` is called once the first frame is drawn."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    desk = Desk(targets, {targets[0].venue: settings.addresses}, compress=settings.compress)
    app = Pmtui(desk, theme=settings.theme, ascii_only=settings.ascii, bell=settings.bell)
    app.call_first = begin
    app.run()
    return app.return_code or 0
