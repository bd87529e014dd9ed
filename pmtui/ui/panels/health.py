"""The truth about the truth: links, the ledger, the four layers of proof, delays and frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmtui.core.events import Phase
from pmtui.core.health import Link
from pmtui.ui import numbers
from pmtui.ui.line import Line
from pmtui.ui.sheet import Sheet
from pmtui.ui.text import clean, shorten

_PHASE_LOOKS = {
    Phase.UP: "sheet--good",
    Phase.CONNECTING: "sheet--accent",
    Phase.DOWN: "sheet--bad",
    Phase.HALTED: "sheet--bad",
}


class Health(Sheet):
    """How the feed, the books and the screen are doing."""

    place = "far"
    rank = 10
    topics = ("health", "ledger", "proof", "hash", "witness", "delay", "frames", "link")
    help = (
        "received = applied + rejected + ignored, or the line turns red. Tops: our best prices against the ones told;\n"
        "ghosts are levels beyond the told top that were removed. Proofs: whole books whose hash equals the venue's.\n"
        "Mirror: the other outcome's book seen in a mirror. Witness: books fetched apart from the stream."
    )
    DEFAULT_CSS = "Health { width: 2fr; }"

    def compose_rows(self) -> Sequence[Line | None]:
        return [*self._links(), None, *self._ledger(), None, *self._layers(), None, *self._screen()]

    def _links(self) -> Iterator[Line]:
        now, store = self.desk.now(), self.desk.store
        yield _head("LINKS")
        for link in store.links.values():
            books = [board for board in store.boards.values() if board.link is link]
            synced = sum(board.synced for board in books)
            yield (
                (f"  {shorten(clean(link.name), 24)} ", ""),
                (link.phase.value.upper(), _PHASE_LOOKS[link.phase]),
                (f"  {synced} of {len(books)} books", "sheet--dim"),
            )
            yield from self._link(link, now)

    def _link(self, link: Link, now: int) -> Iterator[Line]:
        if link.phase is Phase.UP:
            pong = "" if link.pong is None else f"  pong {link.pong * 1000:.0f}ms"
            yield _row("data", f"{numbers.age(now - link.data_at)} ago{pong}")
        elif link.reason:
            yield _row("why", shorten(clean(link.reason), self.columns - 14))
        if link.phase is not Phase.UP and link.retry_at > now:
            yield _row("retry", f"attempt {link.attempt + 1} in {(link.retry_at - now) // 1000 + 1}s")
        yield _row("ups, drops", f"{link.ups}, {link.drops}  generation {link.generation}")

    def _ledger(self) -> Iterator[Line]:
        ledger = self.desk.store.ledger
        yield _head("LEDGER")
        look = "" if ledger.balanced else "sheet--alarm"
        yield _row("received", f"{ledger.received:,}", look)
        yield _row("applied", f"{ledger.applied:,}", look)
        yield _row("rejected", f"{ledger.rejected:,}", "sheet--warn" if ledger.rejected else look)
        yield _row("ignored", f"{ledger.ignored:,}", look)
        yield _row("frames", f"{ledger.frames:,}  {numbers.octets(ledger.octets)}")

    def _layers(self) -> Iterator[Line]:
        counts = self.desk.store.counts
        yield _head("TRUTH")
        yield _row("tops", f"{counts.tops_agreed:,} agreed  {counts.tops_wrong} wrong")
        yield _row("ghosts", f"{counts.ghosts} removed in {counts.tops_repaired} repairs")
        share = counts.proven_at_once
        at_once = "" if share is None else f"{share * 100:.2f}% at once"
        yield _row("hashes", f"{counts.proofs:,} proven  {counts.misses} missed")
        yield _row("", f"{at_once}  {counts.proofs_late} by a later trade")
        yield _row("mirror", f"{counts.mirrors:,} equal  {counts.mirrors_off} off")
        yield _row("witness", f"{counts.witnesses} weighed  {counts.witnesses_off} off  {counts.witnesses_old} old")
        yield _row("", f"{counts.fetches_failed} could not be fetched")
        yield _row("doubts", f"{counts.doubts}")
        yield _row("repairs", f"{counts.resubscribed} resubscribed  {counts.moved} moved  {counts.relinked} relinked")

    def _screen(self) -> Iterator[Line]:
        frames, delay = self.host.frames, self.desk.store.delays.quantiles()
        yield _head("SCREEN")
        if delay is not None:
            yield _row("delay", f"p50 {delay[0]}ms  p99 {delay[1]}ms behind the venue")
        counts = frames.counts
        yield _row("frames", f"{counts.frames:,} drawn  {counts.skipped} skipped")
        median, worst = frames.key_wait(0.5), frames.key_wait(0.99)
        if median is not None and worst is not None:
            yield _row("key→frame", f"p50 {median * 1000:.1f}ms  p99 {worst * 1000:.1f}ms")
        if counts.blocked:
            yield _row("blocked", f"the display was blocked {counts.blocked:.1f}s", "sheet--warn")
        yield _row("loop", f"late by {counts.gap * 1000:.0f}ms, at most {counts.max_gap * 1000:.0f}ms")


def _head(text: str) -> Line:
    return ((f" {text}", "sheet--head"),)


def _row(name: str, value: str, look: str = "") -> Line:
    return ((f"  {name:<11}", "sheet--dim"), (value, look))


PANEL = Health
