"""Our own orders, fills and positions, as far as the venue has told them by socket and by answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pmtui.core.ahead import Queues, Resting
from pmtui.core.board import Label
from pmtui.core.events import (
    AccountChecked,
    CheckFailed,
    Event,
    Filled,
    FillState,
    Holding,
    HoldingsTold,
    LinkChanged,
    OrderChanged,
    OrderState,
    Phase,
    Recalled,
    Side,
)
from pmtui.core.fills import KEEP, Change, Fills
from pmtui.core.holdings import Holdings
from pmtui.core.instrument import InstrumentId
from pmtui.core.orders import Orders, Turn
from pmtui.core.position import Held, Position
from pmtui.core.ring import Ring
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import NEVER, Millis

CHECKED_FOR = 150_000
"""How long a check speaks for what the socket does not say; one is due each minute, so two may fail."""
QUIET_AFTER = 60_000
OVERLAP = 60_000
"""So much earlier than what is known to be complete the next question about fills begins."""
HOLE_EVERY = 10
"""Every so many checks fills are asked for that could not be read: a long history is not to be read each minute."""
UNSETTLED_FOR = 24 * 3_600_000
"""After so long a fill that has neither been confirmed nor failed is not asked for any more."""
KEEP_NEWS = 10_000

MATCHED = FillState.MATCHED


class News(NamedTuple):
    """Something worth telling once: a fill, another state of it, the end of an order. `was` is None for a new fill."""

    fact: Filled | OrderChanged
    was: FillState | OrderState | None


Levels = Callable[[InstrumentId, bool, int], tuple[int, Millis] | None]
"""What rests at a price on the bid side or not, and the venue's time of that; None while it is not known."""


def _unknown(instrument: InstrumentId, is_bid: bool, price: int) -> tuple[int, Millis] | None:
    return None


class _Hole(NamedTuple):
    """Fills that an answer told and nobody could read."""

    since: int
    """Venue time from which on they may be anywhere."""
    fills: int
    why: str
    check: int
    """The number of the last check that asked for that time."""


