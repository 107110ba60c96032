"""The table of what an engine of the tests can do wrong; the simulator and the lab's scripted images learn from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# It lies where the Go program can embed it.
TABLE = Path(__file__).parents[1] / "lab" / "go" / "own" / "scripted" / "behaviours.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One row.

    Attributes:
        name: as ``SCRIPTED_BEHAVIOUR`` of an image takes it.
        does: in words.
        settings: what it is made of, by the name of the variable without ``SCRIPTED_``.
        method: of a request that shows it.
        path: of that request.
        request: its body.
        status: of the answer; 0 where there is none.
        holds: stands in the answer.
        lacks: does not.
        failure: how the exchange ends early, as the client calls it; ``""`` where it does not.
        noticed: the outcome of each case that must notice a candidate that behaves so, and of no other.
        beside: the same of cases that compare it with an honest baseline.
        spreads: why other cases notice it too, whichever; ``""`` where none may.
    """

    name: str
    does: str
    method: str
    path: str
    request: Mapping[str, Any] | None
    status: int
    holds: str
    lacks: str
    settings: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    noticed: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    spreads: str = ""


def table() -> dict[str, Behaviour]:
    """All rows by their names."""
    document = json.loads(TABLE.read_text(encoding="utf-8"))
    rows = (
        row | ({"settings": row.pop("set", {})} | _request(document["requests"][row.pop("ask")]))
        for row in document["behaviours"]
    )
    return {row["name"]: Behaviour(**row) for row in rows}


def _request(asked: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(asked, str):
        method, _, path = asked.partition(" ")
        return {"method": method, "path": path, "request": None}
    return {"method": "POST", "path": "/v1/chat/completions", "request": asked}
