"""Server-sent events out of the bytes of a stream, however the network cut them; used by the client. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.client.failures import TooLarge

LINE_BYTES = 1024 * 1024
MOST_EVENTS = 50_000
"""An event is a token, and no request of ours asks for a tenth as many."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSentEvent:
    """One event: its data lines joined by newlines, and its name where it has one."""

    data: str
    name: str = ""


class Splitter:
    """Takes a stream apart into events, read by read.

    Follows "Interpreting an event stream" of the HTML standard (section 9.2.6): lines end with LF, CRLF or CR, lines
    that begin with a colon are comments, a blank line ends an event, an event without data is none. It is mutable
    because it remembers what the reads so far have left open: half a line, half a character, half an event.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._open_bytes = 0
        self._events = 0
        self._after_carriage_return = False
        self._at_start = True
        self._name = ""
        self._data: list[str] = []

    def feed(self, read: bytes) -> tuple[ServerSentEvent, ...]:
        """The events that this read completes, in their order.

        Raises:
            TooLarge: a line is longer than `LINE_BYTES`, or there are more than `MOST_EVENTS` events.
        """
        if not read:
            return ()
        if self._after_carriage_return and read.startswith(b"\n"):
            read = read[1:]
            self._after_carriage_return = False
            if not read:
                return ()
        self._after_carriage_return = read.endswith(b"\r")
        return tuple(event for line in self._lines(read) if (event := self._take(line)) is not None)

    def _lines(self, read: bytes) -> list[bytes]:
        """The lines that a read completes; what is still open is put together once, at its end."""
        first, *others = read.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest.append(first)
        self._open_bytes += len(first)
        if max(self._open_bytes, *map(len, others), 0) > LINE_BYTES:
            raise TooLarge(f"a line of an event stream of more than {LINE_BYTES} bytes")
        if not others:
            return []
        lines = [b"".join(self._rest), *others[:-1]]
        self._rest, self._open_bytes = [others[-1]], len(others[-1])
        return lines

    def end(self) -> tuple[ServerSentEvent, ...]:
        """The event that the end of the stream left without its blank line.

        The standard drops it. A stream that ends right after ``data: [DONE]`` has said all it had to say, so here it
        counts; a piece of an answer cut in the middle is no JSON and shows itself by that.
        """
        line, self._rest = b"".join(self._rest), []
        return tuple(event for last in (line, b"") if (event := self._take(last)) is not None)

    def _take(self, raw: bytes) -> ServerSentEvent | None:
        if self._at_start:
            self._at_start = False
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if not raw:
            return self._dispatch()
        # A whole line is decoded at once, so a character that was cut between two reads is whole again.
        field, _, value = raw.decode(errors="replace").partition(":")
        if field == "data":
            self._data.append(value.removeprefix(" "))
        elif field == "event":
            self._name = value.removeprefix(" ")
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        event = ServerSentEvent(data="\n".join(self._data), name=self._name) if self._data else None
        self._data, self._name = [], ""
        self._events += 1
        if self._events > MOST_EVENTS:
            raise TooLarge(f"more than {MOST_EVENTS} events in one answer")
        return event
