"""How long ``vllm-qualify report`` takes, process start included, and how much memory: by candidates, and by lines.

Each candidate has ``CASES`` cases, one of which failed with a diagnosis and ten lines of log. In the journal of
``LINES`` lines every case began and ended again and again, with steps between them. It comes to the very reports of the
one of as many candidates that has each case once, so what it takes beyond that is for reading alone.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import command
from bench.figure import Figure
from vllm_qualify.core import journal
from vllm_qualify.core.events import CandidateStarted, CaseFinished, CaseStarted, RunFinished, RunStarted, StepTaken
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Certainty, Diagnosis, Evidence, LogLine, Observation, Outcome
from vllm_qualify.core.requirements import REQUIREMENTS

CANDIDATES = (1, 12, 200)
CASES = 50
LINES = 1_000_000
ALLOWED_SECONDS = 15.0
RUNS = 5
_AT = datetime(2026, 1, 15, tzinfo=UTC)
_STEP = journal.encode(StepTaken(at=_AT, phase="take-down", what="scale deployment/vllm to 0", command=("kubectl",)))
_LOG = "(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] RuntimeError: Error 804: forward compatibility"


def figures() -> Iterator[Figure]:
    """Median seconds for each number of candidates; seconds for a million lines, and the most memory of both."""
    with tempfile.TemporaryDirectory() as folder:
        for count in CANDIDATES:
            file = Path(folder) / f"{count}.jsonl"
            written(file, candidates=count)
            spent = [_reported(file) for _ in range(RUNS)]
            seconds = statistics.median(one.seconds for one in spent)
            yield Figure(name=f"journal.report_seconds.{count}", value=seconds, unit="s")
        yield Figure(name=f"journal.report_peak.{count}", value=max(one.peak_mib for one in spent), unit="MiB")
        lines = written(file, candidates=count, lines=LINES)
        largest = _reported(file)
    share = 1e6 / lines
    name = f"journal.seconds_per_million_lines, of {ALLOWED_SECONDS:g} s allowed"
    yield Figure(name=name, value=largest.seconds * share, unit="s")
    yield Figure(name="journal.processor_per_million_lines", value=largest.processor * share, unit="s")
    yield Figure(name="journal.peak", value=largest.peak_mib, unit="MiB")


def written(file: Path, *, candidates: int, lines: int = 0) -> int:
    """Write a journal of so many candidates, and of about so many lines if that is more; the lines that it has."""
    images = tuple(f"vllm/vllm-openai:v0.{number}.0" for number in range(candidates))
    once = 2 + candidates * (1 + 2 * CASES)
    rounds = max(0, lines - once) // (candidates * (2 * CASES + 1))
    with file.open("wb") as content:
        content.write(journal.encode(RunStarted(run="20260115-000000-local", at=_AT, target="local", images=images)))
        for image in images:
            content.write(journal.encode(CandidateStarted(at=_AT, image=image, target="local")))
            cases = b"".join(_lines(image))
            content.writelines([cases + _STEP] * rounds)
            content.write(cases)
        content.write(journal.encode(RunFinished(at=_AT, exit_code=1)))
    return once + rounds * candidates * (2 * CASES + 1)


def _lines(image: str) -> Iterator[bytes]:
    for number in range(CASES):
        known = REQUIREMENTS[number % len(REQUIREMENTS)]
        name = f"{known.id}/case-{number}"
        case = _case(image, requirement=known.id, name=name, sentence=known.sentence, failed=number == CASES // 2)
        yield journal.encode(CaseStarted(at=_AT, image=image, requirement=known.id, id=name, sentence=known.sentence))
        yield journal.encode(CaseFinished(case=case))


def _case(image: str, *, requirement: str, name: str, sentence: str, failed: bool) -> CaseRecord:
    death = Diagnosis(
        cause="E01",
        title="error 804",
        certainty=Certainty.CERTAIN,
        remedy="set LD_LIBRARY_PATH",
        lines=tuple(LogLine(number=number, text=_LOG) for number in range(1, 11)),
    )
    return CaseRecord(
        image=image,
        requirement=requirement,
        id=name,
        sentence=sentence,
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        message="The engine died: error 804" if failed else "46.7 tokens a second",
        observations=(
            Observation(name="rate", value=46.7, unit="tokens/s", limit=Limit(low=38.0)),
            Observation(name="answered", value=True),
        ),
        evidence=(Evidence(name="log", path=f"evidence/{image}/log.txt"),) if failed else (),
        diagnosis=death if failed else None,
        started=_AT,
        seconds=1.25,
    )


def _reported(file: Path) -> command.Spent:
    spent = command.run((sys.executable, "-m", "vllm_qualify", "report", str(file)))
    if spent.code != 1:
        raise RuntimeError(f"vllm-qualify report ended with {spent.code}, and the run of {file} with 1")
    return spent


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:72} {figure.value:8.2f} {figure.unit}")
