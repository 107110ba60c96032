"""What the events of a container say of its image: fetched, being fetched, or there already. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vllm_qualify.kube.pods.events import KubeEvent

_ALREADY = "already present on machine"
_PULLED = re.compile(r"Successfully pulled image .*? in (?P<took>[\d.hmsµun]+)")
_PART = re.compile(r"(?<!\d)(?P<amount>\d+(?:\.\d+)?)(?P<unit>h|ms|m|s|µs|us|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """How the image of one container came to the node.

    Attributes:
        seconds: how long fetching took, without the wait for other pulls; ``None`` where nothing was fetched.
        on_node: the image was there already.
        running: it is being fetched now.
        failed: when fetching failed first; ``None`` when it did not.
        error: what fetching failed with, the last time.
    """

    seconds: float | None = None
    on_node: bool = False
    running: bool = False
    failed: datetime | None = None
    error: str = ""


def pull(events: Sequence[KubeEvent]) -> Pull:
    """Read the events of one container, in their order."""
    begun = [event for event in events if event.reason == "Pulling"]
    done = [event for event in events if event.reason == "Pulled"]
    failed = [event for event in events if event.reason == "Failed" and "pull image" in event.message]
    fetched = [event for event in done if _ALREADY not in event.message]
    return Pull(
        seconds=_seconds(begun, fetched),
        on_node=bool(done and not fetched),
        running=bool(begun) and _last(begun) > max(_last(done), _last(failed)),
        failed=failed[0].first if failed else None,
        error=failed[-1].message if failed else "",
    )


def duration(text: str) -> float | None:
    """Seconds of a duration as Go writes it: ``1m2.3s``, ``86ms``; ``None`` when it is none.

    Source: time.Duration.String of Go.
    """
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    return sum(float(part["amount"]) * _SECONDS[part["unit"]] for part in parts)


def _seconds(begun: Sequence[KubeEvent], fetched: Sequence[KubeEvent]) -> float | None:
    if not fetched:
        return None
    match = _PULLED.search(fetched[0].message)
    told = duration(match["took"]) if match else None
    if told is not None or not begun:
        return told
    first, last = begun[0].first, fetched[0].last
    return (last - first).total_seconds() if first and last else None


def _last(events: Sequence[KubeEvent]) -> float:
    # Events count in whole seconds: what was pulled in the second it began in is pulled.
    return max((event.last.timestamp() for event in events if event.last), default=0.0)
