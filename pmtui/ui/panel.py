"""A panel: the one base class of everything that shows live numbers.

A panel *looks* at the world and gets rows, and *paints* one row at a time. Rows are plain values that can be compared:
the panel keeps the ones on the screen, and only the lines whose rows differ are painted and written.

    class Prices(Panel[tuple[str, str]]):
        COMPONENT_CLASSES = {"prices--bid"}
        DEFAULT_CSS = "Prices .prices--bid { color: $success; }"

        def look(self) -> list[tuple[str, str]]:
            return self.desk.prices(self.lines)

        def paint(self, row: tuple[str, str], width: int) -> Spans:
            return [(f"{row[0]:<12}", ""), (row[1].rjust(width - 12), "prices--bid")]

Panels have no border, padding, tint or opacity: a frame around the numbers is a row like any other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import ClassVar, Generic, TypeVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from pmtui.core.tuples import NamedTuple
from pmtui.ui.beneath import Beneath, Veil
from pmtui.ui.cells import cell_len
from pmtui.ui.lay import NARROW, Span, differing, lay
from pmtui.ui.lay import Spans as Spans

_log = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Hashable)
Look = TypeVar("Look", bound=Hashable)


class Panel(Widget, Generic[Row]):
    """A widget of lines that draws only what differs."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"panel--failure"}
    DEFAULT_CSS = """
    Panel { width: 1fr; height: 1fr; }
    Panel .panel--failure { color: $text-error; background: $error-muted; text-style: bold; }
    """
    ALLOW_SELECT = False

    topics: ClassVar[tuple[str, ...]] = ()
    """What the panel shows, in words a user would look for: the help screen sorts by them."""
    help: ClassVar[str] = ""
    """What the panel means and how to read it, for the help screen."""
    takes_keys: bool = False
    """Whether the panel, when it has the focus, wants every key before anybody else does: it is being typed into."""
    keep: ClassVar[int] = 0
    """How many painted rows to remember by value; pays where rows move but do not change, as in a tape."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._rows: Sequence[Row | _Failure | None] = ()
        self._last_look: Sequence[Row | None] = []
        self._changed: Sequence[int] = ()
        """The marked lines, from the top."""
        self._drawn_size = self._looked_size = Size(0, 0)
        self._pen = _Pen(self._resolve)
        self._ground: tuple[Style, Color, Sequence[LineFilter]] | None = None
        """What all looks stand on: the panel's own style, the colour behind it, and what changes colours."""
        self._veiled: tuple[Veil, _Pen[Style]] | None = None
        """What it is seen through below pages, and the pen for that."""
        self._painted: dict[Hashable, str] = {}
        self._paper: object = None
        self._looks_from: object = None
        self._failures: Counter[str] = Counter()

    # What a panel's author writes

    def look(self) -> Sequence[Row | None]:
        """The rows to show now, at most `self.lines` of them; `None` is a blank line.

        Runs under the store's lock, so it only reads and projects. Where nothing can have changed, give back the very
        sequence of the last time, `last_look`: then nothing is compared either.
        """
        raise NotImplementedError

    def paint(self, row: Row, width: int) -> Spans:
        """The spans of one row. Depends on nothing but its arguments; too long or too short is mended."""
        raise NotImplementedError

    def spell(self, spans: Spans) -> Spans:
        """Another spelling of painted spans, no wider than the panel: for terminals that lack some of our signs."""
        return spans

    def looks_from(self) -> object:
        """All that the colours of its looks follow from; None where that cannot be said, and any style may matter."""
        return None

    # What a panel's author may use

    @property
    def lines(self) -> int:
        """How many lines the panel has."""
        return self.outer_size.height

    @property
    def columns(self) -> int:
        """How many columns the panel has."""
        return self.outer_size.width

    @property
    def last_look(self) -> Sequence[Row | None]:
        """What `look` said the last time; nobody may have changed it since."""
        return self._last_look

    @property
    def rows(self) -> Sequence[Row | None]:
        """The rows on the screen, from the top; tells a click what it hit."""
        return [None if isinstance(row, _Failure) else row for row in self._rows]

    # What the frame clock uses

    def look_again(self) -> bool:
        """Look, compare with the rows on the screen, mark the lines that differ; tell whether any line is marked."""
        if self.outer_size is not self._drawn_size:
            self._notice_size()
        self._looked_size = self._drawn_size
        new: Sequence[Row | _Failure | None]
        try:
            new = looked = self.look()
            if looked is not self._last_look:
                self._last_look = looked
                self._mark(differing(self._rows, new))
                self._rows = new
        except Exception as error:  # one panel's mistake must not stop the others
            self._last_look = []
            new = [self._failure(error)]
            self._mark(differing(self._rows, new))
            self._rows = new
        return bool(self._changed)

    def take_changed(self) -> Sequence[int]:
        """The changed lines from the top, now counted as drawn."""
        lines, self._changed = self._changed, ()
        if lines and lines[-1] >= (height := self._drawn_size.height):
            return [y for y in lines if y < height]
        return lines

    def refresh_lines(self, lines: Sequence[int]) -> None:
        """Ask Textual, the public way, to draw these lines."""
        width = self.columns
        for _, run in groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0]):
            ys = [y for _, y in run]
            self.refresh(Region(0, ys[0], width, len(ys)))

    def draw(self, lines: Iterable[int], moves: Sequence[str], frame: list[str]) -> None:
        """Add these lines to a frame, each after its move; the codes do not depend on what was drawn before."""
        begin = len(frame)
        if not self.keep and self._draw_plain(lines, moves, frame):
            return
        del frame[begin:]
        frame.append(self._pen[""][0])
        for y in lines:
            frame += moves[y], self._line(self._row(y), moves[y])

    def draw_beneath(self, lines: Iterable[int], place: Beneath, frame: list[str]) -> None:
        """The same where pages lie on the panel: what can be seen of these lines, in the colours that shine through."""
        if self._veiled is None or self._veiled[0] != place.veil:
            over = place.veil.over
            self._veiled = place.veil, _Pen(lambda style: self._ink(over(style)))
        pen = self._veiled[1]
        for y in lines:
            if pieces := place.pieces[y]:
                line = self.render_line(y)
                for move, first, end in pieces:
                    frame.append(move)
                    for text, style, _ in line.crop(first, end):
                        codes, pen = pen[style or _NO_STYLE]
                        frame += codes, text

    def draw_again(self) -> None:
        """The panel may be at another place: every line of it is to be drawn."""
        self._mark(range(self.lines))

    def forget_looks(self) -> None:
        """Colours have changed: resolve and draw everything again."""
        self._pen = _Pen(self._resolve)
        self._ground = None
        self._painted.clear()
        self._mark(range(self.lines))

    # What Textual calls

    def on_mount(self) -> None:
        if frames := getattr(self.app, "frames", None):
            frames.add(self)

    def on_unmount(self) -> None:
        if frames := getattr(self.app, "frames", None):
            frames.remove(self)

    def on_resize(self, event: events.Resize) -> None:
        if event.size == self._looked_size:
            return  # a frame has come before the message
        if frames := getattr(self.app, "frames", None):
            frames.at_once()
        else:
            self.look_again()
            self.refresh_lines(self.take_changed())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        following = self.looks_from()
        if following is None or following != self._looks_from:
            self.forget_looks()
            self._looks_from = following

    def render_line(self, y: int) -> Strip:
        return self._strip(self._spans(self._row(y)))

    def render_lines(self, crop: Region) -> list[Strip]:
        # Goes around Textual's styles cache: a panel has no border, padding or tint, so a line is what paint() says.
        if self.outer_size != self._looked_size and (frames := getattr(self.app, "frames", None)):
            frames.look_first(self)
        self._notice_size()
        self._notice_paper()
        strips = [self.render_line(y) for y in crop.line_range]
        x1, x2 = crop.column_span
        if (x1, x2) == (0, self.columns):
            return strips
        return [strip.crop(x1, x2) for strip in strips]

    # Painting

    def _mark(self, lines: Sequence[int]) -> None:
        """These lines, told from the top, are to be drawn, too."""
        self._changed = sorted({*self._changed, *lines}) if self._changed else lines

    def _notice_size(self) -> None:
        size, before = self.outer_size, self._drawn_size
        self._drawn_size = size
        if size != before:
            if size.width != before.width:
                self._painted.clear()
            self._mark(range(size.height))

    def _notice_paper(self) -> None:
        """Forget the colours when the background below or the app's filters changed without telling."""
        paper = (self.background_colors, tuple(self.get_line_filters()))
        if paper != self._paper:
            if self._paper is not None:
                self.forget_looks()
            self._paper = paper

    def _spans(self, row: Row | _Failure | None) -> Spans:
        width = self._drawn_size.width
        if row is None:
            return [(" " * width, "")]
        if isinstance(row, _Failure):
            return fit([(f" {row.text}", "panel--failure")], width, fill="panel--failure")
        try:
            return fit(self.spell(self.paint(row, width)), width)
        except Exception as error:  # one row's mistake must not stop the others
            return self._spans(self._failure(error))

    def _draw_plain(self, lines: Iterable[int], moves: Sequence[str], frame: list[str]) -> bool:
        """Draw lines of which nothing is strange, the quick way; false when one is, and all need care."""
        rows, height, width = self._rows, len(self._rows), self._drawn_size.width
        paint, spell = self.paint, self.spell
        painted: list[Spans] = []
        try:
            for y in lines:
                row = rows[y] if y < height else None
                if isinstance(row, _Failure):
                    return False
                painted.append(() if row is None else spell(paint(row, width)))
            return lay(painted, [*map(moves.__getitem__, lines)], self._pen, width, frame)
        except Exception:  # met again, and told, where each line is handled by itself
            return False

    def _line(self, row: Row | _Failure | None, move: str) -> str:
        """A line that begins and ends with the panel's own ink, so that lines can stand in any order."""
        line = self._painted.get(row)
        if line is None:
            home = pen = self._pen[""][1]
            parts: list[str] = []
            spans, narrow = self._spans(row), True
            for n, (text, look) in enumerate(spans):
                codes, pen = pen.blank[look] if parts and text.isspace() else pen[look]
                parts += codes, text
                if not NARROW(text):
                    narrow = False
                    parts[-1] = _pinned(text, move, sum(cell_len(each) for each, _ in spans[:n]))
            parts.append(pen[""][0] if pen is not home else "")
            line = "".join(parts)
            if self.keep and narrow:
                if len(self._painted) >= self.keep:
                    self._painted.clear()
                self._painted[row] = line
        return line

    def _row(self, y: int) -> Row | _Failure | None:
        return self._rows[y] if y < len(self._rows) else None

    def _strip(self, spans: Spans) -> Strip:
        segments: list[Segment] = []
        pen = self._pen
        for text, look in spans:
            pen = (pen.blank if segments and text.isspace() else pen)[look][1]
            segments.append(Segment(text, pen.ink.style))
        return Strip(segments, self.columns)

    def _resolve(self, look: str) -> _Ink:
        """The colours of a look, as this app's filters and this terminal show them."""
        own, behind, filters = self._ground = self._ground or (
            self.rich_style,
            self.background_colors[1],
            self.get_line_filters(),
        )
        style = own
        if names := look.split():
            try:
                style += self.get_component_rich_style(*names)
            except KeyError:
                _log.exception("panel %s has no look %r", type(self).__name__, look)
        strip = Strip([Segment("x", style)], 1)
        for line_filter in filters:
            strip = strip.apply_filter(line_filter, behind)
        return self._ink(_first_style(strip))

    def _ink(self, style: Style) -> _Ink:
        return _Ink(
            style,
            self._codes(style.without_color),
            self._codes(Style(color=style.color)) or "39",
            self._codes(Style(bgcolor=style.bgcolor)) or "49",
        )

    def _codes(self, style: Style) -> str:
        return Strip([Segment("x", style)], 1).render(self.app.console).partition("x")[0][2:-1]

    # Trouble

    def _failure(self, error: Exception) -> _Failure:
        name, kind = type(self).__name__, type(error).__name__
        self._failures[kind] += 1
        times = self._failures[kind]
        if times == 10 ** (len(str(times)) - 1):  # it may fail thirty times a second: the 1st, 10th, 100th … are logged
            _log.error("panel %s failed with %s, %d times so far", name, kind, times, exc_info=error)
        return _Failure(f"{name}: {_plain(error)}")


