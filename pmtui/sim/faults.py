"""What can be made to go wrong, how to ask for it, and what is wrong right now.

A fault is a line of text such as `freeze 30`; a plan is several of them with times: `at 20 freeze 30; at 60 drop 1`.
Faults act on the wire only. The engine's truth stays true, so that a checker has something to compare with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any

VOCABULARY = {
    "freeze SECONDS": "sockets stay open and pings are answered, but nothing is sent, not even to new ones",
    "zombie SECONDS": "as freeze, for the sockets that are open now; new ones are served",
    "mute TOKEN SECONDS": "nothing about one token is sent",
    "nobook TOKEN [SECONDS]": "one token never gets a first book, its later messages do arrive",
    "drop N [TOKEN]": "the next N price_change messages are not sent",
    "ghost N [TOKEN]": "the next N messages that take a level away are not sent",
    "swap [N]": "the next N price_change messages arrive behind their successors",
    "duplicate [N]": "the next N messages are sent twice",
    "hash N [TOKEN]": "the next N books and price_changes carry wrong hashes",
    "cross SECONDS [TOKEN]": "a bid that nobody made stands above the best ask",
    "garbage [WHAT]": "malformed messages: how many from the catalogue, or the name of one",
    "cut": "every socket is reset",
    "tear": "every socket is reset in the middle of its next message",
    "close CODE [REASON]": "every socket is closed with a code",
    "refuse SECONDS [STATUS]": "new sockets are refused with an HTTP status",
    "stall SECONDS": "handshakes of new sockets are never answered",
    "slow BYTES_PER_S [SECONDS]": "every socket carries only so much",
    "late MS [SECONDS]": "everything arrives so much later",
    "backlog SECONDS": "everything is held, then delivered in one burst",
    "stale SECONDS": "REST answers the books of the moment when this began",
    "rest STATUS SECONDS": "REST answers every request with a status",
    "user-drop N": "the next N messages about the account are not sent",
    "user-duplicate [N]": "the next N messages about the account are sent twice",
    "user-swap [N]": "the next N messages about trades that go on arrive behind their successors",
    "user-late SECONDS": "messages about the account are held, then delivered in one burst",
    "user-cut": "only the account's sockets are reset",
    "user-down SECONDS [STATUS]": "the account's sockets are reset and new ones refused with an HTTP status",
    "user-deny SECONDS": "the account's key is refused: its sockets are reset, signed reads answer 401",
    "user-rest STATUS SECONDS": "REST answers the account's signed reads with a status",
    "clear": "all faults end",
}
"""Each fault's form, which is also the grammar that the parser follows, and what it does; each venue has its own."""

CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""The codes that may stand in a close frame."""

_FOR_A_LONG_TIME = 10**12


class FaultError(ValueError):
    """The text is not a fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    verb: str
    text: str
    arguments: dict[str, Any]

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens it is about; none means all."""
        return frozenset(self.arguments.get("TOKEN", ()))


@dataclass(slots=True, eq=False)
class Active:
    """A fault at work, until a moment or for a number of messages."""

    fault: Fault
    began: float
    until: float
    left: int | None

    def concerns(self, tokens: Iterable[str]) -> bool:
        return not self.fault.tokens or not self.fault.tokens.isdisjoint(tokens)


@dataclass(slots=True)
class Faults:
    """What is wrong now and what is going to be; times are milliseconds lived by the world."""

    find_tokens: Callable[[str], tuple[str, ...]]
    """Turns what a line calls a token (or a coin) into what messages are about; raises `FaultError`."""
    vocabulary: Mapping[str, str] = field(default_factory=lambda: VOCABULARY)
    active: list[Active] = field(default_factory=list)
    planned: list[tuple[float, Fault]] = field(default_factory=list)

    def ask(self, text: str, now: float) -> list[Fault]:
        """Take in a line or a plan, all of it or nothing; gives the faults that begin at once.

        The times of a plan count from this moment.
        """
        parts = [part for part in text.replace("\n", ";").split(";") if part.strip()]
        asked = [parse(part, self.find_tokens, self.vocabulary) for part in parts]
        if not asked:
            raise FaultError("an empty line is not a fault; GET /faults tells what is")
        self.planned += [(now + at, fault) for at, fault in asked if at is not None]
        self.planned.sort(key=lambda planned: planned[0])
        begun = [fault for at, fault in asked if at is None]
        for fault in begun:
            self._begin(fault, now)
        return begun + self.begin_planned(now)

    def begin_planned(self, now: float) -> list[Fault]:
        """The planned faults whose time has come."""
        begun = []
        while self.planned and self.planned[0][0] <= now:
            at, fault = self.planned.pop(0)
            self._begin(fault, at)
            begun.append(fault)
        return begun

    def end_expired(self, now: float) -> list[Fault]:
        """The faults that are over."""
        over = [active for active in self.active if active.until <= now or active.left == 0]
        self.active = [active for active in self.active if active not in over]
        return [active.fault for active in over]

    def next_moment(self) -> float:
        """When something begins or ends by itself."""
        return min((*(at for at, _ in self.planned[:1]), *(active.until for active in self.active)), default=math.inf)

    def find(self, verb: str, tokens: Iterable[str] = ()) -> Active | None:
        """The oldest fault of a kind that is at work, for these tokens if it is about some."""
        for active in self.active:
            if active.fault.verb == verb and active.left != 0 and active.concerns(tokens):
                return active
        return None

    def spend(self, verb: str, tokens: Iterable[str] = ()) -> bool:
        """Use up one message of a counted fault; False if none is at work."""
        if (active := self.find(verb, tokens)) is None or active.left is None:
            return False
        active.left -= 1
        return True

    def muted(self, verb: str) -> frozenset[str]:
        """All tokens that faults of a kind are about."""
        return frozenset().union(*(active.fault.tokens for active in self.active if active.fault.verb == verb))

    def report(self, now: float) -> dict[str, object]:
        """What is wrong, what is planned and what can be asked for."""
        return {
            "active": [_told(active, now) for active in self.active],
            "planned": [{"at": at / 1000, "fault": fault.text} for at, fault in self.planned],
            "vocabulary": self.vocabulary,
        }

    def _begin(self, fault: Fault, now: float) -> None:
        if fault.verb == "clear":
            for active in self.active:
                active.until = now
            self.planned.clear()
            return
        seconds = fault.arguments.get("SECONDS")
        count = fault.arguments.get("N")
        if seconds is None and count is None and fault.verb not in ("nobook", "slow", "late", "tear"):
            return  # done the moment it begins
        if fault.verb == "tear":
            count = 1
        self.active.append(Active(fault, now, now + (seconds * 1000 if seconds else _FOR_A_LONG_TIME), count))


def parse(
    text: str, find_tokens: Callable[[str], tuple[str, ...]], vocabulary: Mapping[str, str]
) -> tuple[float | None, Fault]:
    """One fault and, after `at SECONDS`, the moment in milliseconds when it begins."""
    words = text.split()
    at = None
    if words[0] == "at":
        if len(words) < 3:
            raise FaultError(f"{text.strip()!r}: expected at SECONDS FAULT")
        at, words = _seconds(words[1]) * 1000, words[2:]
    verb, given = words[0], words[1:]
    forms = {form.split()[0]: form for form in vocabulary}
    if verb not in forms:
        raise FaultError(f"{verb!r} is not a fault; expected one of {', '.join(forms)}")
    form = forms[verb].split()[1:]
    arguments: dict[str, Any] = {}
    for place, word in enumerate(form):
        optional, name = word.startswith("["), word.strip("[]")
        if place >= len(given):
            if not optional:
                raise FaultError(f"{verb} lacks {name}; expected {forms[verb]}")
            arguments |= {"N": 1} if name == "N" else {}
        elif name == "REASON":
            arguments[name] = " ".join(given[place:])
        elif name in ("TOKEN", "COIN"):
            arguments["TOKEN"] = find_tokens(given[place])
        else:
            arguments[name] = _READERS[name](given[place])
    if len(given) > len(form) and "[REASON]" not in form:
        raise FaultError(f"{' '.join(given[len(form) :])!r} is too much; expected {forms[verb]}")
    return at, Fault(verb, " ".join(words), arguments)


def random_plan(seed: int, seconds: int, tokens: tuple[str, ...], every: int = 20) -> str:
    """A plan with a fault about each `every` seconds, decided by the seed."""
    random = Random(f"{seed}/faults")
    lines = []
    at = 0.0
    while (at := at + random.uniform(0.5, 1.5) * every) < seconds:
        line = random.choice(_RANDOM).format(
            seconds=random.randrange(2, 30), count=random.randrange(1, 4), token=random.choice(tokens)
        )
        lines.append(f"at {at:.1f} {line}")
    return "; ".join(lines)


_RANDOM = (
    "freeze {seconds}",
    "zombie {seconds}",
    "mute {token} {seconds}",
    "nobook {token} {seconds}",
    "drop {count}",
    "ghost {count}",
    "swap {count}",
    "duplicate {count}",
    "hash {count}",
    "cross {seconds}",
    "garbage {count}",
    "cut",
    "tear",
    "close 1000",
    "close 1001 going away",
    "close 1013 slow consumer: send buffer full",
    "refuse {seconds}",
    "stall {seconds}",
    "slow 10000 {seconds}",
    "late 2000 {seconds}",
    "backlog {seconds}",
    "stale {seconds}",
    "rest 503 {seconds}",
)


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 10**7:
        raise FaultError(f"{word!r} is not a number of seconds")
    return seconds


def _whole(least: int, most: int, what: str) -> Callable[[str], int]:
    def read(word: str) -> int:
        if not (word.isascii() and word.isdigit() and len(word) < 12 and least <= int(word) <= most):
            raise FaultError(f"{word!r} is not {what} from {least} to {most}")
        return int(word)

    return read


def _code(word: str) -> int:
    code = _whole(1000, 4999, "a close code")(word)
    if code not in CLOSE_CODES:
        raise FaultError(f"{code} may not stand in a close frame")
    return code


def _status(word: str) -> int:
    try:
        return HTTPStatus(_whole(200, 599, "an HTTP status")(word)).value
    except ValueError as error:
        raise FaultError(f"{word!r} is not an HTTP status") from error


_READERS: dict[str, Callable[[str], Any]] = {
    "SECONDS": _seconds,
    "N": _whole(1, 10**6, "a number"),
    "MS": _whole(1, 10**6, "a number of milliseconds"),
    "BYTES_PER_S": _whole(1, 10**9, "a number of bytes"),
    "STATUS": _status,
    "CODE": _code,
    "WHAT": str,
    "TYPE": str,
}


def _told(active: Active, now: float) -> dict[str, object]:
    told: dict[str, object] = {"fault": active.fault.text}
    if active.left is not None:
        told["left"] = active.left
    elif active.until < _FOR_A_LONG_TIME:
        told["seconds"] = round((active.until - now) / 1000, 3)
    return told
