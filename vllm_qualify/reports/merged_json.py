"""Merged runs for programs: merged.json; ``merged.schema.json`` describes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import Outcome
from vllm_qualify.reports import merged, plain, text
from vllm_qualify.reports.merged import DifferingFact, MergedMatrix, MergedRow, MergedRun
from vllm_qualify.reports.production import ProductionState


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedProduction:
    """Where a run left production.

    Attributes:
        state: back and not-taken-down are good; not-back and unknown need somebody to run `vllm-qualify restore`.
        summary: the same in a sentence, with what shows it and what to do.
    """

    state: ProductionState
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedSource:
    """One of the runs.

    Attributes:
        run: its name.
        node: where it was made, with its target.
        started: when it began, in UTC.
        finished: when it ended; null when it was killed.
        home: where its own reports are, relative to this file; empty where there are none.
        newest: whether no later run of that node is among them.
        production: where it left production; null where it had none in its hands.
    """

    run: str
    node: str
    started: datetime
    finished: datetime | None
    home: str
    newest: bool
    production: MergedProduction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedOther:
    """What another run says of the same candidate on the same node.

    Attributes:
        run: its name.
        verdict: what it says.
        later: whether it is newer than the one that is shown, and did not try the candidate.
    """

    run: str
    verdict: Verdict
    later: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedCandidate:
    """One candidate on one node, by the newest run that tried it.

    Attributes:
        node: the node, with the target.
        image: the image as it was named.
        run: the run that is shown.
        verdict: what that run says.
        summary: the verdict in one sentence.
        cause: the first cause of what kept it from simply passing; empty where nothing did.
        requirements: the outcome of every requirement; null where no case of it was run.
        others: what the other runs say, the newest first.
        stale: whether the newest run of the node does not have the candidate.
    """

    node: str
    image: str
    run: str
    verdict: Verdict
    summary: str
    cause: str
    requirements: dict[str, Outcome | None]
    others: tuple[MergedOther, ...]
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedValue:
    """One value of a fact.

    Attributes:
        value: the value.
        runs: the names of the runs that tell it, the newest first.
    """

    value: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedFact:
    """A fact that is not the same in all runs.

    Attributes:
        name: what it is, such as driver.
        values: each value that is told.
    """

    name: str
    values: tuple[MergedValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedDocument:
    """Runs of several nodes and nights.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        summary: what qualified where, in one sentence.
        exit_code: the worst that the newest run of each node deserves.
        runs: all of them, the newest first.
        candidates: one for each candidate on each node.
        facts: what the runs differ in.
    """

    schema: Literal[1]
    summary: str
    exit_code: int
    runs: tuple[MergedSource, ...]
    candidates: tuple[MergedCandidate, ...]
    facts: tuple[MergedFact, ...]


def document(whole: MergedMatrix) -> dict[str, Any]:
    """The merged runs as plain values, before they become text; without what a terminal cannot take."""
    made = MergedDocument(
        schema=1,
        summary=merged.headline(whole),
        exit_code=whole.exit_code,
        runs=tuple(map(_source, whole.runs)),
        candidates=tuple(map(_candidate, whole.rows)),
        facts=tuple(map(_fact, whole.facts)),
    )
    values: dict[str, Any] = plain.of(made, text.clean)
    return values


def _source(one: MergedRun) -> MergedSource:
    production = one.production and plain.like(MergedProduction, one.production)
    return plain.like(MergedSource, one.run, node=one.node, home=one.home, newest=one.newest, production=production)


def _candidate(row: MergedRow) -> MergedCandidate:
    return MergedCandidate(
        node=row.source.node,
        image=row.row.candidate.image,
        run=row.source.run.run,
        verdict=row.row.verdict,
        summary=row.row.summary,
        cause=row.why,
        requirements={cell.requirement: cell.outcome for cell in row.row.cells},
        others=tuple(MergedOther(run=one.run.run, verdict=one.verdict, later=one.later) for one in row.others),
        stale=row.stale,
    )


def _fact(fact: DifferingFact) -> MergedFact:
    return MergedFact(
        name=fact.name, values=tuple(MergedValue(value=value, runs=runs) for value, runs in fact.values.items())
    )
