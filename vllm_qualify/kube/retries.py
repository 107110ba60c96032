"""The patience of the way back: whatever was refused is asked again, for hours, with a line a minute. For kubectl.

An API server that starts, or whose authorizer, webhook or proxy does, answers 401, 403 and worse for a while. Before a
run has touched anything that ends it; on the way back giving up would leave production away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vllm_qualify.kube.refusals import RefusalKind, Refused

_ON = frozenset(
    {RefusalKind.FORBIDDEN, RefusalKind.GONE, RefusalKind.OTHER, RefusalKind.TRANSIENT, RefusalKind.UNAUTHORIZED}
)
_LINE_SECONDS = 60.0
_APART_SECONDS = 30.0
"""Refusals that lie further apart than a request with its pause may take have an answer between them."""


@dataclass(slots=True, kw_only=True)
class RetryPolicy:
    """Decides whether a refused request is made again; mutable, because it remembers since when it waits.

    Attributes:
        until: seconds by the clock at which it ends.
        say: takes a line of progress.
        clock: seconds, as ``system.clock`` counts them.
    """

    until: float
    say: Callable[[str], None]
    clock: Callable[[], float]
    _told: float = field(default=0.0, init=False)
    _last: float | None = field(default=None, init=False)

    def again(self, refusal: Refused) -> bool:
        """Whether the request is made again."""
        now = self.clock()
        if refusal.kind not in _ON or now > self.until:
            return False
        if self._last is None or now - self._last > _APART_SECONDS:
            self._told = now
        self._last = now
        if now - self._told >= _LINE_SECONDS:
            self._told = now
            self.say(
                f"production is not back yet: the cluster refuses ({refusal}); retrying for up to "
                f"{_hours(self.until - now)}. To stop that, use kill -9; `vllm-qualify restore` continues from here"
            )
        return True


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 (an hour)