class _Failure(NamedTuple):
    """A row that says what went wrong."""

    text: str


class _Ink(NamedTuple):
    """A look made concrete: its style, and the codes for its attributes, its colour and its background."""

    style: Style
    attributes: str
    colour: str
    paper: str


class _Pen(dict[Look, "tuple[str, _Pen[Look]]"]):
    """The codes to write before the next text, by its look, and the pen to go on with.

    A pen knows what it wrote with last, so that it only says what differs: most of a line keeps its background.
    """

    def __init__(self, resolve: Callable[[Look], _Ink], ink: _Ink | None = None) -> None:
        super().__init__()
        self._resolve = resolve
        self._ink = ink
        self._pens: dict[Look, _Pen[Look]] = {}
        self.blank = _Blank(self)
        """The same for blanks that follow another text: of an ink they only show the background."""

    @property
    def ink(self) -> _Ink:
        """What it writes with; a new pen has none."""
        assert self._ink is not None
        return self._ink

    def __missing__(self, look: Look) -> tuple[str, _Pen[Look]]:
        pen = self._pens.get(look)
        if pen is None:
            pen = self._pens[look] = _Pen(self._resolve, self._resolve(look))
            pen._pens = self._pens
        step = self[look] = (_change(self._ink, pen.ink), pen)
        return step


