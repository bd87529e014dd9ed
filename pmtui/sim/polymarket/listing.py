"""What a market and its event are called; every identifier follows from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from pmtui.sim.crowd import Character


@dataclass(frozen=True, slots=True)
class Draft:
    """A market before it has identifiers."""

    question: str
    slug: str
    character: Character
    outcomes: tuple[str, str] = ("Yes", "No")
    event: str = ""
    """The title of the event that it shares with others; a market without one is an event of its own."""
    group: str = ""
    """What tells it apart inside its event."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A market as the catalogue knows it."""

    id: str
    question: str
    slug: str
    condition_id: str
    tokens: tuple[str, str]
    outcomes: tuple[str, str]
    event_id: str
    event_slug: str
    event_title: str
    group: str
    neg_risk: bool
    character: Character
    min_order_size: str = "5"

    @property
    def description(self) -> str:
        return f"A made-up market of the simulated exchange. Its character: {self.character.name}."


def listed(draft: Draft, seed: int) -> Listing:
    """The draft with identifiers that look like the venue's own."""
    title = draft.event or draft.question
    slug = _slug(title) if draft.event else draft.slug
    return Listing(
        id=str(_number(seed, "market", draft.slug) % 900_000 + 1_000_000),
        question=draft.question,
        slug=draft.slug,
        condition_id=f"0x{_number(seed, 'condition', draft.slug):064x}",
        tokens=(_token(seed, draft.slug, 0), _token(seed, draft.slug, 1)),
        outcomes=draft.outcomes,
        event_id=str(_number(seed, "event", slug) % 90_000 + 100_000),
        event_slug=slug,
        event_title=title,
        group=draft.group,
        neg_risk=bool(draft.event),
        character=draft.character,
    )


def _number(*parts: object) -> int:
    return int.from_bytes(sha256("/".join(map(str, parts)).encode()).digest())


def _token(seed: int, slug: str, outcome: int) -> str:
    """77 digits, like nearly all of the venue's."""
    return str(_number(seed, "token", slug, outcome) % (9 * 10**76) + 10**76)


def _slug(title: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in title.lower())
    return "-".join(words.split())
