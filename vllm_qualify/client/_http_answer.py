"""Takes one HTTP answer apart, read by read, no further than to find its end (RFC 9112); for ``_closed_loop``. Pure.

Part of the client in a pod too: standard library only, in the syntax of Python 3.8.
"""

from __future__ import annotations

CONNECT_SECONDS = 10.0
PIECE_BYTES = 65536
MOST_HEADERS = 262144
_NO_BODY = (204, 304)


class Flood(Exception):
    """The server says more than anybody asked for."""


class Unreadable(Exception):
    """What came is no answer in HTTP/1.1."""


class HttpAnswer:
    """Takes one answer apart, read by read; mutable because it remembers what the reads so far have left open."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.done = False
        self.kept = False
        """The connection may carry another request once this is done."""
        self._rest = b""
        self._left: int | None = None
        self._chunked = self._trailer = False

    def feed(self, data: bytes) -> bytes:
        """What of the body a read has brought.

        Raises:
            Flood: the headers have no end.
            Unreadable: it is no HTTP.
        """
        data, self._rest = self._rest + data, b""
        while not self.status:
            head, end, rest = data.partition(b"\r\n\r\n")
            if len(head) > MOST_HEADERS:
                raise Flood(f"headers of more than {MOST_HEADERS} bytes")
            if not end:
                self._rest = data
                return b""
            self._head(head)
            data = rest
        if self._chunked:
            return self._chunks(data)
        if self._left is None:
            return data
        taken, more = data[: self._left], data[self._left :]
        self._left -= len(taken)
        self.done, self.kept = self._left == 0, self.kept and not more
        return taken

    def hung_up(self) -> str:
        """What is missing when the connection is closed now; ``""`` where the close is the end of the body."""
        if self.status and not self._chunked and self._left is None:
            self.done = True
            return ""
        return "the server hung up in the middle of its answer" if self.status else "the server hung up without answer"

    def _head(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if version not in ("HTTP/1.1", "HTTP/1.0") or not (code.isascii() and code.isdigit()):
            raise Unreadable(f"not an answer in HTTP/1.1: {first[:60]!r}")
        if code.startswith("1"):
            return  # An interim answer; the real one follows.
        for line in lines:
            name, _, text = line.partition(":")
            name, text = name.strip().lower(), text.strip()
            self.headers[name] = f"{self.headers[name]}, {text}" if name in self.headers else text
        self.status = int(code)
        self._chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        self._left = 0 if self.status in _NO_BODY else self._length()
        self.done = self._left == 0 and not self._chunked
        said = self.headers.get("connection", "").lower()
        self.kept = "keep-alive" in said if version == "HTTP/1.0" else "close" not in said
        if self._chunked:
            self._left = 0

    def _length(self) -> int | None:
        told = self.headers.get("content-length")
        if told is None or self._chunked:
            return None
        if not (told.isascii() and told.isdigit()):
            raise Unreadable(f"Content-Length {told[:60]!r}")
        return int(told)

    def _chunks(self, data: bytes) -> bytes:
        body, place = [], 0
        while not self.done and place < len(data):
            if self._left:
                body.append(data[place : place + self._left])
                place += len(body[-1])
                self._left -= len(body[-1])
                continue
            end = data.find(b"\r\n", place)
            if end < 0:
                break
            self._line(data[place:end])
            place = end + 2
        self._rest = data[place:]
        if len(self._rest) > MOST_HEADERS:
            raise Flood(f"the head of a chunk of more than {MOST_HEADERS} bytes")
        self.kept = self.kept and not (self.done and self._rest)
        return b"".join(body)

    def _line(self, line: bytes) -> None:
        """Between chunks: the empty end of the last one, the size of the next one, or a trailer after the last."""
        if self._trailer:
            self.done = not line
            return
        if not line:
            return
        size = line.partition(b";")[0].strip()
        try:
            self._left = int(size, 16)
        except ValueError as error:
            raise Unreadable(f"a chunk of size {size[:60]!r}") from error
        if self._left < 0:
            raise Unreadable(f"a chunk of size {size[:60]!r}")
        self._trailer = self._left == 0