class Account:
    """Takes facts in any order, any number of times; what it says of itself depends on which there were only.

    `opened` is the venue time before which a fill is history, not news that came late.
    """

    def __init__(self, levels: Levels = _unknown, *, opened: int = 0, keep: int = KEEP) -> None:
        self.orders = Orders()
        self.fills = Fills(keep)
        self.queues = Queues()
        self.holdings = Holdings()
        """Empty where positions are not told; then they are the sum of the fills."""
        self.cash: int | None = None
        """In billionths of the venue's money; None when it was not told."""
        self.news: Ring[News] = Ring(KEEP_NEWS)
        self.link = LinkChanged("", NEVER, 0, Phase.CONNECTING)
        self.suspect = ""
        """Why nothing that the link brings can be believed until there is a new one."""
        self.checks = 0
        self.checked_at = NEVER
        self.refused = ""
        """Why the venue does not let us in; empty when it does, or has not been asked."""
        self.failed = ""
        """Why the last check came to nothing."""
        self._levels = levels
        self._opened = opened
        self._checked_from = NEVER
        self._complete_until = 0
        self._hole: _Hole | None = None
        self._heard_at = NEVER
        self._shown: tuple[tuple[int, InstrumentId], tuple[dict[int, Resting], dict[int, Resting]]] | None = None
        self._take: dict[type, Callable[[Any], bool]] = {
            OrderChanged: self._order,
            Filled: self._fill,
            Recalled: self._recalled,
            HoldingsTold: self._held,
            AccountChecked: self._checked,
            CheckFailed: self._check_failed,
            LinkChanged: self._linked,
        }

    @property
    def version(self) -> int:
        """Moves with whatever a panel of orders, fills and positions can show."""
        return self.orders.version + self.fills.version + self.queues.version + self.holdings.version

    # Facts

    def take(self, event: Event) -> bool:
        """Take in a fact about the account or its link; whether it said anything new."""
        return self._take[type(event)](event)

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what the books took in as their present; costs nothing while no order works."""
        if self.queues:
            self.queues.hear(events)

    def _order(self, told: OrderChanged) -> bool:
        self._heard_at = max(self._heard_at, told.at)
        return self._turned(self.orders.take(told, self.fills.taken(told.order)), placed=told.placed)

    def _fill(self, told: Filled) -> bool:
        self._heard_at = max(self._heard_at, told.at)
        # Nothing is told again after a gap: whose match was not told was matched while nobody listened.
        heard = told.heard or told.state is MATCHED
        return self._filled(self.fills.take(told._replace(late=self._missed(told, heard=heard))))

    def _recalled(self, told: Recalled) -> bool:
        self.learn(told.fills)
        return True

    def _held(self, told: HoldingsTold) -> bool:
        self._heard_at = max(self._heard_at, told.at)
        return self._holds(told)

    def _holds(self, told: HoldingsTold, *, asked: bool = False) -> bool:
        news = self.holdings.take(told, asked=asked)
        self.cash = self.cash if self.holdings.cash is None else self.holdings.cash
        return news

    def _missed(self, told: Filled, *, heard: bool) -> bool:
        """Whether this is news that no socket brought when it happened; what is older than all of this is history."""
        # The venue tells the second of a match, not more.
        return not heard and (self.checks > 0 or told.sent + 999 >= self._opened)

    def _filled(self, change: Change | None, *, history: bool = False) -> bool:
        if change is None:
            return False
        if change.was is not change.fill.state and not (history and change.was is None):
            self.news.push(News(change.fill, change.was))
        order = change.fill.order
        failed = change.fill.state is FillState.FAILED
        self._turned(self.orders.fill(order, self.fills.taken(order), failed=failed))
        return True

    def _turned(self, turn: Turn | None, *, placed: bool = False) -> bool:
        """Give the order its place in the queue, or take it away; tell of its end."""
        if turn is None:
            return False
        was, now = turn
        at = _place(now)
        moved = was is not None and _place(was) != at
        if was is not None and moved:
            self.queues.leave(now.order, _place(was))
        if now.state is not OrderState.WORKING or now.waits:
            self.queues.leave(now.order, at)
        if now.state is not OrderState.WORKING:
            if was is None or was.state is not now.state:
                self.news.push(News(now, was.state if was else OrderState.WORKING))
        elif now.waits:
            return True
        elif was is None or was.state is not OrderState.WORKING or was.waits or moved:
            level, since = self._levels(*at) or (None, 0)
            made = now.created
            self.queues.join(now.order, at, now.left, level=level, seen=placed, since=since, made=made)
        else:
            self.queues.keep(now.order, at, now.left, hit=now.matched > was.matched)
        return True

    # Checks

    def _checked(self, event: AccountChecked) -> bool:
        """Merge a whole answer: it adds what nobody told, and ends what it should list and does not."""
        self.learn(event.fills)
        for order in event.orders:
            self._turned(self.orders.take(order, self.fills.taken(order.order), listed=True))
            if self.fills.has_failed(order.order):
                self._turned(self.orders.correct(order, event.began))
        listed = {order.order: order for order in event.orders}
        for turn in self.orders.check(listed, event.began, event.at, whole=event.whole):
            self._turned(turn)
        # Only answers are complete: a fill that the socket brought may stand behind a gap.
        if (newest := event.newest) is not None:
            self._complete_until = max(self._complete_until, newest.sent)
        self._checked_from = max(self._checked_from, event.began)
        self.checked_at = max(self.checked_at, event.at)
        self.checks += 1
        self._hole = self._hole_after(event)
        self.cash = self.cash if event.cash is None else event.cash
        for told in event.holdings:
            self._holds(told, asked=True)
        self.failed = self.refused = ""
        return True

    def _hole_after(self, event: AccountChecked) -> _Hole | None:
        """What is left of the hole in our fills after an answer: only one that tells as old a time can mend it."""
        hole = self._hole
        if hole is None or event.since <= hole.since:
            return _Hole(event.since, len(event.unread), event.unread[0], self.checks) if event.unread else None
        return hole._replace(fills=max(hole.fills, len(event.unread)))

    def _due_hole(self) -> _Hole | None:
        """The hole that the next question is to be about."""
        hole = self._hole
        return hole if hole is not None and self.checks - hole.check >= HOLE_EVERY - 1 else None

    def learn(self, fills: Iterable[Filled]) -> None:
        """Take in fills of an answer, perhaps before the whole of it: there may be too many for one moment."""
        # The oldest first, whatever order they were told in: then sums go on from where they are.
        for fill in sorted(fills, key=lambda fill: (fill.sent, fill.key)):
            late = self._missed(fill, heard=False)
            self._filled(self.fills.take(fill._replace(late=late)), history=not late)

    def _check_failed(self, event: CheckFailed) -> bool:
        self.failed = event.reason
        if (hole := self._due_hole()) is not None:
            self._hole = hole._replace(check=self.checks)  # the long question has to wait again
        if event.refused:
            self.refused = event.reason
        return True

    def resume_from(self) -> int:
        """The Unix second from which the next question about fills must begin, 0 for all there ever were."""
        if not self.checks:
            return 0
        if (hole := self._due_hole()) is not None:
            return hole.since // 1000
        unsettled = self.fills.unsettled_since(self._complete_until - UNSETTLED_FOR)
        first = self._complete_until if unsettled is None else min(unsettled, self._complete_until)
        return max(0, first - OVERLAP) // 1000

    # The link

    def _linked(self, event: LinkChanged) -> bool:
        if event.link == self.link.link and event.generation < self.link.generation:
            return False
        self.link = event
        if event.phase is Phase.UP:
            self.suspect = ""
        return True

    def label(self, now: int) -> Label:
        """How far the account can be trusted, in the words that markets have; when in doubt, the lower one."""
        link = self.link
        if self.refused or link.phase is Phase.HALTED:
            return Label.HALTED
        if link.phase is not Phase.UP:
            return Label.CONNECTING if link.phase is Phase.CONNECTING else Label.DOWN
        if self.suspect:
            return Label.STALE
        if self._checked_from < link.at:
            return Label.SYNCING
        if now - self.checked_at > CHECKED_FOR or self._doubt():
            return Label.STALE
        return Label.LIVE if now - self._heard_at <= QUIET_AFTER else Label.QUIET

    def reason(self, now: int) -> str:
        """Why it is not LIVE, empty when it is."""
        label = self.label(now)
        if label is Label.HALTED:
            return self.refused or self.link.reason
        if label is Label.DOWN:
            return self.link.reason
        if label is Label.SYNCING:
            return self.failed or "fills and orders since the link came up are being asked for"
        if label is Label.STALE:
            return self._why_stale(now)
        return ""

    def _why_stale(self, now: int) -> str:
        if self.suspect:
            return self.suspect
        if now - self.checked_at > CHECKED_FOR:
            return self.failed or f"not checked for {(now - self.checked_at) // 1000}s"
        return self._doubt()

    def _doubt(self) -> str:
        """What makes positions uncertain though the link is up and checks are made."""
        if self._hole is not None:
            return f"{_counted(self._hole.fills, 'fill')} could not be read: positions may be off ({self._hole.why})"
        if self.holdings.torn:
            return "the venue tells positions of two times"
        if unclear := self.holdings.unclear:
            return f"{_counted(len(unclear), 'position')} could not be read ({unclear[0].why})"
        return ""

    # What is asked

    def orders_at(self, instrument: InstrumentId) -> tuple[dict[int, Resting], dict[int, Resting]]:
        """What we have in a book, bids and asks by price. Only to be read."""
        asked = (self.queues.version, instrument)
        if self._shown is None or self._shown[0] != asked:
            self._shown = (asked, self.queues.of(instrument))
        return self._shown[1]

    def ahead(self, order: OrderChanged) -> Resting | None:
        """What is ahead of one working order."""
        return self.queues.ahead(order.order, _place(order))

    def instruments(self) -> set[InstrumentId]:
        """Whatever we have or had to do with."""
        held = (each.instrument for each in self.holdings.all())
        return {*self.orders.instruments(), *self.fills.instruments(), *held}

    def position(self, instrument: InstrumentId) -> Position:
        """The sum of our fills."""
        return self.fills.position(instrument)

    def positions(self) -> dict[InstrumentId, Held]:
        """Whatever is or was held: what the venue tells, where it does, else what the fills sum up to."""
        if self.holdings:
            return {each.instrument: _as_told(each) for each in self.holdings.all()}
        summed = ((each, self.position(each)) for each in self.fills.instruments())
        return {each: _as_summed(position) for each, position in summed if position.fills}


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number > 1)}"


def _place(order: OrderChanged) -> tuple[InstrumentId, bool, int]:
    return order.instrument, order.side is Side.BUY, order.price


def _as_told(told: Holding) -> Held:
    cost = None if told.entry is None else told.net * told.entry
    return Held(told.net, told.entry, cost, None, told.gain, told.liquidation)


def _as_summed(position: Position) -> Held:
    return Held(position.net, position.average, position.cost, position.realised)
