"""Records a qualification: each case to the journal as it ends, the evidence beside it, all reports at the end."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vllm_qualify.checks import beside, blame, production
from vllm_qualify.checks.production import TransactionEnd
from vllm_qualify.core import fact_names, journal, outcomes, record_texts, turns
from vllm_qualify.core.events import (
    CandidateSkipped,
    CandidateStarted,
    CaseFinished,
    Event,
    FindingsRecorded,
    RunStarted,
)
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import CaseRecord, Evidence, Finding, Judgement, Outcome, Role, RunRecord, Skipped
from vllm_qualify.core.requirements import RESTORE
from vllm_qualify.plugin import suite_faults
from vllm_qualify.plugin.open_cases import OpenCase, Undecided, Unqualified
from vllm_qualify.plugin.option_table import NEWEST
from vllm_qualify.plugin.options import Options
from vllm_qualify.reports import remake, step_summary
from vllm_qualify.reports.allure import message
from vllm_qualify.reports.run_folder import JournalFile, RunFolder, run_id
from vllm_qualify.system.files import Unwritable
from vllm_qualify.targets.base import Description, Unavailable
from vllm_qualify.targets.candidate import Candidate
from vllm_qualify.targets.kind import Ability

# Without a case there is still a verdict where every candidate was ruled out before.
_ENDED_BY_ITSELF = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED})
Conclude = Callable[[Judgement], None]
"""The fixture by which a suite comes to its conclusion: ``conclude(judge.load.budget(...))``."""
_NO_LOG_NEEDED = frozenset({Outcome.PASSED, Outcome.NOT_APPLICABLE, Outcome.BLOCKED})


class Recorder:
    """Turns what happens into records; mutable because a run grows.

    Args:
        options: what the run is to do.

    Raises:
        files.Unwritable: the folder of the run cannot be made.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.folder = RunFolder.create(options.reports, run_id(datetime.now(UTC), options.kind.name))
        self.events: list[Event] = []
        self.stopped = ""  # Why the run ended before its first case.
        self._journal: JournalFile | None = None
        self._candidate: Candidate | None = None
        self._turn: CandidateStarted | None = None
        self._logs: dict[str, Evidence] = {}

    @property
    def _opened(self) -> JournalFile:
        if self._journal is None:
            raise AssertionError("cannot write to a run that was not started")
        return self._journal

    @property
    def run(self) -> RunRecord:
        """The record of the run so far."""
        return journal.fold(self.events)

    def start(self) -> None:
        """Begin the journal with its head; before that nothing can be written."""
        self._journal = self.folder.journal()
        choice = self.options.choice
        cluster = self.options.settings.cluster
        head = RunStarted(
            run=self.folder.path.name,
            at=datetime.now(UTC),
            target=self.options.kind.name,
            takes_production_away=self.options.able(Ability.TAKES_PRODUCTION_AWAY),
            cluster=cluster.context if cluster else "",
            images=tuple(map(str, choice.images)),
            pick=NEWEST if self.options.pick else "",
            environment=dict(self.options.wishes.environment),
            facts=dict(self.options.facts),
            advisories=dict(choice.advisories),
            requirements=self.options.requirements,
        )
        self.write(head)
        for image, aside in choice.skipped.items():
            self.set_aside(str(image), aside)
        for event in self.options.baseline.events(at=datetime.now(UTC)):
            self.write(event)
        self.found(choice.findings)
        self.folder.point_latest()

    def candidate_started(
        self, candidate: Candidate, *, target: str, description: Description, role: Role = Role.CANDIDATE
    ) -> None:
        """A turn begins: a candidate's, or the baseline's."""
        self._candidate = candidate
        self._turn = CandidateStarted(
            at=datetime.now(UTC),
            image=str(candidate.image),
            target=target,
            role=role,
            stand_in=description.stand_in,
            facts=self._facts(candidate.image, description, role),
        )
        self.write(self._turn)

    def _facts(self, image: ImageRef, description: Description, role: Role) -> dict[str, str]:
        own = {} if role is Role.CANDIDATE else {fact_names.BASELINE: self.options.baseline.name}
        build = self.options.kind.build(image, self.options.settings)
        return own | dict(description.facts) | ({fact_names.BUILD: build} if build else {})

    def set_aside(self, image: str, aside: Skipped) -> None:
        """A candidate is not tried."""
        self.write(CandidateSkipped(at=datetime.now(UTC), image=image, aside=aside))

    def conclude(self, case: OpenCase, judgement: Judgement) -> None:
        """Take a judgement, and let pytest see it.

        Raises:
            Unqualified: the image failed.
            Undecided: it is inconclusive, or broken.
            pytest.skip.Exception: the target cannot show it, or an earlier failure stands before it.
        """
        judgement = self.judged(case, self._beside(case, self._blamed(case, judgement)))
        said = message(judgement.outcome, judgement.message)
        if judgement.outcome is Outcome.FAILED:
            raise Unqualified(said)
        if judgement.outcome in {Outcome.INCONCLUSIVE, Outcome.BROKEN}:
            raise Undecided(said)
        if judgement.outcome in {Outcome.NOT_APPLICABLE, Outcome.BLOCKED}:
            raise pytest.skip.Exception(said)

    def ended(self, case: OpenCase) -> None:
        """A case came to its end: one of an own suite that only asserts has shown what it is for.

        Raises:
            Unqualified: the engine died meanwhile.
            Undecided: it hangs.
        """
        if not case.concludes and not case.judgements:
            self.conclude(case, Judgement(outcome=Outcome.PASSED))

    def classify(self, case: OpenCase, error: BaseException, *, suite: Path) -> Judgement:
        """Make a judgement of what no judge foresaw.

        Raises:
            pytest.skip.Exception: an earlier failure stands before the case.
            Unqualified: an own suite asserted what does not hold.
            Undecided: it did, and it is not known whether that speaks against the image.
        """
        if case.suites is not None and (said := suite_faults.asserted(error, case.suites)):
            self.conclude(case, Judgement(outcome=Outcome.FAILED, message=said))
            return case.judgements[-1]
        broken = Judgement(outcome=Outcome.BROKEN, message=str(error))
        blamed = broken if isinstance(error, Blocked) else self._blamed(case, broken)
        died = blamed if blamed.outcome is Outcome.FAILED else None
        in_suite = case.suites is None and suite_faults.raised_in(suite, error)
        found = outcomes.classify(error, in_suite=in_suite, died=died)
        if case.suites is not None and found.outcome is Outcome.BROKEN and not isinstance(error, Unavailable):
            found = replace(found, message=suite_faults.stumbled(error, case.suites))
        judgement = self.judged(case, found)
        if judgement.outcome is Outcome.BLOCKED:
            raise pytest.skip.Exception(message(judgement.outcome, judgement.message)) from error
        return judgement

    def judged(self, case: OpenCase, judgement: Judgement) -> Judgement:
        """Take a judgement as it may be shown; texts that are too long for a record are kept whole as evidence."""
        name = f"{case.id.replace('/', '-')}-in-full"
        if whole := self._keep_whole(name, judgement):
            case.evidence[name] = whole
        brief = self.folder.brief(judgement)
        case.judgements.append(brief)
        return brief

    def _keep_whole(self, name: str, record: object) -> Evidence | None:
        """Keep the texts that a record takes only in part; a disk that takes no more is told by the journal."""
        whole = record_texts.too_long(record)
        if not whole:
            return None
        with contextlib.suppress(Unwritable):
            return self.folder.keep(self._place(name), "\n\n".join(whole))
        return None

    def gather(self, case: OpenCase) -> None:
        """Keep the engine's log as it stands now for a case that did not simply pass."""
        candidate = self._asked(case)
        if candidate is None or case.outcome in _NO_LOG_NEEDED:
            return
        name = candidate.save_log()
        for kind, text in candidate.evidence().items():
            self.keep_log(f"{name}-{kind}", text)
        case.evidence |= {known: kept for known, kept in self._logs.items() if name and known.startswith(name)}

    def keep_traceback(self, case: OpenCase, error: BaseException) -> None:
        """Keep where our own code gave up, for whoever mends it."""
        name = f"{case.id.replace('/', '-')}-traceback"
        case.evidence[name] = self.folder.keep(self._place(name), "".join(traceback.format_exception(error)))

    def _place(self, name: str) -> str:
        """A name of evidence, beside that of the candidate whose turn it is."""
        return f"{self._candidate.name}/{name}" if self._candidate is not None else name

    def keep_log(self, name: str, text: str) -> None:
        """Keep a log among the evidence; under the name of an earlier one it takes that one's place.

        A container that was just started again has printed nothing yet; that does not wipe out how it died.
        """
        if not text:
            return
        if name in self._logs:
            self.folder.replace(self._logs[name], text)
        else:
            self._logs[name] = self.folder.keep(name, text)

    def found(self, findings: tuple[Finding, ...]) -> None:
        """Write what the rules found before the first candidate's turn."""
        if findings:
            self._keep_whole("findings-in-full", findings)
            self.write(FindingsRecorded(at=datetime.now(UTC), findings=findings))

    def put_back(self, close: Callable[[], TransactionEnd | None]) -> None:
        """Put production back and record it, unless its own case did so already."""
        if any(isinstance(event, CaseFinished) and not event.case.image for event in self.events):
            return
        case = OpenCase(image="", requirement=RESTORE.id, id=f"{RESTORE.id}/put-back", sentence=RESTORE.sentence)
        self.write(case.begun())
        self.judged(case, production.put_back(close()))
        self.close_case(case)

    def finish(self, exit_code: int) -> int:
        """End the journal and write every report.

        Args:
            exit_code: pytest's own; the verdicts replace it where it only says that tests passed or failed.
        """
        own = None if exit_code in _ENDED_BY_ITSELF else exit_code
        end = remake.conclude(self.events, at=datetime.now(UTC), exit_code=own)
        self.write(replace(end, reason=self.stopped))
        self._opened.close()
        remake.write(self.folder, self.run)
        step_summary.write(self.run, os.environ)
        return end.exit_code

    def close_case(self, case: OpenCase) -> None:
        """Write what became of a case, and once the GPUs that were seen in its turn."""
        self.write(CaseFinished(case=case.finished()))
        candidate, turn = self._asked(case), self._turn
        if candidate is None or turn is None or fact_names.RAN_ON in turn.facts or not candidate.ran_on:
            return
        self._turn = replace(turn, facts=turn.facts | {fact_names.RAN_ON: candidate.ran_on})
        self.write(self._turn)

    def write(self, event: Event) -> None:
        """Append an event to the journal."""
        self._opened.append(event)
        self.events.append(self.folder.brief(event))

    def _blamed(self, case: OpenCase, judgement: Judgement) -> Judgement:
        """The same judgement, or a failure if the engine died meanwhile: the last answer may have been a good one."""
        candidate = self._asked(case)
        if candidate is None:
            return blame(judgement, None)
        return candidate.judged(judgement, during=case.id)

    def _beside(self, case: OpenCase, judgement: Judgement) -> Judgement:
        """The same judgement, or a warning where the baseline failed the case too and the candidate lives."""
        candidate = self._asked(case)
        if not case.beside or candidate is None or candidate.lost or turns.role(case.image) is not Role.CANDIDATE:
            return judgement
        return beside.softened(judgement, self.told(turns.BASELINE, case.id), who=self.options.baseline.said)

    def told(self, turn: str, case: str) -> CaseRecord | None:
        """What became of a case in an earlier turn; ``None`` where it did not come to an end there."""
        ended = [event.case for event in self.events if isinstance(event, CaseFinished)]
        return next((one for one in ended if (one.image, one.id) == (turn, case)), None)

    def _asked(self, case: OpenCase) -> Candidate | None:
        """Whom a case asks; ``None`` where it asks nobody."""
        return self._candidate if case.image and case.live else None


RECORDER: pytest.StashKey[Recorder] = pytest.StashKey()
