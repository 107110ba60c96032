"""Which image a verdict was really about, by what the servers themselves wrote down. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_PROBE = "kube-probe"
_START = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One line of a server's own record.

    Attributes:
        at: when.
        version: of the server.
        what: ``start``, or method and path.
        agent: who asked.
    """

    at: datetime
    version: str
    what: str
    agent: str

    @property
    def asked(self) -> bool:
        """Somebody other than the kubelet asked."""
        return self.what != _START and not self.agent.startswith(_PROBE)


def seen(line: dict[str, str]) -> Seen:
    """A line as the scripted server writes it."""
    return Seen(
        at=datetime.fromisoformat(line["at"]), version=line["version"], what=line["what"], agent=line.get("agent", "")
    )


def wrong(events: Iterable[dict[str, Any]], witnessed: Iterable[Seen], *, image: str, version: str) -> Iterator[str]:
    """Verdicts that are not about the candidate, which is a sound image: it can only pass, or not be decided.

    Args:
        events: the journal of a run.
        witnessed: what all servers wrote down.
        image: the candidate.
        version: what it says of itself.
    """
    known = tuple(witnessed)
    for event in events:
        case = event.get("case", {})
        if event["type"] != "case-finished" or case["image"] != image:
            continue
        if case["outcome"] == "failed":
            yield f"{case['id']} blames a sound image: {case.get('message', '')}"
        elif case["outcome"] == "passed":
            yield from _other(case, known, version=version)


def _other(case: dict[str, Any], witnessed: tuple[Seen, ...], *, version: str) -> Iterator[str]:
    began = datetime.fromisoformat(case["started"])
    ended = began + timedelta(seconds=case.get("seconds", 0.0))
    within = [one for one in witnessed if began <= one.at <= ended]
    others = sorted({one.version for one in within if one.asked} - {version})
    if others:
        yield f"{case['id']} passed, and {', '.join(others)} answered, expected {version}"
    # Who was only waited for was asked by the kubelet alone.
    asked = [one for one in witnessed if one.what != _START and one.at <= ended]
    if asked and (last := max(asked, key=lambda one: one.at)).version != version:
        yield f"{case['id']} passed while {last.version} ran, expected {version}"
    if not asked:
        yield f"{case['id']} passed, and no server was ever asked"
