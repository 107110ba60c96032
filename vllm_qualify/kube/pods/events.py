"""Events of one object: parsed once, in their order, and as short lines for people. Pure.

Called by ``state``, which reads what the kubelet and the scheduler did, and by whoever collects evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vllm_qualify.kube.objects import Object

_LONGEST = 400
# Events without a time sort first: nothing can be said of them.
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeEvent:
    """One event, which may stand for many of the same.

    Attributes:
        type: ``Normal`` or ``Warning``.
        reason: Kubernetes' word for what happened.
        message: what it says of it.
        count: how often it happened.
        first: when it happened first.
        last: when it happened last.
        part: the part of the object that it is about: ``spec.containers{vllm}``; ``""`` for the whole.
    """

    type: str = "Normal"
    reason: str = ""
    message: str = ""
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    part: str = ""

    def __str__(self) -> str:
        at = f"{self.last:%H:%M:%S} " if self.last else ""
        message = " ".join(self.message.split())
        cut = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}..."
        return f"{at}{self.type} {self.reason}{self._times}: {cut}"

    @property
    def _times(self) -> str:
        if self.count < 2:  # noqa: PLR2004 (once needs no word)
            return ""
        since = f" since {self.first:%H:%M:%S}" if self.first and self.first != self.last else ""
        return f" ({self.count} times{since})"


def instant(text: object) -> datetime | None:
    """A time stamp of the API as a time in UTC; ``None`` when it is absent or none."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def lines(events: Iterable[KubeEvent]) -> tuple[str, ...]:
    """One short line for each, its time first; repeated ones say how often."""
    return tuple(map(str, events))


def of(obj: Object, events: Sequence[Object]) -> tuple[KubeEvent, ...]:
    """The events of one object, oldest first.

    Args:
        obj: any object of the API.
        events: events of its namespace as the API gives them; those of others are passed over, and so are those of an
            object that bore the same name before.
    """
    return tuple(sorted(_of(obj, events), key=lambda event: event.last or _LONG_AGO))


def parse(event: Object) -> KubeEvent:
    """One event as the API gives it."""
    series = event.get("series") or {}
    created = event.get("metadata", {}).get("creationTimestamp")
    times = [instant(event.get(key)) for key in ("firstTimestamp", "eventTime")] + [instant(created)]
    first = next((time for time in times if time), None)
    last = instant(series.get("lastObservedTime")) or instant(event.get("lastTimestamp")) or first
    return KubeEvent(
        type=event.get("type") or "Normal",
        reason=event.get("reason") or "",
        message=event.get("message") or "",
        count=int(series.get("count") or event.get("count") or 1),
        first=first,
        last=last,
        part=event.get("involvedObject", {}).get("fieldPath") or "",
    )


def _of(obj: Object, events: Sequence[Object]) -> Iterator[KubeEvent]:
    metadata = obj.get("metadata", {})
    for event in events:
        about = event.get("involvedObject", {})
        # The items of a list name no kind; where it is known, a Deployment's event is none of a Service of that name.
        named = about.get("name") == metadata.get("name") and obj.get("kind") in {about.get("kind"), None}
        same = about["uid"] == metadata["uid"] if about.get("uid") and metadata.get("uid") else named
        if same:
            yield parse(event)
