"""The sentences that every report shares: what a verdict says, what an outcome means. Pure."""

from __future__ import annotations

from vllm_qualify.core import images, outcomes, verdict_facts
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, Certainty, Outcome, RunRecord, Skipped, StandIn
from vllm_qualify.reports import text

VERDICTS = {
    Verdict.QUALIFIED: "qualified",
    Verdict.QUALIFIED_WITH_WARNINGS: "qualified with warnings",
    Verdict.NOT_QUALIFIED: "not qualified",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.BROKEN: "broken",
    Verdict.RULED_OUT: "ruled out",
    Verdict.NOT_TRIED: "not tried",
}
OUTCOMES = {
    Outcome.PASSED: "What the requirement says holds.",
    Outcome.WARNED: "It holds, but only just or with something lost; read why before you upgrade.",
    Outcome.FAILED: "It does not hold, and the evidence says that the image is the reason.",
    Outcome.INCONCLUSIVE: "It was measured, but the noise is too large to tell.",
    Outcome.NOT_APPLICABLE: "This target cannot show it; the reason is given. It is not a pass.",
    Outcome.BLOCKED: "An earlier failure makes it unanswerable.",
    Outcome.BROKEN: "The harness or the infrastructure failed. It says nothing about the image.",
}
NOT_TRIED = "No case of this requirement was run."
CERTAINTIES = {
    Certainty.CERTAIN: "certain: the log says so",
    Certainty.PROBABLE: "probable: the usual reason for these lines",
    Certainty.POSSIBLE: "possible: one reason among several",
}
CPU_CAVEAT = "a finding on the CPU build; the GPU image may differ"
WHEEL_CAVEAT = "a finding on the official wheel, on the GPU; the image may differ in what it brings beside it"
_OFFICIAL = "vllm"
_OWN_LOCK = "pinned by "
# The command line is judged by the parser of the release itself, on every target.
_WITHOUT_STAND_IN = frozenset({"ARGS"})


def outcome(value: Outcome | None) -> str:
    """The word for an outcome; a requirement without a case was not tried."""
    return "not tried" if value is None else value.value


def short_outcome(value: Outcome | None) -> str:
    """The same where there is little room."""
    return "n/a" if value is Outcome.NOT_APPLICABLE else outcome(value)


def stand_in(record: StandIn | None) -> str:
    """What ran in place of the image, ``""`` where the image itself ran."""
    if record is None:
        return ""
    if _is_wheel(record):
        return f"official wheel {record} on the GPU stands in, without what the image brings beside it"
    return f"{'CPU build ' if 'cpu' in str(record) else ''}{record} stands in"


def _is_wheel(record: StandIn) -> bool:
    """The release itself on a GPU; an operator's own lock may pin anything under that name, and says so."""
    return record.distribution == _OFFICIAL and not record.note.startswith(_OWN_LOCK)


def overridden(candidate: CandidateRecord) -> str:
    """The variables that were set for the run alone, ``""`` where the manifests were tried as they are."""
    pairs = [f"{name}={value}" for name, value in candidate.environment.items()]
    return f"with {text.one_line(text.listing(pairs))} set" if pairs else ""


def having(candidate: CandidateRecord, *wanted: Outcome | None) -> tuple[str, ...]:
    """The requirements of a candidate that came to one of these outcomes, in their order."""
    return tuple(name for name, value in outcomes.by_requirement(candidate).items() if value in wanted)


def short_name(candidate: CandidateRecord) -> str:
    """The tag of a candidate, or what it was called where that is no image reference."""
    try:
        return images.parse(candidate.image).short
    except images.BadImage:
        return text.one_line(candidate.image)


def summary(candidate: CandidateRecord) -> str:
    """One sentence for a candidate: its verdict, where it was reached, what could not be shown there, and why.

    A verdict that a stand-in earned always names the stand-in.
    """
    verdict = outcomes.verdict(candidate)
    notes = [note for note in (stand_in(candidate.stand_in), overridden(candidate), _hidden(candidate)) if note]
    where = f" on {text.one_line(candidate.target)}" + (f" ({'; '.join(notes)})" if notes else "")
    why = _why(candidate, verdict)
    return f"{VERDICTS[verdict]}{where}" + (f": {why}" if why else "")


def holds_for(run: RunRecord, candidate: CandidateRecord) -> str:
    """The facts that a verdict holds for, in one line; ``""`` where none was recorded, or there is no verdict."""
    if outcomes.verdict(candidate) is Verdict.NOT_TRIED:
        return ""
    return text.one_line(verdict_facts.told(verdict_facts.of(run.facts, candidate.facts)))


def shown_in_part(candidate: CandidateRecord) -> tuple[str, ...]:
    """The requirements that hold as far as this target can show them: some of their cases are not applicable."""
    hidden = {case.requirement for case in candidate.cases if case.outcome is Outcome.NOT_APPLICABLE}
    return tuple(name for name in having(candidate, Outcome.PASSED, Outcome.WARNED) if name in hidden)


