"""Runs to look at: made of stored ones, with more candidates, odd names, and log lines that can be told apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vllm_qualify.core import journal
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Diagnosis, LogLine, Outcome, Role, RunRecord

_UNIT = Path(__file__).parents[1] / "unit"
HOSTILE = (
    '</script><script>hostile()</script><img src=x onerror=hostile()>"\' onclick="hostile()" @team &amp; {{ 7 * 7 }}'
)
LONG = "registry.internal.example.org:5000/platform/mirror/vllm/vllm-openai"
MANY, WIDE = 200, 50
"""Candidates and requirements of a large run."""
_CAUSES = (
    ("E01", "CUDA out of memory"),
    ("E04", "the engine's driver is too old"),
    ("E12", "an argument that this release does not have"),
)


def stored(name: str = "restored") -> RunRecord:
    """A run that somebody had: ``restored`` or ``lost``, on a cluster."""
    return journal.read((_UNIT / "reports" / "data" / f"{name}.jsonl").read_bytes())


def cause_line(image: str) -> str:
    """The one line of a log that only this candidate's first cause has."""
    return f"ERROR [core.py:412] {image}: the first cause"


def single() -> RunRecord:
    """One candidate, which fails."""
    run = stored()
    return replace(run, candidates=(_failed(run.candidates[0], "vllm/vllm-openai:v0.15.1", 0),))


def compared(count: int = 12) -> RunRecord:
    """Some candidates beside production; every third one qualifies, the others fail of three causes."""
    run = stored()
    good = run.candidates[-1]
    serving = replace(good, image="vllm/vllm-openai:v0.5.5", role=Role.BASELINE, facts={"baseline": "production today"})
    images = [f"vllm/vllm-openai:v0.{20 - number}.0" for number in range(count)]
    candidates = tuple(
        _moved(good, image) if number % 3 == 0 else _failed(run.candidates[number % 2], image, number)
        for number, image in enumerate(images)
    )
    return replace(
        run, candidates=candidates, baseline=serving, baseline_again=replace(serving, role=Role.BASELINE_AGAIN)
    )


def hostile() -> RunRecord:
    """Whatever a candidate or a registry can say is an attack on whoever reads it."""
    run = compared(3)
    odd = tuple(
        replace(
            candidate,
            image=f"{candidate.image}-{HOSTILE}",
            facts={HOSTILE: HOSTILE},
            cases=tuple(
                replace(case, message=HOSTILE if case.message else "", diagnosis=_said(case.diagnosis, HOSTILE))
                for case in candidate.cases
            ),
        )
        for candidate in run.candidates
    )
    return replace(run, candidates=odd, facts={HOSTILE: HOSTILE})


def long_names() -> RunRecord:
    """Two candidates of one tag, so that their whole names are shown, and one with a tag of sixty characters."""
    run = compared(3)
    names = (f"{LONG}:v0.20.0", f"{LONG}-copy:v0.20.0", f"{LONG}:v0.20.0-cu129-ubuntu24.04-{'nightly' * 5}")
    return replace(run, candidates=tuple(_moved(one, name) for one, name in zip(run.candidates, names, strict=True)))


def large() -> RunRecord:
    """``MANY`` candidates with one case for each of ``WIDE`` requirements; each tenth one fails."""
    run = stored()
    case = next(one for one in run.candidates[-1].cases if one.observations)
    return replace(
        run,
        findings=(),
        candidates=tuple(
            replace(
                run.candidates[-1],
                image=f"vllm/vllm-openai:v1.{number}.0",
                cases=tuple(_numbered(case, column, failed=number % 10 == column == 0) for column in range(WIDE)),
            )
            for number in range(MANY)
        ),
    )


def _numbered(case: CaseRecord, column: int, *, failed: bool) -> CaseRecord:
    name = f"REQ{column:02}"
    outcome = Outcome.FAILED if failed else Outcome.PASSED
    return replace(case, requirement=name, id=f"{name}/case", outcome=outcome, message="too slow" if failed else "")


def _moved(candidate: CandidateRecord, image: str) -> CandidateRecord:
    return replace(candidate, image=image, cases=tuple(replace(case, image=image) for case in candidate.cases))


def _failed(candidate: CandidateRecord, image: str, number: int) -> CandidateRecord:
    cause, title = _CAUSES[number % len(_CAUSES)]
    moved = _moved(candidate, image)
    lines = (LogLine(number=411, text="INFO loading"), LogLine(number=412, text=cause_line(image)))
    return replace(
        moved,
        cases=tuple(
            replace(case, diagnosis=replace(case.diagnosis, cause=cause, title=title, lines=lines))
            if case.diagnosis
            else case
            for case in moved.cases
        ),
    )


def _said(diagnosis: Diagnosis | None, words: str) -> Diagnosis | None:
    if diagnosis is None:
        return None
    return replace(diagnosis, title=words, remedy=words, origin=words, lines=(LogLine(number=1, text=words),))
