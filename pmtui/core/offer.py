"""What a venue says about itself before it is loaded: what stands for it, where it is, what it offers."""

from __future__ import annotations

from pmtui.core.tuples import NamedTuple


class Place(NamedTuple):
    """One address of a venue, and what the user calls it."""

    key: str
    """In the venue's own words."""
    setting: str
    """In the user's settings; with hyphens it is the flag."""
    variable: str
    """In the environment."""
    scheme: str
    """`ws` or `http`; its TLS form may go to any host, the plain one only to this machine."""
    own: str
    help: str
    testnet: str = ""
    """The same at the venue's test network; empty when it has none."""
    follows: str = ""
    """The setting whose value this one takes when only that was chosen."""


class Entry(NamedTuple):
    """How somebody's own account at a venue comes onto the screen."""

    advice: tuple[str, ...]
    """What there is to do for it, in sentences."""
    setting: str = ""
    """Where accounts are public: what the account's address is called in the user's settings."""
    variable: str = ""
    """And in the environment."""


class Offer(NamedTuple):
    """A venue, in words for people."""

    name: str
    title: str
    prefixes: tuple[str, ...]
    """What stands before a colon to mean this venue; the shortest is the one to show."""
    bare: bool
    """Whether its names are meant when nothing stands before them."""
    names: str
    """The module of its folder that knows names without asking: `recognise` and `instrument`."""
    example: str
    has: tuple[str, ...]
    limits: tuple[str, ...]
    places: tuple[Place, ...]
    entry: Entry

    @property
    def has_testnet(self) -> bool:
        return all(place.testnet for place in self.places)
