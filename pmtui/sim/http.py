"""A small HTTP/1.1 server around a pure function, on `h11`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import NamedTuple, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

import h11

_LARGEST_BODY = 2**20
_IDLE = 75  # seconds that a kept connection may wait for its next request
_SOCKET = b"GET /ws"
"""How a request begins that opens a socket, where sockets and REST share a port."""


class Asked(NamedTuple):
    """A request, taken apart."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})
    """By their names in small letters."""


class Answer(NamedTuple):
    """A response."""

    status: int
    body: bytes
    kind: str = "application/json"


TOO_LONG = Answer(413, b"Payload Too Large", "text/plain")
"""To a request with more than anybody has to say, unless a venue has words of its own."""


class Answers(Protocol):
    """What knows the answers."""

    def answer(self, asked: Asked) -> Answer: ...


class Conversation(asyncio.Protocol):
    """One connection: request after request, until one of them opens a socket."""

    def __init__(
        self, answers: Answers, socket: Callable[[], asyncio.Protocol] | None = None, *, too_long: Answer = TOO_LONG
    ) -> None:
        """`socket` makes what takes the connection over where sockets are opened at the same port."""
        self._answers, self._socket, self._too_long = answers, socket, too_long
        self._connection = h11.Connection(h11.SERVER)
        self._transport: asyncio.Transport
        self._request: h11.Request | None = None
        self._body = b""
        self._is_full = False
        """Whether the client does not take our answers: then there are no more."""
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        self._be_patient()
        self._connection.receive_data(data)
        self._go_on()

    def eof_received(self) -> None:
        self._connection.receive_data(b"")
        self._go_on()

    def pause_writing(self) -> None:
        self._is_full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_full = False
        self._transport.resume_reading()
        self._go_on()

    def close(self) -> None:
        """Hang up."""
        if self._idle is not None:  # else it has not even begun
            self._transport.close()

    def _go_on(self) -> None:
        """Answer what is here."""
        try:
            while not (self._is_full or self._transport.is_closing()) and self._takes():
                pass
        except h11.RemoteProtocolError as error:
            self._respond(Answer(error.error_status_hint, b'{"error":"bad request"}'))
            self._transport.close()

    def _takes(self) -> bool:
        """Take the next part of a request; False where there is none, or none for us."""
        if self._connection.their_state is h11.IDLE and self._gives_way():
            return False
        event = self._connection.next_event()
        if isinstance(event, h11.Request):
            self._request, self._body = event, b""
        elif isinstance(event, h11.Data):
            # What is too long is read to its end: who is hung up on while it speaks does not hear why.
            self._body += event.data if len(self._body) <= _LARGEST_BODY else b""
        elif isinstance(event, h11.EndOfMessage) and self._request is not None:
            self._answer(_asked(self._request, self._body))
        else:
            if event is not h11.NEED_DATA:
                self._transport.close()
            elif self._connection.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            return False
        return True

    def _gives_way(self) -> bool:
        """Whether what comes next is not for us, or may turn out not to be; a kept connection becomes a socket too."""
        come = self._connection.trailing_data[0]
        if self._socket is None or not come or come[: len(_SOCKET)] != _SOCKET[: len(come)]:
            return False
        if len(come) >= len(_SOCKET):
            socket = self._socket()
            self._stop_waiting()
            self._transport.set_protocol(socket)
            socket.connection_made(self._transport)
            socket.data_received(come)
        return True

    def _answer(self, asked: Asked) -> None:
        bare = asked.method == "HEAD"  # the same without its body
        if len(asked.body) > _LARGEST_BODY:
            self._respond(self._too_long)
        else:
            self._respond(self._answers.answer(asked._replace(method="GET") if bare else asked), bare=bare)
        if self._connection.our_state is h11.MUST_CLOSE:
            self._transport.close()
        else:
            self._connection.start_next_cycle()

    def _respond(self, answer: Answer, *, bare: bool = False) -> None:
        headers = [("date", formatdate(usegmt=True)), ("content-type", answer.kind)]
        headers.append(("content-length", str(len(answer.body))))
        if answer.status == 429:
            headers.append(("retry-after", "1"))
        body = b"" if bare else answer.body
        self._send(h11.Response(status_code=answer.status, headers=headers), h11.Data(body), h11.EndOfMessage())

    def _send(self, *parts: h11.Event) -> None:
        self._transport.write(b"".join(self._connection.send(part) or b"" for part in parts))

    def _be_patient(self) -> None:
        """Wait for the client, from now on for so long."""
        self._stop_waiting()
        self._idle = asyncio.get_running_loop().call_later(_IDLE, self._transport.close)

    def _stop_waiting(self) -> None:
        if self._idle is not None:
            self._idle.cancel()


def _asked(request: h11.Request, body: bytes) -> Asked:
    try:
        address = urlsplit(request.target.decode("ascii"))
    except ValueError as error:
        raise h11.RemoteProtocolError("no address", 400) from error
    query = parse_qs(address.query, keep_blank_values=True)
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
    return Asked(request.method.decode("ascii"), unquote(address.path), query, body, headers)
