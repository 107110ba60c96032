"""How often a release differs from itself: every two turns of stored runs of one image, compared as a run does.

``python -m bench.itself RUN...`` takes folders of runs, candidates and turns of the baseline alike. Each pair
counts once, the earlier turn as the baseline, without a second turn that would tell its drift; so it is harder than a
run is.
"""

from __future__ import annotations

import inspect
import itertools
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from suites import test_against_baseline
from vllm_qualify.checks.comparison.compared import Compared
from vllm_qualify.config import Settings
from vllm_qualify.core import journal
from vllm_qualify.core.records import CandidateRecord, Judgement, RunRecord


def main(folders: Iterable[str]) -> int:
    """Print, for each comparison of the suites, how many pairs came to which outcome."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    turns = _turns(map(_read, folders))
    for image, starts in turns.items():
        print(f"{image}: {len(starts)} turns, {len(starts) * (len(starts) - 1) // 2} pairs")
        for baseline, candidate in itertools.combinations(starts, 2):
            for name, judged in _compared(Compared(candidate=candidate, baseline=baseline)):
                found[name][judged.outcome.value] += 1
    for name, outcomes in found.items():
        print(f"  {name:28} {', '.join(f'{count} {outcome}' for outcome, count in sorted(outcomes.items()))}")
    return 0


def _read(folder: str) -> RunRecord:
    return journal.read((Path(folder) / "journal.jsonl").read_bytes())


def _turns(runs: Iterable[RunRecord]) -> dict[str, list[CandidateRecord]]:
    """Each turn once, by image; a baseline that was taken over from another run stands in that one."""
    known: dict[str, list[CandidateRecord]] = defaultdict(list)
    for run in runs:
        for turn in (run.baseline, *run.candidates, run.baseline_again):
            if turn is not None and turn.cases and "stored run" not in turn.facts:
                named = tuple(replace(case, image=turn.image) for case in turn.cases)
                known[turn.image].append(replace(turn, cases=named))
    return known


def _compared(turns: Compared) -> Iterator[tuple[str, Judgement]]:
    """What each comparison of the suites concludes."""
    for name, case in inspect.getmembers(test_against_baseline, inspect.isfunction):
        if name.startswith("test_"):
            said: list[Judgement] = []
            given = {"compared": turns, "settings": Settings(), "conclude": said.append}
            case(**{word: given[word] for word in inspect.signature(case).parameters})
            yield name.removeprefix("test_"), said[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
