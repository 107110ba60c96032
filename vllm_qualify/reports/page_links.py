"""What the page of a run may link to: the files that lie beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vllm_qualify.core.records import CandidateRecord, CaseRecord, Evidence, RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """Where the links of a page lead.

    Attributes:
        journal: the name of the file from which it is made.
        gone: paths of evidence that the journal names and the folder does not have.
    """

    journal: str = "journal.jsonl"
    gone: frozenset[str] = frozenset()

    def of(self, run: RunRecord) -> RunRecord:
        """The run with a path for each piece of evidence that is there, and ``""`` for one that is gone."""
        if not self.gone:
            return run
        return replace(
            run,
            candidates=tuple(map(self._turn, run.candidates)),
            baseline=run.baseline and self._turn(run.baseline),
            production=self._cases(run.production),
        )

    def _turn(self, turn: CandidateRecord) -> CandidateRecord:
        return replace(turn, cases=self._cases(turn.cases))

    def _cases(self, cases: Iterable[CaseRecord]) -> tuple[CaseRecord, ...]:
        return tuple(replace(case, evidence=tuple(map(self._kept, case.evidence))) for case in cases)

    def _kept(self, evidence: Evidence) -> Evidence:
        return replace(evidence, path="") if evidence.path in self.gone else evidence


USUAL = PageLinks()
"""Those of a page that lies where its run was made."""
