"""A streamed answer as it came, event by event and unread; made by ``client.openai`` for whoever looks at its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vllm_qualify.client.exchanges import transport_problems
from vllm_qualify.client.failures import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """One server-sent event as it came: its data, not read any further, and its name where it has one."""

    at: float
    data: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """A streamed answer of any endpoint, event by event; fields as in ``HttpReply``.

    Attributes:
        body: the head of what came, for messages and for answers that are no stream.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[StreamEvent, ...] = ()
    body: str = ""
    seconds: float = 0.0
    failure: Failure | None = None
    resent: Failure | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why this is no success; empty for one."""
        return transport_problems(self.status, self.body, self.failure)
