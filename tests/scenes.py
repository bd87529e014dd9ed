"""Scenes: a desk in a known state, at a known moment, with no network. Tests and pictures draw the same ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import orjson

from pmtui.core.account import Account
from pmtui.core.alerts import Kind
from pmtui.core.events import (
    AccountChecked,
    BookDelta,
    BookSnapshot,
    CheckFailed,
    Filled,
    FillState,
    LinkChanged,
    OrderChanged,
    OrderState,
    Phase,
    Side,
    TickChanged,
    Trade,
)
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.store import Store
from pmtui.core.units import ONE, Millis, Px, Qty, px, qty
from pmtui.desk import Desk
from pmtui.sim.hyperliquid.world import demo_world as hyperliquid_world
from pmtui.sim.polymarket.exchange import history
from pmtui.sim.polymarket.world import demo_world
from pmtui.ui.fills import mark
from pmtui.ui.markets import Facts
from pmtui.venues.hyperliquid.venue import Hyperliquid
from pmtui.venues.polymarket.catalog import found
from pmtui.venues.polymarket.venue import Polymarket
from tests.copies import once
from tests.sim.hyperliquid.room import Room

SEED = 7
RATE = 60
LINK = "polymarket link 1"

_DELAY = 14
_CHECKED_EVERY = 60
"""About as often as the feed does, in ms."""


class Hands:
    """A clock that a scene turns by hand."""

    def __init__(self, at: int = 0) -> None:
        self.at = Millis(at)

    def __call__(self) -> Millis:
        return self.at


@dataclass(slots=True)
class Scene:
    """A desk and the clock that it lives by."""

    desk: Desk
    clock: Hands

    def wait(self, ms: int) -> None:
        """Let time pass with nothing happening but what time itself does, which is looked at every second."""
        end = self.clock.at + ms
        while self.clock.at < end:
            self.clock.at = Millis(min(self.clock.at + 1_000, end))
            self.desk.store.check(self.clock.at)


@cache
def _frames(seconds: int) -> tuple[tuple[int, bytes], ...]:
    world = demo_world(seed=SEED, rate=RATE)
    tokens = [token for market in world.markets for token in market.listing.tokens]
    return tuple((int(at), frame) for at, frame in history(world, tokens, seconds))


class Markets:
    """The demo's markets, and what is told of them, through the real codec and with real proofs."""

    def __init__(self, seconds: int) -> None:
        self._venue, world = Polymarket(), demo_world(seed=SEED, rate=RATE)
        self._pairs = [
            _named(each.listing.question, each.listing.tokens, each.listing.outcomes) for each in world.markets
        ]
        self.firsts = [pair[0] for pair in self._pairs]
        self._frames = _frames(seconds)
        self.began = Millis(self._frames[0][0])
        self._told = 0
        self._checked = self.began

    def enter(self, store: Store, at: Millis) -> None:
        """The link comes up, and its markets are there."""
        ids = [each.id for pair in self._pairs for each in pair]
        for pair in self._pairs:
            for each in pair:
                store.add(each, self._venue.seal(each.id))
        self._stream = self._venue.stream(1, ids)
        self._stream.open()
        store.attach(ids, LINK, at)
        store.take([LinkChanged(LINK, at, 1, Phase.UP)])

    def play(self, store: Store, clock: Hands, until: float = math.inf) -> None:
        """What is told until a moment of the exchange's; the clock goes along."""
        frames = self._frames
        while self._told < len(frames) and frames[self._told][0] <= until:
            at, frame = frames[self._told]
            self._told += 1
            clock.at = Millis(at + _DELAY)
            before = self._stream.messages
            store.take(self._stream.receive(frame, clock.at))
            _count(store, LINK, frame, self._stream.messages - before, clock.at)
            if clock.at - self._checked >= _CHECKED_EVERY or self._told == len(frames):
                self._checked = clock.at
                store.check(clock.at)


def _count(store: Store, link: str, frame: bytes, messages: int, at: Millis) -> None:
    """What the feed counts of a frame."""
    store.ledger.received += messages
    store.ledger.frames += 1
    store.ledger.octets += len(frame)
    store.links[link].delays.ring.append(_DELAY)
    store.links[link].data_at = at


@once
def market(seconds: int = 30, *, show: int = 0) -> Scene:
    """The demo's markets after some seconds."""
    markets = Markets(seconds)
    clock = Hands(markets.began)
    desk = Desk(markets.firsts, clock=clock)
    markets.enter(desk.store, clock.at)
    desk.show(desk.markets[show])
    markets.play(desk.store, clock)
    return Scene(desk, clock)


