"""Runs of several nodes and nights as one matrix: a row for each candidate on each node. Pure; its pages read this.

Of each pair the newest run that tried it stands for all, and the others are counted, so nothing is lost unsaid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vllm_qualify.core import outcomes, requirements
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import RunRecord
from vllm_qualify.core.requirements import Requirement
from vllm_qualify.reports import matrix, nodes, production, sentences, text
from vllm_qualify.reports.matrix import Matrix, Row
from vllm_qualify.reports.production import ProductionSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRun:
    """One run of those that are merged.

    Attributes:
        run: its record.
        node: where it was made.
        home: where its own reports are, relative to the merged ones; ``""`` where that is not known.
        newest: no later run of that node is among them.
        production: where it left production; ``None`` where it had none in its hands.
    """

    run: RunRecord
    node: str
    home: str
    newest: bool
    production: ProductionSummary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingFact:
    """A fact that is not the same in all runs.

    Attributes:
        values: each value with the names of the runs that tell it, the newest first.
    """

    name: str
    values: Mapping[str, tuple[str, ...]]

    @property
    def told(self) -> str:
        """Each value, with the newest run that tells it, and how many do."""
        said = {
            value: runs[0] if len(runs) == 1 else f"{len(runs)} runs, the newest is {runs[0]}"
            for value, runs in self.values.items()
        }
        return "; ".join(f"{value} ({who})" for value, who in said.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherVerdict:
    """What another run says of the same candidate on the same node.

    Attributes:
        run: that run.
        verdict: what it says.
        later: it was made after the one that is shown, and did not try the candidate.
    """

    run: RunRecord
    verdict: Verdict
    later: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRow:
    """One candidate on one node.

    Attributes:
        source: the run that is shown.
        row: the candidate in that run's own matrix.
        others: what the other runs say, the newest first.
        stale: the newest run of the node does not have the candidate.
    """

    source: MergedRun
    row: Row
    others: tuple[OtherVerdict, ...]
    stale: bool

    @property
    def why(self) -> str:
        """The first cause of what kept it from simply passing, or why it was not tried; ``""`` where it passed."""
        if self.row.reasons:
            first = self.row.reasons[0]
            return f"{first.case}: {first.diagnosis.title if first.diagnosis else first.message}"
        return "" if self.row.verdict is Verdict.QUALIFIED else self.row.summary.partition(": ")[2]

    @property
    def before(self) -> str:
        """What the other runs say, in words: ``2 x qualified, 1 x broken``; ``""`` where there is none."""
        counts = Counter(other.verdict for other in self.others if not other.later)
        return ", ".join(f"{count} x {sentences.VERDICTS[verdict]}" for verdict, count in counts.most_common())

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of the row beside its verdict."""
        later = [other.run.run for other in self.others if other.later]
        told = [f"not tried by {text.listing(later)}"] if later else []
        told += ["not in the newest run of this node"] if self.stale else []
        return (*told, *([f"before: {self.before}"] if self.before else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedMatrix:
    """Several runs as one table.

    Attributes:
        runs: all of them, the newest first.
        requirements: the columns: those of all runs.
        rows: by node, then in the order of its newest run.
        facts: what the runs differ in, such as the driver, or the digest behind a tag.
    """

    runs: tuple[MergedRun, ...]
    requirements: tuple[Requirement, ...]
    rows: tuple[MergedRow, ...]
    facts: tuple[DifferingFact, ...]

    @property
    def exit_code(self) -> int:
        """The worst that the newest run of each node deserves."""
        return max((outcomes.exit_code(one.run) for one in self.runs if one.newest), default=outcomes.EXIT_UNDECIDED)

    @property
    def alarms(self) -> tuple[MergedRun, ...]:
        """The runs that are the last word on their node and did not show that production is back."""
        return tuple(one for one in self.runs if one.newest and one.production and one.production.alarming)


def of(runs: Iterable[tuple[RunRecord, str]]) -> MergedMatrix:
    """Merge runs; their order means nothing, and of two journals of one run the fuller one counts.

    Args:
        runs: each with the place of its own reports, relative to the merged ones; ``""`` where there are none.
    """
    found: dict[tuple[datetime, str, str], list[tuple[RunRecord, str]]] = {}
    for run, home in runs:
        began = run.started if run.started.tzinfo else run.started.replace(tzinfo=UTC)
        found.setdefault((began, run.run, repr(sorted(run.facts.items()))), []).append((run, home))
    merged = tuple(_runs([_fullest(found[one]) for one in sorted(found, reverse=True)]))
    matrices = [(one, matrix.of(one.run)) for one in merged]
    places = sorted({one.node for one in merged})
    return MergedMatrix(
        runs=merged,
        requirements=_columns([whole for _, whole in matrices]),
        rows=tuple(row for node in places for row in _rows([each for each in matrices if each[0].node == node])),
        facts=tuple(_facts(merged)),
    )


def _fullest(turns: Sequence[tuple[RunRecord, str]]) -> tuple[RunRecord, str]:
    """Of several journals of one run, as of a copy that was made while it went on, the one that tells most."""

    def fullness(turn: tuple[RunRecord, str]) -> tuple[bool, int, str]:
        run, _ = turn
        return run.finished is not None, sum(len(one.cases) for one in run.candidates), repr(turn)

    return turns[0] if len(turns) == 1 else max(turns, key=fullness)


def _runs(runs: Sequence[tuple[RunRecord, str]]) -> Iterator[MergedRun]:
    """The newest first."""
    seen: set[str] = set()
    for (run, home), node in zip(runs, nodes.names([run for run, _ in runs]), strict=True):
        yield MergedRun(run=run, node=node, home=home, newest=node not in seen, production=production.of(run))
        seen.add(node)


def _columns(matrices: Sequence[Matrix]) -> tuple[Requirement, ...]:
    # The newest run's words stand for those of an operator's own requirement that changed meanwhile.
    found = {column.id: column for whole in reversed(matrices) for column in whole.requirements}
    return tuple(sorted(found.values(), key=lambda column: (requirements.rank(column.id), column.id)))


def _rows(here: Sequence[tuple[MergedRun, Matrix]]) -> Iterator[MergedRow]:
    """The rows of one node: those of its newest run, then those that only older runs have."""
    found: dict[str, list[tuple[MergedRun, Row]]] = {}
    for one, whole in here:
        for row in whole.rows:
            found.setdefault(row.candidate.image, []).append((one, row))
    for turns in found.values():
        shown = next((at for at, (_, row) in enumerate(turns) if row.verdict is not Verdict.NOT_TRIED), 0)
        source, row = turns[shown]
        others = (
            OtherVerdict(run=one.run, verdict=other.verdict, later=at < shown)
            for at, (one, other) in enumerate(turns)
            if at != shown
        )
        yield MergedRow(source=source, row=row, others=tuple(others), stale=not turns[0][0].newest)


def _facts(merged: Sequence[MergedRun]) -> Iterator[DifferingFact]:
    """What some of them tell otherwise than others."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in merged:
        digests = {f"digest of {each.image}": each.facts.get("digest", "") for each in one.run.candidates}
        for name, value in ({"target": one.run.target} | one.run.facts | digests).items():
            if value:
                values = found.setdefault(name, {})
                values[value] = (*values.get(value, ()), one.run.run)
    return (DifferingFact(name=name, values=values) for name, values in found.items() if len(values) > 1)


def headline(merged: MergedMatrix) -> str:
    """One sentence: how much was tried where, and what qualified wherever it was tried."""
    verdicts: dict[str, list[Verdict]] = {}
    for row in merged.rows:
        verdicts.setdefault(row.row.candidate.image, []).append(row.row.verdict)
    count = len({one.node for one in merged.runs})
    where = f"on {text.counted(count, 'node')}, from {text.counted(len(merged.runs), 'run')}"
    scope = f"{text.counted(len(verdicts), 'candidate')} {where}"
    good = [image for image, found in verdicts.items() if set(found) <= outcomes.FAVOURABLE]
    everywhere = "on every node that tried it" if count > 1 else "there"
    if not good:
        return f"{scope}: none qualified {everywhere}."
    names = text.listing(sorted(map(text.one_line, good)))
    return f"{scope}: {len(good)} qualified {everywhere}, {names}."
