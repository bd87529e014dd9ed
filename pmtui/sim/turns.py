"""Whose turn it is: markets act at random moments, so often that all of them together keep to a rate of messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heapreplace
from random import Random

from pmtui.sim.crowd import Character

_LEAST_PER_ACTION = 0.05  # messages: whoever says less cannot be made to say more by acting ever more often


class Turns:
    """The moments, in milliseconds lived, at which each of some markets does something next."""

    def __init__(self, characters: Sequence[Character], *, rate: float, random: Random) -> None:
        self._characters = characters
        self._rate = rate
        self._random = random
        self._messages_per_action = 1.2  # learnt while living, so that the rate is one of messages
        weights = sum(character.weight for character in characters if character.every is None) or 1
        self._weights = [character.weight / weights for character in characters]
        self._due = [(self._wait(place), place) for place in range(len(characters))]
        heapify(self._due)

    @property
    def next_due(self) -> float | None:
        """When the next turn is; None where nobody ever has one."""
        return self._due[0][0] if self._due else None

    def take(self, elapsed: int) -> Iterator[int]:
        """The places of those whose turn has come, in the order of their turns."""
        while self._due and self._due[0][0] < elapsed + 1:
            due, place = self._due[0]
            heapreplace(self._due, (due + self._wait(place), place))
            yield place

    def learn(self, messages: float) -> None:
        """Hear how many messages an action was worth."""
        learnt = self._messages_per_action + (messages - self._messages_per_action) / 1_000
        self._messages_per_action = max(learnt, _LEAST_PER_ACTION)

    def _wait(self, place: int) -> float:
        """Milliseconds until a market's next action."""
        every = self._characters[place].every
        mean = every or 1_000 * self._messages_per_action / max(self._rate * self._weights[place], 1e-6)
        return self._random.uniform(0.9, 1.1) * mean if every else self._random.expovariate(1 / mean)