def _named(question: str, tokens: Iterable[str], outcomes: Iterable[str]) -> list[Instrument]:
    first, second = (InstrumentId(f"polymarket:{token}") for token in tokens)
    return [
        Instrument(
            each, "polymarket", each.partition(":")[2], title=question, outcome=outcome, complement=other,
            ceiling=Px(ONE), shared=True, unit="sh", least=qty("5"), volume=1_230_000.0, ends=1_800_000_000,
        )
        for each, other, outcome in zip((first, second), (second, first), outcomes, strict=True)
    ]  # fmt: skip


COINS = ("BTC", "AVAX", "DOGE", "@230", "#10", "#11")


class Coins:
    """Another venue's made-up coins, and what is told of them, through its real codec."""

    def __init__(self) -> None:
        self.room = Room(hyperliquid_world(rate=RATE))
        self._venue = Hyperliquid()
        asked = [orjson.dumps(self.room.ask(kind)) for kind in ("meta", "spotMeta", "outcomeMeta")]
        named = {each.symbol: each for answer in asked for each in self._venue.found(200, answer)}
        self._listed = [named[coin] for coin in COINS]
        self.firsts = [named[coin] for coin in COINS if not coin.endswith("1")]

    def enter(self, store: Store, at: Millis) -> None:
        """The link comes up, and its coins are there."""
        for each in self._listed:
            store.add(each, self._venue.seal(each.id))
        ids = [each.id for each in self._listed]
        self._stream = self._venue.stream(1, ids)
        store.attach(ids, self._stream.name, at)
        store.take([LinkChanged(self._stream.name, at, 1, Phase.UP)])

    def greet(self, desk: Desk, clock: Hands) -> None:
        """What is said on a fresh connection, and the answers."""
        for said in (*self._stream.open(), *self._stream.attend({desk.shown})):
            self._hear(desk.store, clock, self.room.session.hear(said))

    def play(self, store: Store, clock: Hands, ms: int) -> None:
        """What is told in so many ms."""
        self._hear(store, clock, self.room.raw(ms))
        store.check(clock.at)

    def recall(self, desk: Desk, at: Millis) -> None:
        """The past prices of what is shown, as the venue has them."""
        past = self._venue.history(desk.shown, at)
        assert past is not None
        asked = orjson.loads(past.body)
        told = orjson.dumps(self.room.ask(asked.pop("type"), **asked))
        desk.store.recall(self._venue.remembered(desk.shown, 200, told, at))

    def _hear(self, store: Store, clock: Hands, frames: Iterable[bytes]) -> None:
        clock.at = Millis(self.room.world.now + _DELAY)
        for frame in frames:
            before = self._stream.messages
            store.take(self._stream.receive(frame, clock.at))
            _count(store, self._stream.name, frame, self._stream.messages - before, clock.at)


@once
def coins(seconds: int = 30, *, show: int = 0, until: Callable[[Desk, Millis], bool] = lambda _, __: False) -> Scene:
    """Another venue's coins after so long, or as soon as something has happened."""
    told = Coins()
    clock = Hands(int(told.room.world.now))
    desk = Desk(told.firsts, clock=clock)
    told.enter(desk.store, clock.at)
    desk.show(desk.markets[show])
    told.greet(desk, clock)
    for _ in range(seconds * 10):
        told.play(desk.store, clock, 100)
        if until(desk, clock.at):
            break
    told.recall(desk, clock.at)
    return Scene(desk, clock)


@once
def both(seconds: int = 30, *, show: int = 0) -> Scene:
    """Markets of two venues on one screen, each told over a link of its own."""
    markets, others = Markets(seconds), Coins()
    clock = Hands(markets.began)
    mixed = [markets.firsts[0], others.firsts[0], others.firsts[-1], markets.firsts[2], others.firsts[1]]
    desk = Desk(mixed, clock=clock)
    markets.enter(desk.store, clock.at)
    others.enter(desk.store, clock.at)
    desk.show(desk.markets[show])
    others.greet(desk, clock)
    for _ in range(seconds * 10):
        markets.play(desk.store, clock, others.room.world.now + 100)
        others.play(desk.store, clock, 100)
    return Scene(desk, clock)


