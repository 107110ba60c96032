"""Lines that say that somebody asked a server to end: what goes wrong after them is not why it ended. Pure.

An engine that is torn down fails in many ways that nobody needs to know of: a worker asks a GPU that is not there to
finish, an output handler misses the engine that was just ended, bindings count what they leak.
"""

from __future__ import annotations

import re

from vllm_qualify.diagnosis.logs import Line

_SERVER = ("Shutting down FastAPI HTTP server", "API server: shutdown triggered")
"""Logged by the handlers of SIGTERM and SIGINT alone (vllm: entrypoints/launcher.py; the second since 0.25)."""
_ENGINE = ("Shutdown initiated (timeout=", "EngineCore: trigger received signal=")
"""Logged when the engine core was sent SIGTERM (vllm: v1/engine/core.py), by the user or by the server above it."""
WORDS = tuple(word.encode() for word in (*_SERVER, *_ENGINE))
"""What stands in such lines."""
# A prompt that is logged may hold any words, so they must be all that the message begins with.
_ASKED = re.compile(
    rf"(?:\[shutdown\] )?(?:(?P<server>{'|'.join(map(re.escape, _SERVER))})|{'|'.join(map(re.escape, _ENGINE))})"
)


class Ending:
    """Who was asked to end so far; mutable, because the lines come one by one.

    Attributes:
        server: the server itself was.
    """

    def __init__(self) -> None:
        self.server = False
        self._engine = False

    @property
    def asked(self) -> bool:
        """Somebody was."""
        return self.server or self._engine

    def take(self, line: Line) -> None:
        """Note whether the line says so; only what is logged as information does."""
        if line.calm and (match := _ASKED.match(line.text)):
            self.server = self.server or match["server"] is not None
            self._engine = True

    def includes(self, line: Line) -> bool:
        """Tell whether who wrote the line had been asked to end: with a server its engine, but not the other way round.

        A server that fails ends its engine first and says afterwards what it failed of.
        """
        return self.server or (self._engine and line.engine)
