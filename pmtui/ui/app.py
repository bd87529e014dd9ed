"""The program on the screen: keys, the pulse of the data, and the one desk that everything shows."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from pmtui.core.alerts import Kind
from pmtui.core.exhausted import exhausted
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.desk import Desk
from pmtui.memory import Memory, settled
from pmtui.ui.driver import TerminalDriver
from pmtui.ui.fills import Happenings
from pmtui.ui.key import Key, key_names
from pmtui.ui.live import LiveApp
from pmtui.ui.markets import Facts
from pmtui.ui.notes import Note, Notes, told
from pmtui.ui.plain import filters
from pmtui.ui.screens.dashboard import Dashboard, found_panels, too_small
from pmtui.ui.sheet import Pane
from pmtui.ui.themes import DARK, THEMES, defaults, following, is_colourless, pick, wished

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from pmtui.config import Settings
    from pmtui.logs import Logs

log = logging.getLogger(__name__)

_AGES_EVERY = 1.0
_NEWS_EVERY = 0.2
_PALETTE_GOES = 0.1
"""Seconds after which a picture shows the screen without the list that asked for it."""
_NOTICE = 10.0
"""Seconds for which a notice is told."""
_STOOD_STILL = 2.0
"""Seconds without a frame that the user is told of; the health panel tells of shorter ones."""
_SWITCH_INTERVAL = 0.0001
"""Seconds a thread may keep the interpreter from another: a key must not wait for a busy feed."""


_ALT_DIGITS = tuple(
    enumerate(
        (
            "inverted_exclamation_mark",
            "trade_mark_sign",
            "pound_sign",
            "cent_sign",
            "infinity",
            "section_sign",
            "pilcrow_sign",
            "bullet",
            "ª",
        ),
        1,
    )
)
"""Alt and a digit: most terminals send escape and the digit, which Textual takes for what a Mac types with them."""


def _keys_of_panels() -> list[Binding]:
    """What panels answer to wherever the focus is, passed on to them."""
    return [
        replace(key, action=f"at({panel.__name__!r}, {key.action!r})") for panel in found_panels() for key in panel.KEYS
    ]


class Pmtui(LiveApp[None]):
    """One desk, many markets, one of them on the screen."""

    TITLE = "pmtui"
    CSS_PATH = "pmtui.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", tooltip="what each panel shows, and every key"),
        Key(
            "q,ctrl+c",
            "quit",
            "quit",
            key_display="q",
            tooltip="leave at once; ctrl+z goes to the shell, and fg comes back",
            does="leave at once",
        ),
        Binding("ctrl+z", "suspend_process", "to the shell", show=False, priority=True, tooltip="stop; fg goes on"),
        Key(
            "right_square_bracket",
            "step(1)",
            "market",
            key_display="[ ]",
            tooltip="the previous market, the next; alt+1 to alt+9 show one by its number",
            name="next market",
            does="show the next market",
        ),
        Binding("left_square_bracket", "step(-1)", "previous market", show=False, tooltip="show the previous market"),
        Key(
            "left,right",
            "flip",
            "YES/NO",
            key_display="← →",
            tooltip="the other outcome, at once",
            name="other outcome",
            does="show the other outcome of this market",
        ),
        Key(
            "slash,g",
            "find",
            "find",
            key_display="/",
            tooltip="go to a market, find one, add or remove it; g does it too",
            does="open the page on which markets are found, added and removed",
        ),
        *_keys_of_panels(),
        Key(
            "tab",
            "focus_next",
            "panel",
            tooltip="give the keys to the next panel; shift+tab goes back",
            name="next panel",
            does="give the keys to the next panel",
        ),
        Binding("1", "panel('1')", "panels", key_display="1-7", tooltip="hide or show a panel"),
        *(Binding(digit, f"panel('{digit}')", f"panel {digit}", show=False) for digit in "234567"),
        *(Binding(f"alt+{n},{sign}", f"jump({n})", f"market {n}", show=False) for n, sign in _ALT_DIGITS),
        Binding("z", "zoom", "zoom", tooltip="the panel with the keys alone, or all of them again"),
        Binding("h", "health", "health", tooltip="show or hide links, ledger, proofs, delays and frames"),
        Key(
            "a",
            "account",
            "account",
            tooltip="your own orders, fills and positions, and the keys to them",
            does="your orders, fills and positions, with the keys; hides them where they have the keys",
        ),
        Binding("v", "veil", "hide amounts", tooltip="hide what is yours while others see the screen, or show it"),
        Binding("t", "theme", "theme", tooltip="the next theme: dark, light, colour-blind safe, no colour"),
        Binding("b", "ring", "bell", tooltip="ring at a tick change and at your fills, or keep quiet"),
        Binding("B", "flash", "flash", tooltip="a bright banner for what happens, or a calm one"),
        Binding(
            "ctrl+p",
            "command_palette",
            "commands",
            key_display="^p",
            tooltip="every command by name; one saves a picture of the screen",
        ),
    ]

    def __init__(
        self,
        desk: Desk,
        *,
        follow: bool = True,
        theme: str = "",
        ascii_only: bool = False,
        bell: bool = False,
        flash: bool = True,
        axis: str = "static",
        scale: str = "linear",
        memory: Memory | None = None,
    ) -> None:
        super().__init__(lock=desk.lock, way=desk.way)
        self.ascii_only = ascii_only
        self.no_color = is_colourless(os.environ)
        self._bell = bell
        self.flash = flash
        """Whether a happening makes the banner bright."""
        self.axis, self.scale = axis, scale
        """How the ladder begins."""
        self.memory = memory or Memory()
        self._chooses = False
        self.call_first: Callable[[], None] = lambda: None
        """What can wait for the first frame but not for the feed."""
        self.logs: Logs | None = None
        self.log_trouble = ""
        """What keeps lines out of the log, as it was told."""
        self._alerts_seen = 0
        self.desk = desk
        self.veiled = False
        """Whether the account's amounts are hidden; for this session only."""
        self.notes = Notes()
        self.happenings = Happenings(self)
        self._unfinished = ""
        """What was typed on a page that went because the terminal became too small; the next one begins with it."""
        self._has_account = bool(desk.store.accounts)
        self._follow = follow
        self._blocked_at: float | None = None
        for each in THEMES:
            self.register_theme(each)
        self.dress(theme if theme in self.available_themes else DARK.name)

    def wear(self, wish: str) -> None:
        """To begin with the theme that comes nearest to a wish on this terminal."""
        # Textual's own list of commands has colours that no theme of ours takes from it.
        self.no_color = self.no_color or self.console.color_system is None
        self.dress(pick(wish, self.console.color_system, self.no_color))

    def dress(self, theme: str) -> None:
        """The theme to begin with. Nothing is shown yet that it could change, so nothing is read and styled twice."""
        known = self.get_theme(theme)
        if known is None or known.ansi or not known.dark:
            self.theme = theme  # Textual prepares itself for a dark one with colours of its own
            return
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        return filters(super().get_line_filters(), ascii_only=self.ascii_only, no_color=self.no_color)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return defaults(self.current_theme)

    def get_default_screen(self) -> Dashboard:
        return Dashboard()

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(_AGES_EVERY, self._second)
        self.set_interval(_NEWS_EVERY, self.tell)
        # The first frame comes before the network, whose modules take longer to load than it does to draw.
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if not self.dashboard.is_attached:
            return  # somebody left before
        self.dashboard.complete()
        self._fit(self.size)
        self._chooses = True
        if not self._follow:
            return
        self.call_first()
        # All that stands now stays: the collector need never look at it again, nor stop a frame for it.
        gc.freeze()
        gc.enable()
        self.desk.start(self.frames.nudge)

    def on_unmount(self) -> None:
        super().on_unmount()
        self.happenings.note()  # the last of it is written down by the feed that ends
        self.desk.stop()

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        if too_small(size):
            # Textual cannot lay out its list of commands in a handful of columns, and nobody could read a page there.
            for page in self.screen_stack[1:]:
                self._unfinished = getattr(page, "typed", self._unfinished)
                self.pop_screen()
        self.dashboard.lay_out(size)

    def open(self, page: Screen[Any]) -> None:
        """Put a page above the dashboard, where there is room for one."""
        if not too_small(self.size):
            self.push_screen(page)

    @property
    def dashboard(self) -> Dashboard:
        """The screen below all others."""
        return cast(Dashboard, self.screen_stack[0])

    def _second(self) -> None:
        self.desk.refresh()
        self._ring()
        self._own_up()
        self._look_at_log()
        self._place_account()
        self.frames.nudge()

    def _ring(self) -> None:
        """The bell, once for the tick changes of the last second."""
        with self.desk.lock:
            fresh, self._alerts_seen = self.desk.store.alerts.since(self._alerts_seen)
        if self._bell and any(each.kind is Kind.TICK and self.desk.concerns(each.instrument) for each in fresh):
            self.bell()

    def _own_up(self) -> None:
        """Say once that the screen stood still for so long that somebody may have believed it."""
        counts = self.frames.counts
        if counts.blocked_at != self._blocked_at and counts.blocked >= _STOOD_STILL:
            words = f"was blocked {counts.blocked:.1f} s"
            log.warning("display %s", words)
            self.notify(words, title="display", severity="warning", markup=False)
        self._blocked_at = counts.blocked_at

    def _look_at_log(self) -> None:
        """Say once that the log cannot be written, and once that it can be again."""
        trouble = self.logs.trouble if self.logs else ""
        if trouble != self.log_trouble:
            self.log_trouble = trouble
            self.say(f"the log cannot be written: {trouble}" if trouble else "the log is written again, with a gap")

    def say(self, *notices: str) -> None:
        """Tell what concerns the whole session: one after the other for some seconds, and at once among the events,
        which the log has, too."""
        for n, words in enumerate(notices):
            with self.desk.lock:
                self.desk.store.alerts.add(self.desk.now(), Kind.NOTICE, words)
            tell = partial(self.notify, words, title="pmtui:", severity="warning", timeout=_NOTICE, markup=False)
            self.set_timer(n * _NOTICE, tell) if n else tell()

    def tell(self) -> None:
        """Say aloud what happened to our own orders; costs a comparison while nothing did."""
        self.happenings.tell()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
        about: str = "",
    ) -> None:
        """Tell something for some seconds: in the banner's line, or in the same place above a page that dims it.

        Without a title it is the answer to a key; a newer one that is `about` the same takes its place.
        """
        seconds, now = self.NOTIFICATION_TIMEOUT if timeout is None else timeout, self.desk.now()
        words = Content.from_markup(message).plain if markup else message
        self.notes.say(Note(title, words, severity, now, now + int(seconds * 1000), about))
        self._tell_note()
        self.set_timer(seconds, self._tell_note)

    def _tell_note(self) -> None:
        """Show the note that is due, in its place."""
        now = self.desk.now()
        current = self.notes.current(now)
        if len(self.screen_stack) > 1 and current is not None:
            # One line above the page at a time; when the page goes it goes too, and the banner's line tells the rest.
            self.clear_notifications()
            line = "".join(text for text, _ in told(*current, self.size.width))
            grave, left = cast("SeverityLevel", current[0].severity), (current[0].until - now) / 1000
            super().notify(line, severity=grave, timeout=left, markup=False)
        self.frames.nudge()

    def ring(self, times: int) -> None:
        """The bell, for whoever wants to hear it."""
        for _ in range(times if self._bell else 0):
            self.bell()

    def _place_account(self) -> None:
        """An account that was found or lost has a place on the screen or none."""
        if self._has_account != (has := bool(self.desk.store.accounts)):
            self._has_account = has
            self.dashboard.lay_out_now()

    # Keys

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """What a key needs may have to be loaded first, and there may be no room for it."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except (OSError, MemoryError) as error:
            if not (why := exhausted(error)):
                raise
            self.notify(f"not possible now: {why}", severity="error", markup=False)
            return True

    def action_suspend_process(self) -> None:
        """As the terminal itself does it for those that leave it the key: all that the shell began together stops."""
        # What a terminal or a script without jobs began is in the group of its session: nobody could call it back.
        if os.getsid(0) != os.getpgrp():
            if isinstance(self._driver, TerminalDriver):
                self._driver.step_back()  # before a script around us stops, and the shell takes the terminal
            os.killpg(0, signal.SIGTSTP)

    def action_step(self, by: int) -> None:
        self.desk.step(by)

    def action_jump(self, n: int) -> None:
        if n <= len(self.desk.markets):
            self.desk.show(self.desk.markets[n - 1])

    def action_flip(self) -> None:
        if words := self.desk.flip():
            self.notify(words, timeout=4, markup=False)

    def action_find(self) -> None:
        from pmtui.ui.screens.picker import Picker

        if not too_small(self.size):
            text, self._unfinished = self._unfinished, ""
            self.open(Picker(text))

    async def action_at(self, panel: str, action: str) -> None:
        """Pass a key on to the panel that it is for."""
        for each in self.panels():
            if type(each).__name__ == panel:
                await self.pass_on(action, each)

    def action_panel(self, digit: str) -> None:
        self.dashboard.switch(digit)

    def action_zoom(self) -> None:
        self.dashboard.zoom()

    def action_health(self) -> None:
        self.dashboard.switch("6")

    def action_account(self) -> None:
        """Show the account and give it the keys, or hide it when it has them."""
        self.dashboard.call_up("7")

    def action_veil(self) -> None:
        self.veiled = not self.veiled
        self.notes.clear()  # an amount may stand in one
        self.clear_notifications()
        self.notify(f"your amounts are {'hidden' if self.veiled else 'shown'}", timeout=2, about="amounts")

    def action_ring(self) -> None:
        self._bell = not self._bell
        self.keep("bell", self._bell)
        self.notify(f"bell {'on' if self._bell else 'off'}", timeout=2, about="bell")

    def action_flash(self) -> None:
        self.flash = not self.flash
        self.keep("flash", self.flash)
        self.notify(f"flash {'on' if self.flash else 'off'}", timeout=2, about="flash")

    def action_theme(self) -> None:
        theme = following(self.theme, self.console.color_system, self.no_color)
        if theme == self.theme:
            self.notify("no colours here (NO_COLOR, or the terminal has none): there is one theme", timeout=4)
        self.theme = theme

    def action_command_palette(self) -> None:
        from pmtui.ui.screens.palette import Palette

        if not Palette.is_open(cast("App[object]", self)):
            self.open(Palette())

    def action_help(self) -> None:
        from pmtui.ui.screens.help import Help

        self.open(Help())

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything that a key does, by name in the palette."""
        from pmtui.ui.commands import commands

        yield from commands(self)
        # Textual's own hide the label, squeeze the dashboard, do again what a key of ours does, or save a picture in a
        # folder that not everybody has.
        yield SystemCommand("Screenshot", "save a picture of the screen (SVG)", self._picture)

    def _picture(self) -> None:
        from pmtui.ui.picture import save

        self.set_timer(_PALETTE_GOES, partial(save, self))

    # What panels ask

    def panels(self) -> list[Pane]:  # type: ignore[type-arg]  # of any row
        return self.dashboard.panes()

    def keep(self, name: str, value: object) -> None:
        """Remember a choice for the next time."""
        self.memory.keep(name, value)
        if why := self.memory.take_trouble():
            self.notify(f"choices will not be remembered: {why}", severity="warning", markup=False)

    def watch_theme(self, theme: str) -> None:
        # The one to begin with was not chosen on the screen.
        if self._chooses:
            self.keep("theme", wished(theme))

    def own_bindings(self) -> list[Binding]:
        """The keys of this program, the most useful first."""
        return [each for each in self.BINDINGS if isinstance(each, Binding) and each.show]

    def written(self, key: Binding) -> str:
        """A key, or two, as texts name it."""
        names = key.key_display or key.key.partition(",")[0]
        return key_names(names) if self.ascii_only else names

    def get_key_display(self, binding: Binding) -> str:
        names = super().get_key_display(binding)
        return key_names(names) if self.ascii_only else names

    def names(self, instrument: InstrumentId, width: int) -> tuple[tuple[str, ...], str]:
        """What a market can be called in so many cells, the longest first; and what it is called in hardly any."""
        facts = Facts.of(self.desk, instrument)
        return facts.names(width), facts.last


def run(
    settings: Settings,
    targets: Sequence[Instrument],
    begin: Callable[[], Logs | None] = lambda: None,
    notices: Sequence[str] = (),
) -> int:
    """Show these until the user leaves; the exit code.

    Once the first frame is drawn `begin` opens the log, and the notices are told.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL)
    desk = Desk(targets, settings.addresses, compress=settings.compress, login=settings.login)
    memory = Memory.load(settings.state_file if settings.remember else None)
    settings = settled(settings, memory)
    app = Pmtui(
        desk,
        ascii_only=settings.ascii,
        bell=settings.bell,
        flash=settings.flash,
        axis=settings.axis,
        scale=settings.scale,
        memory=memory,
    )
    app.wear(settings.theme)

    def first() -> None:
        app.logs = begin()
        app.say(*notices)

    app.call_first = first
    app.run()
    return app.return_code or 0
