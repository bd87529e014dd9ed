"""Scenes: a desk in a known state, at a known moment, with no network. Tests and pictures draw the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
from pmtui.core.units import ONE, Millis, Px, Qty, px, qty
from pmtui.desk import Desk
from pmtui.sim.exchange import history
from pmtui.sim.hyperliquid.world import demo_world as hyperliquid_world
from pmtui.sim.world import demo_world
from pmtui.ui.fills import mark
from pmtui.ui.markets import Facts
from pmtui.venues.hyperliquid.venue import Hyperliquid
from pmtui.venues.polymarket.catalog import found
from pmtui.venues.polymarket.venue import Polymarket
from tests.sim.hyperliquid.room import Room

SEED = 7
RATE = 60
LINK = "polymarket market 1"

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
        """Let time pass with nothing happening but what time itself does."""
        self.clock.at = Millis(self.clock.at + ms)
        self.desk.store.check(self.clock.at)


@cache
def _frames(seconds: int) -> tuple[tuple[int, bytes], ...]:
    world = demo_world(seed=SEED, rate=RATE)
    tokens = [token for market in world.markets for token in market.listing.tokens]
    return tuple((int(at), frame) for at, frame in history(world, tokens, seconds))


def market(seconds: int = 30, *, show: int = 0) -> Scene:
    """The demo's markets after some seconds, through the real codec and with real proofs."""
    venue, world = Polymarket(), demo_world(seed=SEED, rate=RATE)
    frames = _frames(seconds)
    start = frames[0][0]
    clock = Hands(start)
    named = [_named(each.listing.question, each.listing.tokens, each.listing.outcomes) for each in world.markets]
    desk = Desk([pair[0] for pair in named], clock=clock)
    store = desk.store
    ids = [each.id for pair in named for each in pair]
    for pair in named:
        for each in pair:
            store.add(each, venue.seal(each.id))
    stream = venue.stream(1, ids)
    stream.open()
    store.attach(ids, LINK, clock.at)
    store.take([LinkChanged(LINK, clock.at, 1, Phase.UP)])
    desk.show(desk.markets[show])
    checked = start
    for at, frame in frames:
        clock.at = Millis(at + 14)
        events = stream.receive(frame, clock.at)
        store.take(events)
        store.ledger.received += 1
        store.ledger.frames += 1
        store.ledger.octets += len(frame)
        store.delays.ring.append(14)
        if clock.at - checked >= _CHECKED_EVERY or at == frames[-1][0]:
            checked = clock.at
            store.check(clock.at)
        store.links[LINK].data_at = clock.at
    store.ledger.received = stream.messages
    return Scene(desk, clock)


def _named(question: str, tokens: Iterable[str], outcomes: Iterable[str]) -> list[Instrument]:
    first, second = (InstrumentId(f"polymarket:{token}") for token in tokens)
    return [
        Instrument(
            each, "polymarket", each.partition(":")[2], title=question, outcome=outcome, complement=other,
            ceiling=Px(ONE), shared=True, least=qty("5"), volume=1_230_000.0, ends=1_800_000_000,
        )
        for each, other, outcome in zip((first, second), (second, first), outcomes, strict=True)
    ]  # fmt: skip


COINS = ("BTC", "AVAX", "DOGE", "@230", "#10", "#11")


def coins(seconds: int = 30, *, show: int = 0, until: Callable[[Desk, Millis], bool] = lambda _, __: False) -> Scene:
    """Another venue's made-up coins through its real codec, for so long, or until something has happened."""
    venue = Hyperliquid()
    room = Room(hyperliquid_world(rate=RATE))
    clock = Hands(int(room.world.now))
    listed = [
        each for kind in ("meta", "spotMeta", "outcomeMeta") for each in venue.found(200, orjson.dumps(room.ask(kind)))
    ]
    named = {each.symbol: each for each in listed}
    desk = Desk([named[coin] for coin in COINS if not coin.endswith("1")], clock=clock)
    store, ids = desk.store, [named[coin].id for coin in COINS]
    for coin in COINS:
        store.add(named[coin], venue.seal(named[coin].id))
    stream = venue.stream(1, ids)
    store.attach(ids, stream.name, clock.at)
    store.take([LinkChanged(stream.name, clock.at, 1, Phase.UP)])
    desk.show(desk.markets[show])

    def hear(frames: Iterable[bytes]) -> None:
        clock.at = Millis(room.world.now + 14)
        for frame in frames:
            before = stream.messages
            store.take(stream.receive(frame, clock.at))
            store.ledger.received += stream.messages - before
            store.ledger.frames += 1
            store.delays.ring.append(14)
            store.links[stream.name].data_at = clock.at

    for said in (*stream.open(), *stream.attend({desk.shown})):
        hear(room.session.hear(said))
    for _ in range(seconds * 10):
        hear(room.raw(100))
        store.check(clock.at)
        if until(desk, clock.at):
            break
    past = venue.history(desk.shown, clock.at)
    assert past is not None
    asked = orjson.loads(past.body)
    store.recall(venue.remembered(desk.shown, 200, orjson.dumps(room.ask(asked.pop("type"), **asked)), clock.at))
    return Scene(desk, clock)


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


def down() -> Scene:
    """Cut off, with the second attempt ahead."""
    scene = market(20)
    at = scene.clock.at
    lost = LinkChanged(LINK, at, 1, Phase.DOWN, "the connection was lost", 2, Millis(at + 3_600))
    scene.desk.store.take([lost])
    scene.wait(1_200)
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
    store.add(replace(pair[0], tick=px(tick)))
    store.attach([shown], LINK, clock.at)
    store.take([LinkChanged(LINK, clock.at, 1, Phase.UP), _snapshot(shown, clock.at, *book, tick)])
    store.links[LINK].data_at = clock.at
    desk.show(shown)
    clock.at = Millis(clock.at + 400)
    return Scene(desk, clock)


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


ACCOUNT_LINK = "polymarket user"


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
    news = next(each for each in reversed(own.news) if each.was is None)
    mark(store, news, Facts.of(scene.desk, shown), now)
    missed = fill(scene, "t-8", sell, ask + cent, "35", FillState.CONFIRMED, ago=48_000)
    own.take(AccountChecked(now, now, tuple(own.orders.working()), (missed,), cash=qty("812.4")))
    scene.wait(6_000)
    for each in store.boards.values():
        each.data_at = Millis(scene.clock.at - 100)
        each.proof_at = Millis(scene.clock.at - 800)
    store.links[LINK].data_at = board.data_at
    return scene


def refused() -> Scene:
    """Credentials that the venue does not accept: the markets go on, the account says why it does not."""
    scene = market(30)
    account = scene.desk.store.log_in("polymarket", Millis(scene.desk.wall(scene.clock.at)))
    account.take(LinkChanged(ACCOUNT_LINK, scene.clock.at, 1, Phase.HALTED, "the venue refused the credentials"))
    account.take(CheckFailed(scene.clock.at, "the venue does not know this API key (401 Unauthorized)", refused=True))
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
}
"""Name, what to build, and the keys to press."""

__all__ = ["SCENES", "Scene", "bare", "books", "found", "market"]