@once
def border() -> Scene:
    """A price that went over a border of its ticks three seconds ago."""

    def crossed(desk: Desk, now: Millis) -> bool:
        ring = desk.store.alerts.ring
        return any(each.kind is Kind.TICK and each.instrument == desk.shown and each.at < now - 3_000 for each in ring)

    return coins(600, show=COINS.index("AVAX"), until=crossed)


def stale(seconds: int = 30) -> Scene:
    """Frozen for a quarter of a minute."""
    scene = market(seconds)
    scene.wait(15_000)
    return scene


def down(why: str = "the connection was lost") -> Scene:
    """Cut off, with the second attempt ahead."""
    scene = market(20)
    at = scene.clock.at
    lost = LinkChanged(LINK, at, 1, Phase.DOWN, why, 2, Millis(at + 3_600))
    scene.desk.store.take([lost])
    scene.wait(1_200)
    return scene


def parted() -> Scene:
    """The other outcome came by a link of its own, which is lost; its last book is five cents off by now."""
    scene = market(10)
    store, at = scene.desk.store, scene.clock.at
    board = store.boards[scene.desk.shown]
    other = board.instrument.complement
    assert other is not None
    off = [
        {ONE - price - 5 * board.tick: size for price, size in side.items()}
        for side in (board.book.asks, board.book.bids)
    ]
    store.attach([other], "another link", at)
    store.take([LinkChanged("another link", at, 1, Phase.UP), _snapshot(other, at, off[0], off[1], "0.01")])
    store.take([LinkChanged("another link", at, 1, Phase.DOWN, "the connection was lost", 2, Millis(at + 3_600))])
    return scene


def resync() -> Scene:
    """A change was lost, and the next best price told so."""
    scene = market(20)
    store, shown = scene.desk.store, scene.desk.shown
    book = store.boards[shown].book
    top = (Px(book.bid + 2 * book.tick), Px(book.ask + 3 * book.tick))
    sent = Millis(store.boards[shown].sent + 5)
    store.take([BookDelta(scene.clock.at, sent, [(shown, True, book.bid, 5 * ONE, top, "")])])
    scene.wait(60)
    return scene


def tick_change() -> Scene:
    """The tick became ten times finer a moment ago, and the new full book has arrived."""
    scene = bare(_levels("0.95", "0.96", tick="0.01", count=12), title="Will the Kestrel-4 launch slip past Friday?")
    store, shown, at = scene.desk.store, scene.desk.shown, scene.clock.at
    trades = [Trade(shown, at, at, px("0.96"), qty(size), side, size) for size, side in _prints()]
    store.take([*trades, TickChanged(shown, at, at, px("0.01"), px("0.001"))])
    bids, asks = _levels("0.961", "0.963", tick="0.001", count=30)
    store.take([_snapshot(shown, at, bids, asks, "0.001")])
    scene.wait(900)
    return scene


def _prints() -> list[tuple[str, Side]]:
    return [("150", Side.BUY), ("12", Side.SELL), ("500", Side.BUY)]


def _levels(bid: str, ask: str, *, tick: str, count: int) -> tuple[dict[int, int], dict[int, int]]:
    step = px(tick)
    sizes: list[int] = [
        qty(text) for text in ("140", "2500", "85.5", "701", "946", "12000", "456", "175", "0.4", "1200")
    ]
    bids = {px(bid) - n * step: sizes[n * 3 % 10] for n in range(count) if px(bid) - n * step > 0}
    asks = {px(ask) + n * step: sizes[(n * 7 + 2) % 10] for n in range(count) if px(ask) + n * step < ONE}
    return bids, asks


def bare(book: tuple[dict[int, int], dict[int, int]], *, tick: str = "0.01", title: str = "A made-up market") -> Scene:
    """One market with just this book."""
    clock = Hands(1_790_000_000_000)
    pair = _named(title, ("7" * 77, "8" * 77), ("Yes", "No"))
    desk = Desk(pair[:1], clock=clock)
    store, shown = desk.store, pair[0].id
    store.add(pair[0].told(tick=px(tick)))
    store.attach([shown], LINK, clock.at)
    store.take([LinkChanged(LINK, clock.at, 1, Phase.UP), _snapshot(shown, clock.at, *book, tick)])
    store.links[LINK].data_at = clock.at
    desk.show(shown)
    clock.at = Millis(clock.at + 400)
    return Scene(desk, clock)


