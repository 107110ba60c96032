"""From outcomes of cases to the verdict of a candidate and the exit code of a run. Pure decisions, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from vllm_qualify.core import fact_names, turns
from vllm_qualify.core.records import CandidateRecord, Judgement, Outcome, RunRecord
from vllm_qualify.core.requirements import EXPECTED, rank

EXIT_QUALIFIED = 0
EXIT_NOT_QUALIFIED = 1
EXIT_UNDECIDED = 10
EXIT_NOT_RESTORED = 20

# The worst outcome of a requirement's cases speaks for it. A failure outranks what could not be decided, because
# one proof against an image is enough; what could not be shown outranks a pass, so that nothing hides behind one.
_SEVERITY = (
    Outcome.FAILED,
    Outcome.BROKEN,
    Outcome.INCONCLUSIVE,
    Outcome.BLOCKED,
    Outcome.WARNED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)


class Blocked(Exception):
    """An earlier failure makes the case unanswerable; the message says which."""


class Verdict(Enum):
    """What a run says of one candidate."""

    QUALIFIED = "qualified"
    QUALIFIED_WITH_WARNINGS = "qualified-with-warnings"
    NOT_QUALIFIED = "not-qualified"
    INCONCLUSIVE = "inconclusive"
    BROKEN = "broken"
    RULED_OUT = "ruled-out"
    NOT_TRIED = "not-tried"


FAVOURABLE = frozenset({Verdict.QUALIFIED, Verdict.QUALIFIED_WITH_WARNINGS})
_AGAINST = frozenset({Verdict.NOT_QUALIFIED, Verdict.RULED_OUT})


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The outcome that speaks for all of them; ``None`` when there are none."""
    return min(outcomes, key=_SEVERITY.index, default=None)


def by_requirement(candidate: CandidateRecord) -> dict[str, Outcome | None]:
    """The outcome of every requirement, in their order; ``None`` where no case was run.

    The operator's own follow the shipped ones, and a requirement that nobody knows follows them all, so that its
    failure counts; an optional one is among them where a case of it was run.
    """
    own = candidate.requirements
    seen: dict[str, list[Outcome]] = {known.id: [] for known in (*EXPECTED, *own) if not known.optional}
    for case in candidate.cases:
        seen.setdefault(case.requirement, []).append(case.outcome)
    return {requirement: worst(seen[requirement]) for requirement in sorted(seen, key=lambda name: rank(name, own))}


def verdict(candidate: CandidateRecord) -> Verdict:
    """Judge a candidate by all its requirements.

    A requirement without a case leaves the candidate undecided, and so does a run in which nothing was shown or
    that was cut short: an image is never qualified by an empty run. What was set aside was not tried.
    """
    if candidate.aside is not None and not candidate.cases:
        return Verdict.RULED_OUT if candidate.aside.ruled_out else Verdict.NOT_TRIED
    seen = set(by_requirement(candidate).values())
    if Outcome.FAILED in seen:
        return Verdict.NOT_QUALIFIED
    if Outcome.BROKEN in seen:
        return Verdict.BROKEN
    undecided = seen & {Outcome.INCONCLUSIVE, Outcome.BLOCKED, None}
    if candidate.interrupted or undecided or not seen & {Outcome.PASSED, Outcome.WARNED}:
        return Verdict.INCONCLUSIVE
    return Verdict.QUALIFIED_WITH_WARNINGS if Outcome.WARNED in seen else Verdict.QUALIFIED


def put_back(run: RunRecord) -> bool:
    """Production was put back, or never touched; nobody knows that of a run that was killed before it could tell."""
    if not run.production:
        return run.finished is not None or not run.takes_production_away or only_asked(run)
    return not {case.outcome for case in run.production} & {Outcome.FAILED, Outcome.BROKEN, Outcome.INCONCLUSIVE}


def only_asked(run: RunRecord) -> bool:
    """It was killed while it measured production as it serves, before anything of that was touched."""
    turn = run.baseline
    return turn is not None and turn.interrupted and turn.facts.get(fact_names.BASELINE) == turns.CURRENT


def exit_code(run: RunRecord) -> int:
    """The exit code of a run: 0 all qualified, 1 some did not, 10 undecided, 20 production was not put back.

    A run that looks for the newest needs only one that qualifies: 1 says that none of the range does.

    A run whose events do not end with ``RunFinished`` counts as cut short; ``report.conclude`` adds that event.
    """
    if not put_back(run):
        return EXIT_NOT_RESTORED
    verdicts = {verdict(candidate) for candidate in run.candidates}
    if run.pick:
        return _of_choice(verdicts)
    if verdicts & _AGAINST:
        return EXIT_NOT_QUALIFIED
    return EXIT_QUALIFIED if verdicts and verdicts <= FAVOURABLE else EXIT_UNDECIDED


def _of_choice(verdicts: set[Verdict]) -> int:
    """One that qualifies is what was looked for; that none does is only known when nothing was left open."""
    if verdicts & FAVOURABLE:
        return EXIT_QUALIFIED
    return EXIT_NOT_QUALIFIED if verdicts and verdicts <= _AGAINST else EXIT_UNDECIDED


def classify(error: BaseException, *, in_suite: bool, died: Judgement | None = None) -> Judgement:
    """Decide whose fault an exception is that no judge foresaw.

    Blame needs evidence: an assertion of the suite itself, or an engine that died meanwhile, speaks against the image;
    everything else is our fault or the infrastructure's.

    Args:
        error: what was raised.
        in_suite: it is an assertion of the suite's own.
        died: the judgement of an engine that died meanwhile.
    """
    said = str(error) or type(error).__name__
    if isinstance(error, Blocked):
        return Judgement(outcome=Outcome.BLOCKED, message=said)
    if died is not None:
        return died
    if in_suite and isinstance(error, AssertionError):
        return Judgement(outcome=Outcome.FAILED, message=said.splitlines()[0])
    return Judgement(outcome=Outcome.BROKEN, message=said)
