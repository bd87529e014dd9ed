"""What can be made to go wrong on this venue; links and REST fail as they do on any."""

from __future__ import annotations

from pmtui.sim.faults import VOCABULARY as ALL

_SHARED = (
    "freeze SECONDS",
    "zombie SECONDS",
    "cut",
    "tear",
    "close CODE [REASON]",
    "refuse SECONDS [STATUS]",
    "stall SECONDS",
    "slow BYTES_PER_S [SECONDS]",
    "late MS [SECONDS]",
    "backlog SECONDS",
    "rest STATUS SECONDS",
)

VOCABULARY = {
    **{form: ALL[form] for form in _SHARED},
    "mute COIN SECONDS": "nothing about one coin is sent",
    "drop N [COIN]": "the next N pushes about coins are not sent",
    "swap [N]": "the next N books and touches arrive behind their successors",
    "duplicate [N]": "the next N pushes are sent twice",
    "stale SECONDS [COIN]": "books and touches go on arriving, but tell the moment when this began",
    "back N [COIN]": "the next N books are older ones, with their old times",
    "bbo SECONDS [COIN]": "touches tell a bid above the best ask",
    "slow-only SECONDS": "fast books are not sent",
    "fast-only SECONDS": "slow books are not sent",
    "deny SECONDS [TYPE]": "subscriptions (of one type) are answered with an error",
    "hold SECONDS": "requests over the socket are answered when this ends",
    "fail STATUS SECONDS": "requests over the socket are answered with an error",
    "garbage [WHAT]": "malformed messages: how many from the catalogue, or the name of one",
    "user-drop N": "the next N pushes about the account are not sent",
    "user-duplicate [N]": "the next N pushes about the account are sent twice",
    "user-late SECONDS": "pushes about the account are held, then delivered in one burst",
    "clear": ALL["clear"],
}