def hear(scene: Scene) -> None:
    """Something was told of the market that is shown, and proven, just now."""
    store = scene.desk.store
    board = store.boards[scene.desk.shown]
    store.links[LINK].data_at = board.data_at = board.proof_at = scene.clock.at


def relink(scene: Scene, seconds: int = 20) -> None:
    """The link of the market that is shown is lost, and comes back so many seconds later, with its book."""
    store, shown = scene.desk.store, scene.desk.shown
    board = store.boards[shown]
    bids, asks = dict(board.book.bids), dict(board.book.asks)
    generation = store.links[LINK].generation
    store.take([LinkChanged(LINK, scene.clock.at, generation, Phase.DOWN, "the connection was lost")])
    scene.clock.at = Millis(scene.clock.at + 1_000 * seconds)
    at = scene.clock.at
    told = BookSnapshot(shown, at, at, bids, asks, tick=board.instrument.tick, initial=True)
    store.take([LinkChanged(LINK, at, generation + 1, Phase.UP), told])
    hear(scene)


def _snapshot(
    instrument: InstrumentId, at: Millis, bids: dict[int, int], asks: dict[int, int], tick: str
) -> BookSnapshot:
    return BookSnapshot(instrument, at, at, dict(bids), dict(asks), tick=px(tick), initial=True)


def books() -> dict[str, Scene]:
    """The books that other screens draw wrong."""
    near = _levels("0.34", "0.35", tick="0.01", count=30)
    return {
        "a wide spread": bare(_levels("0.08", "0.93", tick="0.01", count=6)),
        "no asks": bare((near[0], {})),
        "no bids": bare(({}, near[1])),
        "empty": bare(({}, {})),
        "the finest tick": bare(_levels("0.5203", "0.5207", tick="0.0001", count=60), tick="0.0001"),
        "a price of 0.999": bare(_levels("0.998", "0.999", tick="0.001", count=30), tick="0.001"),
        "a quarter tick": bare(_levels("0.5175", "0.5225", tick="0.0025", count=40), tick="0.0025"),
        "half a cent": bare(_levels("0.515", "0.52", tick="0.005", count=40), tick="0.005"),
        "ten cents": bare(_levels("0.3", "0.4", tick="0.1", count=5), tick="0.1"),
        "crossed": bare(_levels("0.36", "0.34", tick="0.01", count=20)),
    }


def health() -> Scene:
    """Long enough for every counter to have counted."""
    scene = market(40)
    scene.desk.store.alerts.add(scene.clock.at, Kind.NOTICE, "the venue says: NO NEW ASSETS")
    return scene


ACCOUNT_LINK = "polymarket account link"


def order(
    scene: Scene,
    name: str,
    side: Side,
    price: int,
    size: str,
    *,
    left: str = "",
    ago: int = 0,
    kind: str = "GTC",
    state: OrderState = OrderState.WORKING,
    on: InstrumentId | None = None,
    placed: bool = False,
) -> OrderChanged:
    """One of our orders as it stands, `ago` ms after it was placed."""
    at, matched = scene.clock.at, qty(size) - qty(left or size)
    instrument, created = on or scene.desk.shown, Millis(scene.desk.wall(at) - ago)
    return OrderChanged(
        name, instrument, at, created, side, Px(price), qty(size), Qty(matched), state, kind, created, placed=placed
    )


def fill(
    scene: Scene,
    name: str,
    side: Side,
    price: int,
    size: str,
    state: FillState = FillState.MATCHED,
    *,
    ago: int = 0,
    order: str = "o-filled",
    maker: bool = True,
    on: InstrumentId | None = None,
) -> Filled:
    """A part of an order that was filled so long ago."""
    at = scene.clock.at
    sent = Millis(scene.desk.wall(at) - ago)
    instrument = on or scene.desk.shown
    return Filled(name, order, 0, instrument, at, sent, side, Px(price), qty(size), maker, state, sent)


def logged_in(scene: Scene, *facts: OrderChanged | Filled, cash: str = "812.4") -> Account:
    """The account of a scene, live, with these facts told one by one after the first check."""
    store, at = scene.desk.store, scene.clock.at
    account = store.log_in("polymarket", Millis(scene.desk.wall(at) - 60_000))
    account.take(LinkChanged(ACCOUNT_LINK, Millis(at - 60_000), 1, Phase.UP))
    # What was filled before the session is found by asking, and is no news.
    opened = scene.desk.wall(at) - 60_000
    past = tuple(each for each in facts if isinstance(each, Filled) and each.sent < opened)
    account.take(AccountChecked(Millis(at - 59_000), Millis(at - 59_500), (), past, cash=qty(cash)))
    for each in facts:
        if isinstance(each, Filled) and each not in past and not each.late:
            account.take(each._replace(state=FillState.MATCHED))
        if each not in past:
            account.take(each)
    return account


