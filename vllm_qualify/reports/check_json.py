"""What a run would do, for programs; ``check.schema.json`` describes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.core import redaction
from vllm_qualify.reports import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCandidate:
    """What becomes of one candidate.

    Attributes:
        image: as it is named.
        tried: whether it is, or set aside.
        said: why it is set aside, or what preflight doubts of it; empty for neither.
    """

    image: str
    tried: bool
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDocument:
    """What a run with these options and settings would do.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        settings: the file; empty: there is none, and the built-in canary profile holds.
        guesses: lines of it whose values are still marked as guesses.
        target: what candidates would run on.
        why: nothing else was taken; empty where it was named.
        production: what becomes of it.
        candidates: all that were asked for, in their order.
        pick: the newest that qualifies is looked for.
        notes: what else a reader should know before.
        baseline: what candidates are compared with.
        cases: how many different ones are asked.
        documents: whose are asked.
        budgets: what candidates are held to.
        seconds: of all cases in all turns, on a GPU with warm caches, roughly.
        fetches: what is fetched before that.
        reports: the folder that gets a folder for each run.
        history: the file of all runs.
        unasked: who was not asked; empty: nobody had to be.
        following: what to do next.
    """

    schema: Literal[1] = 1
    settings: str = ""
    guesses: tuple[int, ...] = ()
    target: str
    why: str = ""
    production: str
    candidates: tuple[CheckCandidate, ...] = ()
    pick: bool = False
    notes: tuple[str, ...] = ()
    baseline: str
    cases: int
    documents: str
    budgets: tuple[str, ...]
    seconds: float
    fetches: str
    reports: str
    history: str
    unasked: str = ""
    following: str


def values(made: CheckDocument) -> dict[str, Any]:
    """The document as plain values; without secrets."""
    plainly: dict[str, Any] = plain.of(made, redaction.shown)
    return plainly