def _hidden(candidate: CandidateRecord) -> str:
    wholly, partly = len(having(candidate, Outcome.NOT_APPLICABLE)), len(shown_in_part(candidate))
    parts = [f"{text.counted(wholly, 'requirement')} not shown here"] if wholly else []
    if partly:
        shown = f"{text.counted(partly, 'requirement')} shown"
        parts.append(f"{partly if wholly else shown} only in part")
    return ", ".join(parts)


def _why(candidate: CandidateRecord, verdict: Verdict) -> str:
    match verdict:
        case Verdict.QUALIFIED:
            return ""
        case Verdict.QUALIFIED_WITH_WARNINGS:
            return f"{text.listing(having(candidate, Outcome.WARNED))} warned"
        case Verdict.NOT_QUALIFIED:
            failed = having(candidate, Outcome.FAILED)
            caveat = bool(candidate.stand_in and set(failed) - _WITHOUT_STAND_IN)
            return f"{text.listing(failed)} failed" + (f" ({caveat_of(candidate)})" if caveat else "")
        case Verdict.BROKEN:
            broken = text.listing(having(candidate, Outcome.BROKEN))
            return f"{broken} broke for reasons that say nothing about the image"
        case Verdict.INCONCLUSIVE:
            return _undecided(candidate)
        case Verdict.RULED_OUT | Verdict.NOT_TRIED:
            return _set_aside(candidate.aside) if candidate.aside else ""


def _set_aside(aside: Skipped) -> str:
    if not aside.ruled_out:
        return aside.reason
    change = f"; what would change it: {aside.remedy}" if aside.remedy else ""
    return f"{aside.reason} ({aside.certainty.value}, from facts alone, at no GPU time){change}"


def caveat_of(candidate: CandidateRecord) -> str:
    """What limits a failure that a stand-in showed, ``""`` where the image itself ran."""
    if candidate.stand_in is None:
        return ""
    if "cpu" in str(candidate.stand_in):
        return CPU_CAVEAT
    if _is_wheel(candidate.stand_in):
        return WHEEL_CAVEAT
    return f"a finding on {candidate.stand_in}; the image itself may differ"


def _undecided(candidate: CandidateRecord) -> str:
    shown = outcomes.by_requirement(candidate).values()
    if not any(shown):
        return "nothing was tried"
    states = (
        (having(candidate, Outcome.INCONCLUSIVE), "inconclusive"),
        (having(candidate, Outcome.BLOCKED), "blocked"),
        (having(candidate, None), "not tried"),
    )
    parts = [f"{text.listing(names)} {state}" for names, state in states if names]
    if candidate.interrupted:
        parts.append("the run was cut short")
    return "; ".join(parts) or "nothing could be shown here"


def headline(run: RunRecord) -> str:
    """One sentence for the whole run: how many candidates qualified, and the newest of them."""
    if not run.candidates:
        return "No candidate was named, so nothing was tried."
    tried = [candidate for candidate in run.candidates if candidate.aside is None]
    ruled = sum(candidate.aside is not None and candidate.aside.ruled_out for candidate in run.candidates)
    before = f"; {text.counted(ruled, 'candidate')} ruled out before" if ruled else ""
    if not any(candidate.cases for candidate in run.candidates) and (why := _in_the_way(run)):
        return f"Nothing was tried on {_where(run)}: {why}."
    if not tried:
        return f"Nothing was tried on {_where(run)}{before}."
    good = [candidate for candidate in run.candidates if outcomes.verdict(candidate) in outcomes.FAVOURABLE]
    cut = " The run was cut short." if any(candidate.interrupted for candidate in run.candidates) else ""
    end = f"{before}.{cut}"
    if len(tried) == 1:
        return f"{short_name(tried[0])} {'qualified' if good else 'did not qualify'} on {_where(run)}{end}"
    if not good:
        return f"None of {len(tried)} candidates qualified on {_where(run)}{end}"
    best = newest(good) if len(good) > 1 else good[0]
    tail = f"; {'the newest is' if len(good) > 1 else 'it is'} {short_name(best)}" if best else ""
    return f"{len(good)} of {len(tried)} candidates qualified on {_where(run)}{tail}{end}"


def _where(run: RunRecord) -> str:
    """The target; a verdict of this machine never reads as one of the cluster that the settings name."""
    target = text.one_line(run.target)
    if run.cluster and not run.takes_production_away:
        return f"{target} (the cluster {text.one_line(run.cluster)} was not asked)"
    return target


def _in_the_way(run: RunRecord) -> str:
    """What kept a run from its first case; ``""`` where nothing is known to have."""
    if blockers := sum(finding.blocks for finding in run.findings):
        return f"{text.counted(blockers, 'finding')} {'stands' if blockers == 1 else 'stand'} in the way"
    return text.one_line(run.stopped).rstrip(".")


def newest(candidates: list[CandidateRecord]) -> CandidateRecord | None:
    """The candidate with the highest release; ``None`` where a tag names no release, so nobody can say."""
    releases = []
    for candidate in candidates:
        try:
            release = images.parse(candidate.image).release
        except images.BadImage:
            return None
        if release is None:
            return None
        releases.append((release, candidate))
    return max(releases, key=lambda pair: pair[0])[1]