def account() -> Scene:
    """Orders that work, fills in every state, a position: two minutes into a session."""
    scene = market(30)
    store, shown = scene.desk.store, scene.desk.shown
    board = store.boards[shown]
    book, second = board.book, board.instrument.complement
    third = scene.desk.markets[1]
    cent = ONE // 100
    bid, ask, buy, sell = book.bid, book.ask, Side.BUY, Side.SELL
    away = store.boards[third].book.bid
    own = logged_in(
        scene,
        fill(scene, "t-1", buy, bid - 4 * cent, "250", FillState.CONFIRMED, ago=5_400_000, maker=False),
        fill(scene, "t-2", buy, away - cent, "400", FillState.CONFIRMED, ago=4_000_000, on=third),
        fill(scene, "t-3", sell, ask + cent, "80", FillState.CONFIRMED, ago=1_900_000),
        order(scene, "o-1", buy, bid, "150", left="130", ago=42_000, placed=True),
        order(scene, "o-2", buy, bid - 3 * cent, "100", ago=190_000),
        order(scene, "o-3", sell, ask + 3 * cent, "250", ago=595_000, kind="GTD", placed=True),
        order(scene, "o-4", buy, away - 2 * cent, "500", left="380", ago=7_300_000, on=third),
        order(scene, "o-5", sell, ONE - bid + 6 * cent, "60", ago=15_000, on=second, placed=True),
        fill(scene, "t-4", sell, ask + 2 * cent, "20", FillState.FAILED, ago=55_000, maker=False),
        fill(scene, "t-5", buy, away - 2 * cent, "120", FillState.RETRYING, ago=41_000, order="o-4", on=third),
        fill(scene, "t-6", buy, bid - cent, "100", FillState.MINED, ago=26_000),
        fill(scene, "t-7", buy, bid, "20", FillState.MATCHED, ago=3_000, order="o-1"),
    )
    now = scene.clock.at
    news = next(each for each in reversed(own.news.ring) if each.was is None)
    mark(store, news, Facts.of(scene.desk, shown), now)
    missed = fill(scene, "t-8", sell, ask + cent, "35", FillState.CONFIRMED, ago=48_000)
    own.take(AccountChecked(now, now, tuple(own.orders.working()), (missed,), cash=qty("812.4")))
    scene.wait(6_000)
    for each in store.boards.values():
        each.data_at = Millis(scene.clock.at - 100)
        each.proof_at = Millis(scene.clock.at - 800)
    store.links[LINK].data_at = board.data_at
    return scene


REFUSED = "credentials not accepted (401): wrong, replaced, of another address, or the clock is off"
"""As `venues/polymarket` puts it."""


def refused() -> Scene:
    """Credentials that the venue does not accept: the markets go on, the account says why it does not."""
    scene = market(30)
    account = scene.desk.store.log_in("polymarket", Millis(scene.desk.wall(scene.clock.at)))
    account.take(LinkChanged(ACCOUNT_LINK, scene.clock.at, 1, Phase.HALTED, "the venue refused the credentials"))
    account.take(CheckFailed(scene.clock.at, REFUSED, refused=True))
    return scene


SCENES: dict[str, tuple[Callable[[], Scene], tuple[str, ...]]] = {
    "live": (market, ()),
    "stale": (stale, ()),
    "down": (down, ()),
    "resync": (resync, ()),
    "tick-change": (tick_change, ()),
    "health": (health, ("h",)),
    "help": (market, ("question_mark",)),
    "cursor": (market, ("down", "down", "down")),
    "merged": (market, ("y", "down", "down")),
    "grouped": (market, ("right_square_bracket", "plus", "plus", "s", "c")),
    "account": (account, ("a",)),
    "account-hidden": (account, ("a", "v")),
    "account-refused": (refused, ("a",)),
    "account-public": (market, ("a",)),
    "picker": (market, ("slash", "w", "i", "l", "l")),
    "perp": (coins, ()),
    "border": (border, ()),
    "both": (both, ()),
}
"""Name, what to build, and the keys to press."""

__all__ = ["SCENES", "Scene", "bare", "books", "found", "market"]
