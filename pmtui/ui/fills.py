"""A fill is an event: told once, on every place where a trader may look; a settlement that failed is told louder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pmtui.core.alerts import Alert, Kind
from pmtui.core.events import Filled, FillState, OrderChanged, OrderState, Side
from pmtui.core.instrument import InstrumentId
from pmtui.core.series import Mark
from pmtui.core.store import Store
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis
from pmtui.ui import numbers
from pmtui.ui.markets import Facts
from pmtui.ui.rungs import FILLED
from pmtui.ui.teller import Teller
from pmtui.ui.text import clean, shorten

if TYPE_CHECKING:
    from pmtui.core.account import News
    from pmtui.ui.app import Pmtui

MOST_SHOWN = 20
"""Of what happened at the same time so many are told one by one, on the screen; the log has all."""
_TITLE = 48
_ELSEWHERE = 2_000
"""ms between its own time and the one at which it stands from which on both are told: the venue tells whole seconds."""
_REASON = 60


class Voice(NamedTuple):
    """How loud a kind of news is."""

    severity: str
    seconds: float
    rings: int


FILL, FORCED, FAILURE, REFUSAL, QUIET = "filled", "LIQUIDATED", "settlement FAILED", "order rejected", ""
VOICES = {
    FILL: Voice("information", 4, 1),
    FORCED: Voice("error", 15, 2),
    FAILURE: Voice("error", 15, 2),
    REFUSAL: Voice("warning", 6, 0),
}
"""What is said aloud; all else is only a line in the log."""

_STATES = {FillState.FAILED: FAILURE, FillState.RETRYING: QUIET}
_ENDS = {
    OrderState.CANCELLED: QUIET,
    OrderState.EXPIRED: QUIET,
    OrderState.GONE: QUIET,
    OrderState.REJECTED: REFUSAL,
}


class Happenings:
    """Reads the accounts' news with cursors, so that nothing is told twice."""

    def __init__(self, host: Pmtui) -> None:
        self._host = host
        # What was known before there was a screen is no news.
        self._cursors = {venue: account.news.total for venue, account in host.desk.store.accounts.items()}

    def tell(self) -> None:
        """Tell what is new, if anything is, of whichever account."""
        for news in self.note():
            self._say(news)

    def note(self) -> list[Sequence[News]]:
        """Put what is new where it can be read later; that, by account."""
        desk = self._host.desk
        fresh: list[Sequence[News]] = []
        for venue, account in list(desk.store.accounts.items()):
            if account.news.total != self._cursors.get(venue, 0):
                with desk.lock:
                    news, self._cursors[venue] = account.news.since(self._cursors.get(venue, 0))
                self._note(news, desk.now())
                fresh.append(news)
        return fresh

    # On the tape, on the price line, in the log

    def _note(self, news: Sequence[News], now: Millis) -> None:
        # Thousands at a time take a while to be put into words, for which the feed need not wait.
        told = [(each, self._alert(each, now)) for each in news if kind_of(each) is not None]
        store, more = self._host.desk.store, max(0, len(told) - MOST_SHOWN)
        with self._host.desk.lock:
            for _, alert in told[:more]:
                store.alerts.write(alert)
            for each, alert in told[more:]:
                store.alerts.add(*alert)
                mark(store, each, self._facts(each.fact.instrument), now)
            if more:
                summed = f"{more:,} more happened to your orders and fills at the same time"
                store.alerts.push(Alert(now, Kind.NOTICE, summed))

    def _alert(self, news: News, now: Millis) -> Alert:
        instrument = news.fact.instrument
        stands = now + self._host.desk.store.clocks.offset
        return Alert(now, _kind(news), words(news, self._facts(instrument), stands), instrument)

    # Aloud

    def _say(self, news: Sequence[News]) -> None:
        rings = 0
        for kind, voice in VOICES.items():
            of_kind = [each for each in news if kind_of(each) == kind]
            if of_kind:
                rings = max(rings, voice.rings)
                self._show(kind, self._told(of_kind[0]) if len(of_kind) == 1 else self._summed(of_kind), voice)
        self._host.ring(rings)

    def _show(self, kind: str, text: str, voice: Voice) -> None:
        self._host.notify(text, title=kind, severity=voice.severity, timeout=voice.seconds, markup=False)  # type: ignore[arg-type]  # one of Textual's three words

    def _told(self, news: News) -> str:
        fact, facts = news.fact, self._facts(news.fact.instrument)
        size = Teller(self._host.veiled).size(fact.size)
        parts = [f"{fact.side.value} {size} at {facts.quoted(fact.price)}", *_details(news)]
        return "\n".join([", ".join(parts), shorten(facts.name, _TITLE)])

    def _summed(self, news: Sequence[News]) -> str:
        by_market: dict[InstrumentId, list[News]] = {}
        for each in news:
            by_market.setdefault(each.fact.instrument, []).append(each)
        noun = "orders" if isinstance(news[0].fact, OrderChanged) else "times"
        head = f"{len(news):,} {noun}: "
        if len(by_market) == 1:
            return f"{head}{self._amounts(news)}\n{shorten(self._facts(news[0].fact.instrument).name, _TITLE)}"
        return head + "; ".join([f"{self._facts(each).cited} {self._amounts(of)}" for each, of in by_market.items()])

    def _amounts(self, news: Sequence[News]) -> str:
        """What was bought and sold of one market; at which price, where it was one."""
        teller, facts = Teller(self._host.veiled), self._facts(news[0].fact.instrument)
        told = []
        for side in Side:
            mine = [each.fact for each in news if each.fact.side is side]
            prices = {each.price for each in mine}
            at = f" at {facts.quoted(prices.pop())}" if len(prices) == 1 else ""
            told += [f"{side.value} {teller.size(sum(each.size for each in mine))}{at}"] if mine else []
        return ", ".join(told)

    def _facts(self, instrument: InstrumentId) -> Facts:
        return Facts.of(self._host.desk, instrument)


