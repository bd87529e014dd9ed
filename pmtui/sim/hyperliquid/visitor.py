"""What one address may do in all: so many links and subscriptions at a time, so many new links and words a minute."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.weights import MOST_WEIGHT

MOST_LINKS, NEW_LINKS = 10, 30
"""Sockets at a time, and new ones in any minute."""
MOST_TOPICS, MOST_USERS = 1_000, 10
"""Subscriptions, and different users in them."""
MOST_WORDS = 2_000
"""Messages that may be sent in any minute, pings and requests included."""

_MINUTE = 60_000


class Minute:
    """How much may happen in any sixty seconds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: deque[tuple[int, int]] = deque()
        self._sum = 0

    def takes(self, now: int, weight: int = 1) -> bool:
        """Whether so much more may happen, which is then counted; what is refused counts for nothing."""
        while self._times and self._times[0][0] <= now - _MINUTE:
            self._sum -= self._times.popleft()[1]
        if self._sum + weight > self._most:
            return False
        self.add(now, weight)
        return True

    def add(self, now: int, weight: int) -> None:
        """Count what nobody could know before."""
        self._times.append((now, weight))
        self._sum += weight


@dataclass(slots=True)
class Visitor:
    """What one address has done over all its sockets; here everybody comes from the same one."""

    most_topics: int = MOST_TOPICS
    most_links: int = MOST_LINKS
    new_links: Minute = field(default_factory=lambda: Minute(NEW_LINKS))
    words: Minute = field(default_factory=lambda: Minute(MOST_WORDS))
    requests: Minute = field(default_factory=lambda: Minute(MOST_WEIGHT))
    """By their weight."""
    topics: int = 0
    users: dict[str, int] = field(default_factory=dict)
    """How many subscriptions are about each user."""

    def why_not_enter(self, links: int, now: int) -> str:
        """Why one more socket is refused beside so many; empty if it is not."""
        if links >= self.most_links:
            return f"Too many connections: {self.most_links} at a time"
        return "" if self.new_links.takes(now) else f"Too many new connections: {NEW_LINKS} in a minute"

    def why_not_speak(self, now: int) -> str:
        """Why one more message is not obeyed; empty if it is."""
        return "" if self.words.takes(now) else f"Too many messages: {MOST_WORDS} in a minute"

    def why_not(self, topic: Topic) -> str:
        """Why one more subscription is refused; empty if it is not."""
        if self.topics >= self.most_topics:
            return f"Cannot track more than {self.most_topics} total subscriptions."
        if topic.user and topic.user not in self.users and len(self.users) >= MOST_USERS:
            return f"Cannot track more than {MOST_USERS} total users."
        return ""

    def take(self, topic: Topic) -> None:
        self.topics += 1
        if topic.user:
            self.users[topic.user] = self.users.get(topic.user, 0) + 1

    def give_back(self, topic: Topic) -> None:
        self.topics -= 1
        if topic.user:
            self.users[topic.user] -= 1
            if not self.users[topic.user]:
                del self.users[topic.user]
