"""Our own orders, fills and positions, and how far they can be believed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from pmtui.core import orders
from pmtui.core.events import Filled, OrderChanged, Side
from pmtui.core.instrument import InstrumentId, short
from pmtui.ui import working
from pmtui.ui.holdings import Holdings
from pmtui.ui.kept import Kept, Tables, Widest, recent
from pmtui.ui.key import Key
from pmtui.ui.line import Line, Piece, fit, piece, sentence
from pmtui.ui.markets import Facts
from pmtui.ui.plan import Ask, plan
from pmtui.ui.scroll import Scroll
from pmtui.ui.sheet import Sheet
from pmtui.ui.standing import PUBLIC, REFUSED, Standing
from pmtui.ui.teller import Teller
from pmtui.ui.text import clean

if TYPE_CHECKING:
    from pmtui.core.account import Account as Own
    from pmtui.core.offer import Offer

_ASKED_FOR = (10_000, 0)
_BESIDE_ALL = (160, 24)
_NAMES_FROM, _LOOSE_FROM = 24, 34
_MOST_REASON = 3
_WHEEL = 3

NOT_NEEDED = "No key is needed to watch."
NEVER_ASKED = "A private key is never asked for."
WHEN_REFUSED = (
    "The markets go on as if nothing had happened.",
    "`pmtui account check` says who you are to the venue, where that was found, and what is wrong with it.",
)


class Account(Sheet):
    """Positions, working orders and fills; one order or fill is chosen and stays chosen."""

    called = "account"
    place = "far"
    rank = 1
    share = 2
    every = 250
    digit = "7"
    can_focus = True
    topics = ("account", "orders", "fills", "position", "cash", "queue")
    help = (
        "✓ 12s: so long ago all orders and fills were asked for and put right. Positions are the sum of the fills\n"
        "that did not fail, unrealised is what closing at the middle would gain, fees left out. Ahead: how much rests\n"
        "before an order, ~ an estimate since it was seen to appear, ≤ what it can be at the most, ? unknown. A\n"
        "fill goes from MATCHED over MINED to CONFIRMED; RETRYING is tried again, FAILED never happened. late: it\n"
        "happened while the link was down. A number before a market's name is its place in the line of markets."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Key(
            "up",
            "choose(-1)",
            "choose",
            key_display="↑ ↓",
            tooltip="the order or fill above, the one below",
            name="one up",
            does="choose the order or fill above",
        ),
        Binding("down", "choose(1)", "one down", show=False, tooltip="choose the order or fill below"),
        Binding("pageup", "choose(-10)", "ten up", show=False, tooltip="choose the one ten lines above"),
        Binding("pagedown", "choose(10)", "ten down", show=False, tooltip="choose the one ten lines below"),
        Binding("home", "choose(-999999999)", "first", show=False, tooltip="choose the first one"),
        Binding("end", "choose(999999999)", "last", show=False, tooltip="choose the last one"),
        Binding("space", "list", "orders/fills", tooltip="choose among the fills, or among the orders again"),
        Binding("enter", "open", "open", tooltip="show the market of the chosen order or fill"),
        Key(
            "o",
            "sort",
            "sort",
            tooltip="orders by time, price, what is left, side, market",
            does="sort the orders by the next of these: time, price, what is left, side, market",
        ),
        Binding("e", "filter", "this/all", tooltip="only the outcome on the screen, or everything"),
        Binding("i", "copy", "copy id", tooltip="the chosen order's id to the clipboard; not while amounts are hidden"),
        Binding("escape", "let_go", "none", show=False, tooltip="choose none, and go back to the top"),
    ]
    LOOKS: ClassVar[dict[str, str]] = Sheet.LOOKS | {working.HERE: "on $cursor"}

    def __init__(self) -> None:
        super().__init__()
        self.sort = next(iter(orders.SORTS))
        self.only_shown = False
        self._orders: Scroll[OrderChanged] = Scroll(lambda each: each.order)
        self._fills: Scroll[Filled] = Scroll(lambda each: each.key)
        self._list: Scroll[OrderChanged] | Scroll[Filled] = self._orders
        self._set = 0
        """Moves with whatever the user did here."""
        self._rows_of: dict[int, tuple[Scroll[OrderChanged] | Scroll[Filled], Hashable]] = {}
        """Which order or fill stands on which line."""
        self._tables_seen = Tables()
        self._order_lines = Kept(working.order)
        self._fill_lines = Kept(working.fill)
        self._facts: dict[InstrumentId, Facts] = {}
        self._order_names, self._fill_names = Widest(), Widest()
        self._holdings = Holdings(self._about)

    @property
    def needs(self) -> tuple[int, int]:  # type: ignore[override]  # whoever has no account is not shown an empty panel
        return _BESIDE_ALL if self.desk.store.accounts else _ASKED_FOR

    def ask(self, screen: Size) -> Ask:
        """Without an account no more lines than the words need, whichever venue's advice they are."""
        if self.desk.store.accounts:
            return super().ask(screen)
        width = plan(screen, [Ask("main"), Ask("side"), Ask(self.place)])[-1].width
        why = self.desk.account_words(self.desk.now())[1]
        told = [[why, *_advice(each)] for each in self.desk.offers]
        return Ask(self.place, lines=max(1 + sum(map(partial(_needed, width=width), words)) for words in told))

    @property
    def hidden(self) -> bool:
        """Whether amounts are hidden from whoever looks on."""
        return self.host.veiled

    # Keys and the mouse

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done with the chosen order or fill needs one."""
        return self._list.row is not None if action in ("open", "copy") else True

    def action_choose(self, by: int) -> None:
        self._set += 1
        self._list.move(by)

    def action_list(self) -> None:
        """The keys go to the other table."""
        self._set += 1
        self._list.let_go()
        self._list = self._fills if self._list is self._orders else self._orders
        self._list.move(1)

    def action_let_go(self) -> None:
        self._set += 1
        self._orders.let_go()
        self._fills.let_go()

    def action_sort(self) -> None:
        sorts = list(orders.SORTS)
        self.sort = sorts[(sorts.index(self.sort) + 1) % len(sorts)]

    def action_filter(self) -> None:
        self.only_shown = not self.only_shown

    def action_open(self) -> None:
        row = self._list.row
        if row is not None and (words := self.desk.visit(row.instrument)):
            self.notify(words, timeout=4, markup=False)

    def action_copy(self) -> None:
        row = self._list.row
        if row is None:
            return
        if self.hidden:
            self.notify("nothing is copied while amounts are hidden", timeout=4)
        else:
            self.app.copy_to_clipboard(clean(row.order))
            self.notify(f"order id copied: {short(clean(row.order))}", timeout=2, markup=False)

    def on_click(self, event: events.Click) -> None:
        hit = self._rows_of.get(event.y)
        if hit is not None:
            self._set += 1
            table, name = hit
            if table is not self._list:
                self._list.let_go()
            self._list = table
            table.choose(name)
            self.host.frames.answer()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.action_choose(_WHEEL)
        self.host.frames.answer()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.action_choose(-_WHEEL)
        self.host.frames.answer()

    # What to show

    def mine(self) -> Hashable:
        account = self.desk.account
        of = None if account is None else (id(account), account.version, account.label(self.desk.now()), account.cash)
        return of, self.sort, self.only_shown, self.hidden, self._set, tuple(self.desk.markets)

    def compose_rows(self) -> Sequence[Line | None]:
        account = self.desk.account
        now = self.desk.now()
        of = Standing.of(self.desk, now)
        if account is None:
            return self._without(of, _advice(self.desk.venue) if of.word == PUBLIC else ())
        if of.word == REFUSED and not account.checks:
            return self._without(of, WHEN_REFUSED)
        self._facts = {}
        teller = Teller(self.hidden)
        rows: list[Line | None] = [self._head(of, "" if account.cash is None else teller.cash(account.cash))]
        rows += sentence(of.why, self.columns, of.look)[:_MOST_REASON]
        size = self.columns, self.lines
        alone = self.columns >= self.app.size.width - 1
        held = self._holdings.rows(self.desk, account, teller, size, shown_only=self.only_shown, alone=alone)
        told: list[Line | None] = [*held]
        room, top = self.lines - len(rows) - len(told), len(rows) + len(told)
        told += self._tables(account, teller, now, room, top)
        return [*rows, *(told if of.sure else map(_old, told))][: self.lines]

    def _without(self, of: Standing, advice: Sequence[str]) -> list[Line | None]:
        """What to say where there is nothing to show."""
        self._tables_seen, self._rows_of = Tables(), {}
        rows: list[Line | None] = [self._head(of)]
        for words, look in ((of.why, of.look), *((each, "sheet--dim") for each in advice)):
            rows += [None, *sentence(words, self.columns, look)] if words else []
        return rows[: self.lines]

    def _head(self, of: Standing, cash: str = "") -> Line:
        pieces = [piece(0, " ACCOUNT", self.title_look)]
        if len(self.desk.store.accounts) > 1 and (venue := self.desk.venue) is not None:
            pieces.append(piece(1, venue.title, "sheet--accent"))
        pieces.append(piece(0, of.word, of.look))
        if of.age:
            pieces.append(Piece((("✓ ", "sheet--good" if of.sure else "sheet--dim"), (of.age, "")), 2))
        if self.hidden:
            pieces.append(piece(1, "hidden", "sheet--loud"))
        if cash:
            pieces.append(Piece((("cash ", "sheet--dim"), (cash, "" if of.sure else "sheet--dim")), 3))
        return fit(pieces, self.columns)

    # Orders and fills

    def _tables(self, account: Own, teller: Teller, now: int, room: int, top: int) -> Sequence[Line | None]:
        """Both tables; as long as nothing of them changes, only the ages are looked at."""
        wall, only = self.desk.wall(now), self.desk.shown if self.only_shown else None
        of = (account, account.version, self._set, self.sort, only, teller, self.title_look, self.columns, room, top)
        if not self._tables_seen.hold(of, self._about, wall):
            self._tables_seen = self._look_at_tables(of, account, teller, only, room, top, wall)
        return self._tables_seen.lines(wall)

    def _look_at_tables(
        self,
        of: tuple[object, ...],
        account: Own,
        teller: Teller,
        only: InstrumentId | None,
        room: int,
        top: int,
        wall: int,
    ) -> Tables:
        many, filled = account.orders.count(only), account.fills.count(only)
        blank = self.lines >= _LOOSE_FROM
        height = room - 2 - 2 * blank
        # In a low panel columns have names only where no order or fill loses its line to them.
        named = self.lines >= _NAMES_FROM or max(1, many) + filled + 2 <= height
        height -= 2 * named
        for_fills = max(min(filled, height - height // 2), height - max(1, many))

        def read_orders(skip: int, count: int) -> list[OrderChanged]:
            return account.orders.working(self.sort, instrument=only, top=count, skip=skip)

        def read_fills(skip: int, count: int) -> list[Filled]:
            return account.fills.newest(count, skip=skip, instrument=only)

        orders = self._orders.window(read_orders, many, max(1, height - max(min(1, filled), for_fills)))
        fills = self._fills.window(read_fills, filled, max(1, for_fills))
        columns = working.order_columns(
            self.columns,
            market=only is None,
            price=self._widest_price(orders),
            size=max((len(working.rest(each, teller)) for each in orders), default=0),
            name=self._longest_name(account, self._order_names, orders),
        )
        money = {side: account.orders.money(side, only) for side in Side}
        sums = " · ".join(f"{side.value.lower()} {teller.worth(each)}" for side, each in money.items() if each)
        above: list[Line | None] = [None] * blank
        above.append(self._title("WORKING", (len(orders), many), self._list is self._orders, sums, f"by {self.sort}"))
        above += [working.names(columns)] * named
        rows = self._order_rows(account, orders, working.Style(columns, teller))

        late, price = any(each.late for each in fills), self._widest_price(fills)
        size = max((len(teller.size(each.size)) for each in fills), default=0)
        fill_columns = working.fill_columns(
            self.columns,
            market=only is None,
            late=late,
            price=price,
            size=size,
            name=self._longest_name(account, self._fill_names, fills),
        )
        failed = f"{count:,} failed" if (count := account.fills.failed(only)) else ""
        below: list[Line | None] = [] if rows else [((" no working orders", "sheet--dim"),)]
        below += [None] * blank
        below.append(self._title("FILLS", (len(fills), filled), self._list is self._fills, failed))
        below += [working.names(fill_columns)] * named
        y = top + len(above)
        self._rows_of = {y + n: (self._orders, each.order) for n, each in enumerate(orders)}
        y += len(rows) + len(below)
        self._rows_of |= {y + n: (self._fills, each.key) for n, each in enumerate(fills)}
        below += self._fill_rows(fills, working.Style(fill_columns, teller), wall)
        shown = {each.instrument for each in orders} | {each.instrument for each in fills}
        facts = {each: self._about(each) for each in shown}
        return Tables(of, facts, orders, fills, columns, above, rows, below, recent(fills, wall))

    def _title(self, name: str, counts: tuple[int, int], chosen: bool, *more: str) -> Line:
        """The head of a table; `counts` are the rows in sight and all there are."""
        look = self.title_look if chosen and self.has_focus else "sheet--head"
        seen, count = counts
        count_words = (f"{seen} of {count:,}" if seen < count else f"{count:,}") if count else "none"
        pieces = [piece(0, f" {name}", look), piece(1, count_words, "")]
        pieces += [piece(3 + n, words, "sheet--dim") for n, words in enumerate(more)]
        if self.only_shown:
            pieces.append(piece(2, "this outcome only", "sheet--accent"))
        return fit(pieces, self.columns)

    def _order_rows(self, account: Own, orders: Sequence[OrderChanged], style: working.Style) -> list[Line]:
        about, chosen = self._about, self._orders.chosen
        rows = (
            (each.order, working.OrderRow(each, account.ahead(each), about(each.instrument), each.order == chosen))
            for each in orders
        )
        return self._order_lines.lines(rows, style)

    def _fill_rows(self, fills: Sequence[Filled], style: working.Style, wall: int) -> list[Line]:
        about, chosen = self._about, self._fills.chosen
        rows = (
            (key, working.FillRow(each, about(each.instrument), working.is_recent(each, wall), key == chosen))
            for each, key in ((each, each.key) for each in fills)
        )
        return self._fill_lines.lines(rows, style)

    def _widest_price(self, rows: Iterable[OrderChanged | Filled]) -> int:
        return max((len(working.price(self._about(each.instrument), each.price)) for each in rows), default=0)

    def _longest_name(self, account: Own, names: Widest, rows: Iterable[OrderChanged | Filled]) -> int:
        return names.of((self._about(each.instrument) for each in rows), account, self.columns)

    def _about(self, instrument: InstrumentId) -> Facts:
        """What is told of a market: looked up once a look."""
        facts = self._facts.get(instrument)
        if facts is None:
            facts = self._facts[instrument] = Facts.of(self.desk, instrument)
        return facts


def _advice(venue: Offer | None) -> Sequence[str]:
    """How an account comes onto the screen."""
    return (NOT_NEEDED, *(venue.entry.advice if venue else ()), NEVER_ASKED)


def _needed(words: str, width: int) -> int:
    """How many lines they take, with the blank one above them."""
    return 1 + len(sentence(words, width, "")) if words else 0


def _old(line: Line | None) -> Line | None:
    """The same, as what may not be so any more."""
    return line and tuple((text, "sheet--dim") for text, _ in line)


PANEL = Account
