"""What is on the screen, and how far it can be believed."""

from __future__ import annotations

from collections.abc import Sequence

from pmtui.core.board import Board, Label
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.units import ONE, places
from pmtui.ui import apart, numbers
from pmtui.ui.cells import cell_len
from pmtui.ui.line import Line, Piece, ends, fit, piece
from pmtui.ui.sheet import Sheet
from pmtui.ui.standing import PUBLIC, Standing
from pmtui.ui.text import clean, shorten

LOOKS = {
    Label.LIVE: "sheet--good",
    Label.QUIET: "sheet--good",
    Label.CONNECTING: "sheet--accent",
    Label.SYNCING: "sheet--accent",
    Label.RESOLVED: "sheet--accent",
    Label.RESYNC: "sheet--loud",
    Label.STALE: "sheet--alarm",
    Label.DOWN: "sheet--alarm",
    Label.HALTED: "sheet--alarm",
}
_LONGEST_WHY = 1_000
_LATE = 2_000
"""From so many ms on a delay is something to be warned of, and told before what one share of each outcome costs."""
_SECONDS = 10_000
"""From so many ms on a delay is told in seconds."""
_LEAST_TITLE = 22
_OUTCOME, _LONGEST_OUTCOME = 12, 24
"""The cells that an outcome may take on a narrow screen, and on a wide one."""
_AGE, _ACCOUNT, _DELAY, _RATE = len("0.9s"), len("12s"), len("14/102ms"), len("600")
"""The cells that numbers of the second line usually take."""
_MATTERS = 5
"""What is of this rank or a lower one in the second line is worth more than that it stands still."""
_MARKS = {Label.LIVE: "●", Label.QUIET: "○", Label.RESOLVED: "■"}


