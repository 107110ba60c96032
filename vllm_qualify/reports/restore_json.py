"""What came of putting production back, for programs; ``restore.schema.json`` describes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.checks.production import Restoration
from vllm_qualify.core import redaction
from vllm_qualify.reports import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreDocument:
    """Whether production is back.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        complete: whether production is as it was.
        checked: what was seen to hold.
        notes: what the operator should know all the same.
        problems: why production is not back, a sentence each; none where it is.
    """

    schema: Literal[1] = 1
    complete: bool
    checked: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]


def document(done: Restoration) -> dict[str, Any]:
    """The end of a restoration as plain values, before they become text; without secrets."""
    values: dict[str, Any] = plain.of(plain.like(RestoreDocument, done, schema=1), redaction.shown)
    return values