def kind_of(news: News) -> str | None:
    """What is to be told of it: a kind, the empty one for the log alone, None for nothing."""
    fact = news.fact
    if isinstance(fact, OrderChanged):
        return _ENDS.get(fact.state)
    return _STATES.get(fact.state, _called(fact) if news.was is None else None)


def _called(fact: Filled) -> str:
    return FORCED if fact.forced else FILL


def _kind(news: News) -> Kind:
    if isinstance(news.fact, OrderChanged):
        return Kind.ORDER
    return Kind.FAILED if news.fact.state is FillState.FAILED else Kind.FILL


def words(news: News, facts: Facts, stands: int) -> str:
    """One line, with its own time where that is not the one at which it stands; the size of a fill stands between side
    and price, where whoever draws it can hide it.
    """
    fact = news.fact
    size = f" {Teller().size(fact.size)}" if isinstance(fact, Filled) else ""
    where = f"{fact.side.value}{size} at {facts.quoted(fact.price)}"
    if isinstance(fact, OrderChanged):
        return ", ".join([f"{fact.state.value} {where}", *_details(news)])
    own = [f"at {numbers.clock(at)}"] if stands - (at := _happened(fact)) >= _ELSEWHERE and at else []
    if fact.state is FillState.FAILED:
        return ", said ".join([f"settlement FAILED: {where} did not happen", *own])
    if fact.state is FillState.RETRYING:
        return f"settlement retried: {where}"
    details = _details(news)
    return ", ".join([f"{_called(fact)} {where}", *details[:1], *own, *details[1:]])


def _happened(fact: Filled) -> Millis:
    """When it was filled, or the venue said that it was not, after all."""
    return fact.updated if fact.state is FillState.FAILED else fact.sent


def _details(news: News) -> list[str]:
    fact = news.fact
    if isinstance(fact, OrderChanged):
        return [shorten(clean(fact.reason), _REASON)] if fact.reason else []
    return ["maker" if fact.maker else "taker", *["late"] * fact.late]


def mark(store: Store, news: News, facts: Facts, now: Millis) -> None:
    """A line on the tape and a sign on the price line, where it belongs to now.

    What is told late stands below what was told before it, with the time of that: time never runs backwards on the
    tape.
    """
    fact = news.fact
    board = store.boards.get(fact.instrument)
    if board is None or not isinstance(fact, Filled) or kind_of(news) == QUIET:
        return
    sign = "×" if fact.state is FillState.FAILED else FILLED
    tape, offset = board.speak(), store.clocks.offset
    stands = max(_happened(fact) or now + offset, tape.reached(offset))
    tape.mark(now, Millis(stands), f"{sign} {words(news, facts, stands)}")
    if not fact.late and fact.state is not FillState.FAILED:
        board.move(now).series.mark(Mark.FILL, now)
