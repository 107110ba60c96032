"""How long the page of a large run takes to make, and how large it is: 200 candidates by 50 requirements.

Of five candidates two qualify, two die at their start, which blocks the rest, and one fails in a tenth of its cases.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bench.figure import Figure
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import (
    CandidateRecord,
    CaseRecord,
    Certainty,
    Diagnosis,
    Evidence,
    LogLine,
    Observation,
    Outcome,
    RunRecord,
)
from vllm_qualify.core.requirements import EXPECTED
from vllm_qualify.reports import html

CANDIDATES = 200
REQUIREMENTS = 50
ALLOWED_SECONDS = 2.0
ALLOWED_MEGABYTES = 5.0
RUNS = 3
_STARTED = datetime(2026, 1, 15, 2, 10, tzinfo=UTC)
_LINE = "(EngineCore_0 pid=312) ERROR 01-15 02:11:04 [core.py:708] EngineCore failed to start: CUDA error 804"
_DIED = Diagnosis(
    cause="E01",
    title="the image's CUDA compat library was loaded on a GPU that forward compatibility does not support (error 804)",
    certainty=Certainty.CERTAIN,
    remedy="Put the host's driver first: LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64 in the pod.",
    lines=tuple(LogLine(number=number, text=_LINE) for number in range(27, 31)),
)
_KINDS = ("good", "good", "dead", "dead", "worse")


def figures() -> Iterator[Figure]:
    """Seconds to make the page, the least of three runs, and its megabytes."""
    run = sample()
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        page = html.files(run)["matrix.html"]
        seconds.append(time.perf_counter() - started)
    name = f"page of {CANDIDATES} candidates by {REQUIREMENTS} requirements"
    yield Figure(name=f"{name}: of {ALLOWED_SECONDS:g} s allowed", value=min(seconds), unit="s")
    yield Figure(name=f"{name}: of {ALLOWED_MEGABYTES:g} MB allowed", value=len(page) / 1e6, unit="MB")


def sample(candidates: int = CANDIDATES, requirements: int = REQUIREMENTS) -> RunRecord:
    """A run of so many candidates and requirements, a case of each."""
    tried = tuple(_candidate(number, requirements) for number in range(candidates))
    return RunRecord(run="20260115-021000-kubernetes", started=_STARTED, target="kubernetes", candidates=tried)


def _candidate(number: int, requirements: int) -> CandidateRecord:
    image = f"vllm/vllm-openai:v0.{number // 10}.{number % 10}"
    kind = _KINDS[number % len(_KINDS)]
    cases = tuple(_case(image, place, kind) for place in range(requirements))
    return CandidateRecord(image=image, target="kubernetes", facts={"digest": f"sha256:{number:064x}"}, cases=cases)


def _case(image: str, place: int, kind: str) -> CaseRecord:
    outcome = _outcome(place, kind)
    failed = outcome is Outcome.FAILED
    evidence = (Evidence(name="engine", path=f"evidence/{image.rpartition(':')[2]}/engine-{place}.txt"),)
    seen = (Observation(name="total", value=30.5 + place, unit="s", limit=Limit(high=40.0 if failed else 120.0)),)
    requirement = EXPECTED[place].id if place < len(EXPECTED) else f"REQ{place}"
    return CaseRecord(
        image=image,
        requirement=requirement,
        id=f"{requirement}/first-token",
        sentence="The first token comes within the budget.",
        outcome=outcome,
        message="the engine is dead" if outcome is Outcome.BLOCKED else f"first token after {30.5 + place} s",
        observations=() if outcome is Outcome.BLOCKED else seen,
        evidence=evidence if failed else (),
        diagnosis=_DIED if failed else None,
        started=_STARTED,
        seconds=4.2,
    )


def _outcome(place: int, kind: str) -> Outcome:
    if kind == "dead":
        return Outcome.FAILED if not place else Outcome.BLOCKED
    return Outcome.FAILED if kind == "worse" and not place % 10 else Outcome.PASSED


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:72} {figure.value:8.2f} {figure.unit}")