class _Blank(dict[Look, "tuple[str, _Pen[Look]]"]):
    """What a pen does before blanks: nothing, where the other look would show no difference."""

    def __init__(self, pen: _Pen[Look]) -> None:
        super().__init__()
        self._pen = pen

    def __missing__(self, look: Look) -> tuple[str, _Pen[Look]]:
        codes, pen = self._pen[look]
        same = _UNSEEN.issuperset(f"{self._pen.ink.attributes};{pen.ink.attributes}".split(";"))
        step = self[look] = ("", self._pen) if same and self._pen.ink.paper == pen.ink.paper else (codes, pen)
        return step


_NO_STYLE = Style()
_UNSEEN = frozenset(("", "1", "2", "3"))
"""Attributes that blanks do not show: bold, dim, italic."""
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}


def _change(old: _Ink | None, new: _Ink) -> str:
    """The shortest codes from one ink to another."""
    before, after = ("" if old is None else old.attributes).split(";"), new.attributes.split(";")
    gone = [code for code in before if code and code not in after]
    if old is None or not all(code in _OFF for code in gone):
        codes = ["0", *after, new.colour, new.paper]
    else:
        off = dict.fromkeys(_OFF[code] for code in gone)
        # Bold and dim end together, so the one that stays has to begin again.
        codes = [*off, *(code for code in after if code not in before or _OFF.get(code) in off)]
        codes += [new.colour if new.colour != old.colour else "", new.paper if new.paper != old.paper else ""]
    codes = [code for code in codes if code]
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def fit(spans: Spans, width: int, fill: str = "") -> Spans:
    """The same spans, exactly `width` cells wide and without characters that move the cursor."""
    text = "".join([text for text, _ in spans])
    return spans if len(text) == width and NARROW(text) else list(_fitted(spans, width, fill))


def _fitted(spans: Spans, width: int, fill: str) -> Iterator[Span]:
    left = width
    for given, look in spans:
        text = given if given.isprintable() else "".join([char if char.isprintable() else "�" for char in given])
        cells = cell_len(text)
        if cells > left:
            text = set_cell_size(text, left)
            cells = left
        if text:
            yield text, look
        left -= cells
    if left:
        yield " " * left, fill


def _pinned(text: str, move: str, before: int) -> str:
    """A text that terminals may draw wider or narrower than we count: blanks for it, the text, and the move to what
    comes behind it, which keeps its column."""
    cells, first = cell_len(text), int(move.rpartition(";")[2].rstrip("H")) + before
    return f"{' ' * cells}\x1b[{first}G{text}\x1b[{first + cells}G"


def _first_style(strip: Strip) -> Style:
    return next(iter(strip)).style or Style()


def _plain(error: Exception) -> str:
    """An error in one short line of printable text."""
    from pmtui import logs

    text = "".join([char if char.isprintable() else " " for char in logs.SECRETS.mask(str(error))])
    text = " ".join(text.split())
    return f"{type(error).__name__} {text[:160]}".rstrip()