class Truth(Sheet):
    """Two lines on top: the market, its touch, its label, the age of the data and of the last proof."""

    called = "header"
    place = "top"
    rank = 10
    takes = 2
    topics = ("label", "proof", "age", "spread", "tick", "delay")
    help = (
        "The label says how far the book can be believed. LIVE: complete, fresh, and its best prices agree with the\n"
        "venue's. QUIET: nothing changes, and a book fetched a moment ago was the same. RESYNC: a doubt exists and a\n"
        "new book is asked for. STALE: it cannot be proven. DOWN: no link. ✓ 0.4s: the whole book was proven equal to\n"
        "the venue's so long ago, by its hash or by a fetched book; no mirror: and yet the other outcome's book,\n"
        "which is proven as well, is not its mirror image. account live 12s: your own orders and fills were asked for\n"
        "and put right so long ago; public: there is no account. delay 4/9ms: so far behind the venue's own time came\n"
        "half of the last messages, and 99 of 100. clock differs by 5.0s: the venue's answers tell another time than\n"
        "this computer. 34/s: messages a second over the last five. YES+NO asks 101¢ bids 99¢, with less room Σasks\n"
        "101¢ bids 99¢: what one share of each outcome costs together, and what both bring."
    )
    DEFAULT_CSS = "Truth { background: $bar-paper; }"

    def __init__(self) -> None:
        super().__init__()
        self._laid_out_of: tuple[object, ...] = ()
        self._laid_out: list[Line] = []

    def compose_rows(self) -> Sequence[Line | None]:
        board, now = self.desk.board(), self.desk.now()
        width = self.columns
        if board is None:
            return [fit([piece(0, " pmtui", "sheet--strong"), piece(1, "opening …", "sheet--dim")], width)]
        label = board.label(now)
        if self.holds(board.calm(now)):
            return self.last_look
        book = board.book
        # What follows takes a while to lay out, and most frames bring no other touch and no other tenth of a second.
        ours = Standing.of(self.desk, now)
        of = (board.instrument, label, book.bid, book.ask, board.tick, board.proof_at, now // 100, width, ours)
        if of != self._laid_out_of:
            self._laid_out = [self._first(board, label, now, width), self._second(board, label, now, width, ours)]
            self._laid_out_of = of
        return self._laid_out

    def _first(self, board: Board, label: Label, now: int, width: int) -> Line:
        right = fit(self._label(board, label, now), width)
        room = width - sum(len(text) for text, _ in right) - 3
        side = apart.outcome(self.desk, board.instrument, max(_OUTCOME, min(_LONGEST_OUTCOME, room // 5)))
        outcome = piece(1, side, "sheet--accent")
        quote = self._quote(board, sure=label.sure)
        title = apart.title(self.desk, board.instrument.id)
        # The title gives way before the touch does, and the lesser facts before the title.
        least = min(cell_len(title.text) + 1, _LEAST_TITLE)
        while sum(each.width + 2 for each in (outcome, *quote)) + least > room and len(quote) > 1:
            quote.remove(max(quote, key=lambda each: each.rank))
        left = room - sum(each.width + 2 for each in (outcome, *quote)) - 1
        name = Piece(((" ", ""), (title.cut(left), "sheet--strong")), 0)
        return ends(fit([name, outcome, *quote], room), right, width - 1)

    def _quote(self, board: Board, *, sure: bool) -> list[Piece]:
        book, tick = board.book, board.tick or ONE // 1000
        looks = "sheet--bid", "sheet--ask", "sheet--strong", ""
        bid_look, ask_look, mid_look, ink = looks if sure else ("sheet--dim",) * 4
        if book.empty:
            return [piece(1, "empty book" if board.synced else "no book yet", "sheet--dim")]
        cents = board.instrument.in_cents
        sign = "¢" * cents
        # A price that gains or loses a digit moves nothing beside it.
        highest = board.instrument.ceiling - tick if cents else max(book.bid, book.ask if book.ask != NO_ASK else 0)
        wide, half = (len(numbers.price(highest, step, cents=cents)) for step in (tick, tick // 10 or 1))
        bid = f"{numbers.price(book.bid, tick, cents=cents) if book.bid != NO_BID else 'none':>{wide}}"
        ask = f"{numbers.price(book.ask, tick, cents=cents) if book.ask != NO_ASK else 'none':>{wide}}"
        pieces = []
        if (mid := book.mid) is not None:
            pieces.append(piece(4, f"{numbers.price(mid, tick // 10 or 1, cents=cents):>{half}}{sign}", mid_look))
        pieces.append(Piece((("bid ", "sheet--dim"), (bid, bid_look), ("  ask ", "sheet--dim"), (ask, ask_look)), 1))
        if book.mid is not None and not book.crossed:
            spread = book.ask - book.bid
            usual = len(numbers.price(10 * tick, tick, cents=cents))
            words = f"{numbers.price(spread, tick, cents=cents):>{usual}}{sign} {spread // tick:>2}t"
            pieces.append(Piece((("spr ", "sheet--dim"), (words, ink)), 5))
        pieces.append(Piece((("tick ", "sheet--dim"), (numbers.tick(tick, cents=cents), ink)), 6))
        return pieces

    def _label(self, board: Board, label: Label, now: int) -> list[Piece]:
        word = f"{_MARKS.get(label, '▲')} {label.value}"
        age = numbers.age(now - board.heard_at) if board.synced else ""
        return [piece(0, f" {word} ", LOOKS[label]), piece(1, f"{age:>4}", "")]

    def _second(self, board: Board, label: Label, now: int, width: int, ours: Standing) -> Line:
        rest = [*self._around(board, now), *self._slow_facts(board, now)]

        def told(*, steady: bool) -> tuple[Line, int]:
            """The line, and how much of what matters most has no room in it."""
            first = self._numbers(board, label, now, width, ours, steady=steady)
            for both in ("", "sum ", "Σ") if self.host.ascii_only else ("", "Σ"):
                pair = self._pair(board, now, sure=label.sure, both=both)
                pieces = [*first, *pair, *rest]
                line = fit(pieces, width - 11, gap=(" · ", "sheet--faint"))
                if all(span in line for each in pair for span in each.spans):
                    break
            return line, sum(span not in line for each in pieces if each.rank <= _MATTERS for span in each.spans)

        # What stands behind these numbers keeps its place while they change: what has room only while they are short
        # would come and go. But nothing that matters is given for that.
        line, lost = told(steady=True)
        if lost:
            bare, lost_then = told(steady=False)
            line = bare if lost_then < lost else line
        time = piece(5, numbers.clock(self.desk.wall(now)) + "Z", "sheet--dim")
        return ends(line, fit([time], width), width - 1)

    def _numbers(
        self, board: Board, label: Label, now: int, width: int, ours: Standing, *, steady: bool
    ) -> list[Piece]:
        """Proof, account, delay and rate; `steady` in the widths that they usually take."""
        store = self.desk.store
        age = f"{numbers.age(now - board.proof_at):>{_AGE * steady}}"
        proof = [("✓ ", "sheet--good"), (f"{age} {board.proof_kind}", "")]
        if not board.proof_kind:
            proof = [("not proven yet", "sheet--dim")]
        why = _whole(clean(board.why(now), limit=_LONGEST_WHY), width - 13)
        pieces = [piece(1, f" {why}", LOOKS[label].replace("loud", "warn").replace("alarm", "bad"))] if why else []
        pieces.append(Piece((*((" ", "") for _ in range(not why)), *proof), 2))
        if board.unlike and label.sure:
            pieces.append(piece(2, "no mirror", "sheet--warn"))
        pieces.append(self._account(ours, width, steady=steady))
        delays = store.clocks.of(board.instrument.venue)
        if (delay := delays.quantiles()) is not None:
            pieces.append(_delay(*delay, delays.apart(now), steady=steady))
        rate = "–" if store.rate.told is None else f"{store.rate.told:.0f}"
        pieces.append(Piece(((f"{rate:>{_RATE * steady}}", ""), ("/s", "sheet--dim")), 6))
        return pieces

    def _account(self, of: Standing, width: int, *, steady: bool) -> Piece:
        """How the account is, as far as there is one."""
        if of.word == PUBLIC and not of.why:
            return piece(10, PUBLIC, "sheet--dim")
        if of.sure:
            age = f"{of.age:>{_ACCOUNT * steady}}"
            return Piece((("account ", "sheet--dim"), (of.word, of.look), (f" {age}", "")), 3)
        # The last part, when it is tried again, is said whole or not at all.
        told = of.why if len(of.why) <= width // 3 else of.why.rpartition(", ")[0] or of.why
        why = f": {shorten(told, width // 3)}" if told else ""
        return Piece((("account ", "sheet--dim"), (of.word + why, "sheet--warn" if of.word == PUBLIC else of.look)), 2)

    def _pair(self, board: Board, now: int, *, sure: bool, both: str) -> list[Piece]:
        """The other outcome's price, and what one share of each costs and brings; no sum of what may not be so now."""
        facts = board.instrument
        other = self.desk.store.boards.get(facts.complement or facts.id)
        if other is None or other is board or other.book.empty or board.book.empty:
            return []
        mine, theirs, tick = board.book, other.book, board.tick or ONE // 1000
        believed, live = self.desk.beside(board, now) is other, other.credible(now)
        name = apart.outcome(self.desk, other.instrument, 8) or "OTHER"
        if not (live or believed):
            return [Piece(((f"{name} ", "sheet--dim"), (other.label(now).value, "sheet--warn")), 4)]
        pieces = []
        if (mid := theirs.mid) is not None:
            price = f"{numbers.price(mid, tick // 10 or 1)}¢"
            pieces.append(Piece(((f"{name} ", "sheet--dim"), (price, "" if live else "sheet--dim")), 4))
        if not believed or live != board.credible(now):
            return pieces
        ink = "" if sure else "sheet--dim"
        sums = []
        if NO_ASK not in (mine.ask, theirs.ask):
            sums.append(f"asks {numbers.price(mine.ask + theirs.ask, tick)}¢")
        if NO_BID not in (mine.bid, theirs.bid):
            sums.append(f"bids {numbers.price(mine.bid + theirs.bid, tick)}¢")
        if sums:
            both = both or f"{apart.outcome(self.desk, facts, 8) or 'THIS'}+{name} "
            # While they hold they are worth more than one price of the two; else that is the better known.
            pieces.append(Piece(((both, "sheet--dim"), (" ".join(sums), ink)), 4 if sure else 5))
        return pieces

    def _around(self, board: Board, now: int) -> list[Piece]:
        """What the venue says around the book: marks, funding and when it is paid, open interest, the last day."""
        told = board.context
        if told is None:
            return []
        decimals = places(board.tick or 1)
        pieces = [
            Piece(((f"{name} ", "sheet--dim"), (f"{price:.{decimals}f}", "")), rank)
            for name, price, rank in (("mark", told.mark, 4), ("oracle", told.oracle, 7))
            if price is not None
        ]
        if told.funding is not None:
            due = ""
            if told.funded_every:
                due = f" in {numbers.age(told.funded_every - self.desk.wall(now) % told.funded_every)}"
            pieces.append(Piece((("funding ", "sheet--dim"), (f"{told.funding * 100:+.4f}%{due}", "")), 5))
        if told.interest is not None:
            pieces.append(Piece((("OI ", "sheet--dim"), (numbers.size(int(told.interest * ONE)) or "0", "")), 6))
        if told.previous and told.mark is not None:
            change = (told.mark / told.previous - 1) * 100
            pieces.append(Piece((("24h ", "sheet--dim"), (f"{change:+.2f}%", "")), 6))
        if told.volume is not None:
            pieces.append(Piece((("vol ", "sheet--dim"), (f"${numbers.size(int(told.volume) * ONE) or 0}", "")), 7))
        return pieces

    def _slow_facts(self, board: Board, now: int) -> list[Piece]:
        facts = board.instrument
        pieces = []
        if facts.ends:
            left = facts.ends * 1000 - self.desk.wall(now)
            day = numbers.date(facts.ends, self.desk.wall(now) // 1000)
            pieces.append(Piece((("ends ", "sheet--dim"), (f"{day} ({_until(left)})", "")), 7))
        if facts.volume >= 1:
            pieces.append(Piece((("24h ", "sheet--dim"), (f"${numbers.size(int(facts.volume) * ONE)}", "")), 8))
        if facts.least:
            least = numbers.size(facts.least) + numbers.unit(facts.unit)
            pieces.append(Piece((("min ", "sheet--dim"), (least, "")), 9))
        return pieces


def _delay(median: int, worst: int, apart: int, *, steady: bool) -> Piece:
    """How late news come; where the clocks differ, nobody knows."""
    if apart:
        return Piece((("clock differs by ", "sheet--warn"), (numbers.about(abs(apart)), "sheet--warn")), 3)
    words = f"{max(0, median)}/{max(0, worst)}ms"
    if worst >= _SECONDS:
        words = f"{numbers.about(max(0, median))}/{numbers.about(worst)}"
    words = f"{words:>{_DELAY * steady}}"
    if worst < _LATE:
        return Piece((("delay ", "sheet--dim"), (words, "")), 5)
    return Piece((("delay ", "sheet--dim"), (words, "sheet--warn")), 3)


def _until(left: int) -> str:
    """How long is left of a question's time."""
    if left <= 0:
        return "past"
    days = left // 86_400_000
    return f"{days}d" if days else numbers.age(left)


def _whole(why: str, room: int) -> str:
    """As much of a reason as there is room for; when it is tried again is said in any case."""
    reason, word, again = why.rpartition(", try ")
    return shorten(reason, room - len(word + again)) + word + again if word else shorten(why, room)


PANEL = Truth
