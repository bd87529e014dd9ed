"""What a terminal sends, cut into pieces small enough to handle."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from pmtui.core.tuples import NamedTuple

_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
_MOVE = r"\x1b\[<(?:3[2-9]|[45]\d|6[0-3]);\d{1,5};\d{1,5}M"
_MOVES = re.compile(f"(?:{_MOVE})+({_MOVE})")


class Pasted(NamedTuple):
    """Text that came too fast, or too well marked, to have been typed."""

    text: str


class Inbox:
    """Cuts what a terminal sends into pieces small enough to handle: moves merge, bursts are pastes, floods get cut."""

    BURST = 256
    """So many characters at once were not typed."""
    PASTE_LIMIT = 100_000

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._paste: list[str] | None = None
        self._paste_size = 0
        self._tail = ""
        self.flooded = False
        """Did the last data hold more than anybody can mean?"""

    def feed(self, data: bytes) -> Iterator[str | Pasted]:
        """Text for the parser, and whole pastes."""
        text = self._tail + self._decode(data)
        self._tail = ""
        self.flooded = False
        while text:
            if self._paste is not None:
                inside, end, text = self._until(text, _PASTE_END)
                self._keep(inside)
                if end:
                    yield from self._end_paste()
                continue
            before, start, text = self._until(text, _PASTE_START)
            if before:
                yield self._typed(before)
            if start:
                self._paste, self._paste_size = [], 0

    def tick(self) -> Iterator[str | Pasted]:
        """Nothing came for a while: what was held back is all there is."""
        tail, self._tail = self._tail, ""
        if self._paste is not None:
            self._keep(tail)
            yield from self._end_paste()
        elif tail:
            yield tail

    @property
    def pasting(self) -> bool:
        """Whether a paste has begun and not ended."""
        return self._paste is not None

    @property
    def holds(self) -> bool:
        """Whether something is held back until more comes, or nothing does."""
        return self.pasting or bool(self._tail)

    def _until(self, text: str, mark: str) -> tuple[str, str, str]:
        """Split at a mark; a mark that may be cut in two is held back for the next data."""
        before, found, after = text.partition(mark)
        if not found:
            for size in range(len(mark) - 1, 1, -1):
                if before.endswith(mark[:size]):
                    self._tail = before[-size:]
                    return before[:-size], "", ""
        return before, found, after

    def _keep(self, text: str) -> None:
        if self._paste is not None and self._paste_size < self.PASTE_LIMIT:
            self._paste.append(text[: self.PASTE_LIMIT - self._paste_size])
            self._paste_size += len(text)

    def _end_paste(self) -> Iterator[Pasted]:
        pasted = "".join(self._paste or ())
        self._paste = None
        if pasted:
            yield Pasted(pasted)

    def _typed(self, text: str) -> str | Pasted:
        merged = _MOVES.sub(r"\1", text)
        self.flooded = self.flooded or len(merged) < len(text) - 40
        if len(merged) <= self.BURST:
            return merged
        self.flooded = True
        if "\x1b" not in merged:
            return Pasted(merged[: self.PASTE_LIMIT])
        # Cut between sequences: half of one would be read as keys.
        head = merged[: self.BURST].rpartition("\x1b")[0]
        return head + merged[merged.rindex("\x1b") :][: self.BURST]
