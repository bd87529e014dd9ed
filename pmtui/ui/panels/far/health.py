"""The truth about the truth: links, the ledger, the four layers of proof, delays and frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from pmtui.core.events import Phase
from pmtui.core.link import Link
from pmtui.core.units import seconds_until
from pmtui.ui import numbers
from pmtui.ui.key import Key
from pmtui.ui.line import Line, Piece, Span, fit, piece, sentence
from pmtui.ui.process import resident
from pmtui.ui.sheet import Sheet
from pmtui.ui.text import clean, shorten

_PHASE_LOOKS = {
    Phase.UP: "sheet--good",
    Phase.CONNECTING: "sheet--accent",
    Phase.DOWN: "sheet--bad",
    Phase.HALTED: "sheet--bad",
}

_LONGEST_NAME = 24
_NAMES = 13
"""The cells before what is told."""
_MOST_REASON = 4
_ROOM_FOR_MORE = 4
"""So many lines, and one of them can say that there are others below."""


class Health(Sheet):
    """How the feed, the books and the screen are doing."""

    called = "health"
    place = "far"
    rank = 40
    share = 2
    fills = True
    can_focus = True
    digit = "6"
    needs = (10_000, 0)
    topics = ("health", "ledger", "proof", "hash", "witness", "delay", "frames", "link")
    help = (
        "received = applied + rejected + ignored, or the line turns red. Tops: our best prices against the ones told;\n"
        "ghosts are levels beyond the told top that were removed. Proofs: whole books whose hash equals the venue's.\n"
        "Mirror: the other outcome's book seen in a mirror. Witness: books fetched apart from the stream."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Key(
            "up",
            "scroll(-1)",
            "scroll",
            key_display="↑ ↓",
            tooltip="the lines above, the lines below",
            name="one up",
            does="scroll one line up",
        ),
        Binding("down", "scroll(1)", "one down", show=False, tooltip="scroll one line down"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._top = 0
        self._memory_at = -1
        self._memory_is = 0

    def compose_rows(self) -> Sequence[Line | None]:
        rows = [*self._links(), None, *self._screen(), None, *self._ledger(), None, *self._layers()]
        self._top = max(0, min(self._top, len(rows) - self.lines))
        below = len(rows) - self._top - self.lines
        if below <= 0 or self.lines < _ROOM_FOR_MORE:
            return rows[self._top :]
        more = ((f" ▾ {below + 1} more lines", "sheet--dim"), ("  ↓" * self.has_focus, "sheet--dim"))
        return [*rows[self._top : self._top + self.lines - 1], more]

    def action_scroll(self, by: int) -> None:
        self._top += by

    def on_mouse_scroll_up(self) -> None:
        self._top -= 3
        self.host.frames.answer()

    def on_mouse_scroll_down(self) -> None:
        self._top += 3
        self.host.frames.answer()

    def _links(self) -> Iterator[Line]:
        now, store = self.desk.now(), self.desk.store
        yield _head("LINKS")
        for link in store.links.values():
            name = shorten(clean(link.name), _LONGEST_NAME)
            books = [board.synced for board in store.boards.values() if board.link is link]
            carried = "orders and fills" if store.is_own(link.name) else f"{sum(books)} of {len(books)} books"
            yield self._fact(name, carried, state=link.phase)
            yield from self._link(link, now)

    def _link(self, link: Link, now: int) -> Iterator[Line]:
        if link.phase is Phase.UP:
            pong = "" if link.pong is None else f"pong {link.pong * 1000:.0f}ms"
            yield self._fact("data", f"{numbers.age(now - link.data_at)} ago", pong)
            if link.through:
                yield self._fact("proxy", shorten(clean(link.through), self.columns - 14))
        elif link.reason:
            told = sentence(clean(link.reason), self.columns - _NAMES, "")[:_MOST_REASON]
            for n, line in enumerate(told):
                yield self._fact("" if n else "why", line[0][0].strip())
        if link.phase is not Phase.UP and link.retry_at > now:
            yield self._fact("retry", f"attempt {link.attempt + 1} in {seconds_until(link.retry_at, now)}s")
        yield self._fact("ups, drops", f"{link.ups}, {link.drops}", f"generation {link.generation}")

    def _ledger(self) -> Iterator[Line]:
        ledger = self.desk.store.ledger
        yield _head("LEDGER")
        look = "" if ledger.balanced else "sheet--alarm"
        yield self._fact("received", f"{ledger.received:,}", look=look)
        yield self._fact("applied", f"{ledger.applied:,}", look=look)
        yield self._fact("rejected", f"{ledger.rejected:,}", look="sheet--warn" if ledger.rejected else look)
        yield self._fact("ignored", f"{ledger.ignored:,}", look=look)
        yield self._fact("frames", f"{ledger.frames:,}", numbers.octets(ledger.octets))

    def _layers(self) -> Iterator[Line]:
        counts = self.desk.store.counts
        yield _head("TRUTH")
        yield self._fact("tops", f"{counts.tops_agreed:,} agreed", f"{counts.tops_wrong} wrong")
        yield self._fact("ghosts", f"{counts.ghosts} removed", f"{counts.tops_repaired} tops mended")
        checks = counts.proofs + counts.misses
        at_once = f"{numbers.percent(counts.proofs, checks, 2)} at once" if checks else ""
        yield self._fact("hashes", f"{counts.proofs:,} proven", f"{counts.misses} missed")
        yield self._fact("", at_once, f"{counts.proofs_late} late")
        yield self._fact("mirror", f"{counts.mirrors:,} equal", f"{counts.mirrors_off} off")
        yield self._fact(
            "witness", f"{counts.witnesses} weighed", f"{counts.witnesses_off} off", f"{counts.witnesses_old} old"
        )
        yield self._fact("", f"{counts.fetches_failed} not fetched")
        yield self._fact("doubts", f"{counts.doubts}", f"{counts.crosses} crossed", f"{counts.unknown_times} timeless")
        doubled = sum(board.tape.doubled for board in self.desk.store.boards.values())
        yield self._fact("prints", f"{doubled} repeated and left out")
        yield self._fact(
            "repairs", f"{counts.resubscribed} asked again", f"{counts.moved} moved", f"{counts.relinked} relinked"
        )

    def _screen(self) -> Iterator[Line]:
        frames, store = self.host.frames, self.desk.store
        yield _head("LATENCY AND SCREEN")
        venues = dict.fromkeys(board.instrument.venue for board in store.boards.values())
        for venue in venues:
            if (delay := store.clocks.of(venue).quantiles()) is not None:
                name = venue if len(venues) > 1 else "venue"
                yield self._fact(f"{name}→us", f"p50 {delay[0]}ms", f"p99 {delay[1]}ms")
        if (taking := store.clocks.taking()) is not None:
            yield self._fact("in→book", f"p50 {taking[0] / 1000:.2f}ms", f"p99 {taking[1] / 1000:.2f}ms")
        yield from self._waits("book→out", frames.news_wait)
        yield from self._waits("key→frame", frames.key_wait)
        counts = frames.counts
        yield self._fact("frames", f"{counts.frames:,} drawn", f"{counts.skipped} dropped")
        yield self._fact("queue", f"{numbers.octets(frames.waiting)} not read yet")
        yield self._fact("memory", numbers.octets(self._memory()))
        if self.host.log_trouble:
            yield self._fact("log", "not written", clean(self.host.log_trouble), look="sheet--warn")
        if counts.blocked:
            yield self._fact("blocked", f"for {counts.blocked:.1f}s", look="sheet--warn")
        yield self._fact("loop", f"late {counts.gap * 1000:.0f}ms", f"at most {counts.max_gap * 1000:.0f}ms")

    def _waits(self, name: str, wait: Callable[[float], float | None]) -> Iterator[Line]:
        median, worst = wait(0.5), wait(0.99)
        if median is not None and worst is not None:
            yield self._fact(name, f"p50 {median * 1000:.1f}ms", f"p99 {worst * 1000:.1f}ms")

    def _memory(self) -> int:
        """Looked up once a second: it changes slowly, and a line that changes is a line to draw."""
        second = self.desk.now() // 1000
        if second != self._memory_at:
            self._memory_at, self._memory_is = second, resident()
        return self._memory_is

    def _fact(self, name: str, *parts: str, look: str = "", state: Phase | None = None) -> Line:
        """A name and what is known of it; parts that do not fit are left out whole, from the right."""
        width = max(_NAMES - 2, len(name) + 1)
        head: Span = (f"  {name:<{width}}", "sheet--dim" if state is None else "")
        pieces = [Piece((head,), 0)]
        if state is not None:
            pieces.append(piece(1, state.value.upper(), _PHASE_LOOKS[state]))
        pieces += [piece(2 + n, part, look) for n, part in enumerate(parts)]
        return fit(pieces, self.columns)


def _head(text: str) -> Line:
    return ((f" {text}", "sheet--head"),)


PANEL = Health
