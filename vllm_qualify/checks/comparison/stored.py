"""A stored run as the baseline: what of it can be compared with, and what about it is not as it is now. Pure.

A figure means something only beside one of the same node, model and work, so a run tells what it was made with.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from vllm_qualify.checks import prompts
from vllm_qualify.checks.prompts import Workload
from vllm_qualify.core import fact_names, outcomes
from vllm_qualify.core.events import CandidateStarted, CaseFinished, Event
from vllm_qualify.core.outcomes import FAVOURABLE
from vllm_qualify.core.records import CandidateRecord, Role, RunRecord

MODEL, WORKLOAD = fact_names.MODEL, fact_names.WORKLOAD
"""Facts of a run: what is served in the everyday mode, and a hash of all that is asked."""
RAN_ON, STORED = fact_names.RAN_ON, fact_names.STORED
"""Facts of a turn: the GPUs that were seen while it served, and the run that it was taken over from."""
_HERE = ("GPU", "processor")
_HASHED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """What a stored run gives to compare with.

    Attributes:
        name: of the run.
        first: its baseline, or the first of its candidates that qualified.
        again: its baseline's second turn; ``None`` where it had none.
    """

    name: str
    first: CandidateRecord
    again: CandidateRecord | None = None

    def events(self, *, at: datetime, called: str, fact: str) -> Iterator[Event]:
        """The same for the journal of another run, which is to be read without this one; no file is taken over.

        Args:
            at: now.
            called: what it is called.
            fact: under which fact that stands.
        """
        for role, record in ((Role.BASELINE, self.first), (Role.BASELINE_AGAIN, self.again)):
            if record is None:
                continue
            facts = record.facts | {fact: called, STORED: self.name}
            yield CandidateStarted(
                at=at, image=record.image, target=record.target, role=role, stand_in=record.stand_in, facts=facts
            )
            for case in record.cases:
                yield CaseFinished(case=replace(case, image=role.value, evidence=()))


def of(run: RunRecord) -> StoredRun | None:
    """What a run gives to compare with; ``None`` where it has neither a baseline nor a candidate that qualified."""
    if run.baseline is not None and run.baseline.cases:
        again = run.baseline_again
        return StoredRun(name=run.run, first=run.baseline, again=again if again is not None and again.cases else None)
    good = (one for one in run.candidates if outcomes.verdict(one) in FAVOURABLE)
    first = next(good, None)
    return StoredRun(name=run.run, first=first) if first is not None else None


def refusals(run: RunRecord, now: Mapping[str, str], *, target: str, here: bool) -> tuple[str, ...]:
    """Everything about a run that is not as it is now, as far as that is known before anything is started.

    Args:
        run: the stored one.
        now: facts of this one.
        target: what this one is for.
        here: its engines run on this machine, whose facts must be the same.
    """
    found = [] if of(run) else ["it has neither a baseline nor a candidate that qualified"]
    if run.target != target:
        found.append(f"it was made on the {run.target} target, and this run is for {target}")
    names = (MODEL, WORKLOAD, *(_HERE if here else ()))
    found += [
        f"its {name} is {run.facts.get(name) or 'not recorded'}, and now it is {now.get(name) or 'not known'}"
        for name in names
        if not now.get(name) or run.facts.get(name) != now.get(name)
    ]
    return tuple(found)


def elsewhere(baseline: CandidateRecord, candidate: CandidateRecord | None) -> str:
    """Why a baseline that was taken over is one of another GPU or driver; ``""`` where it is not, or not known yet."""
    if STORED not in baseline.facts or candidate is None:
        return ""
    was, now = (one.facts.get(RAN_ON, "no GPU") for one in (baseline, candidate))
    return "" if was == now else f"run {baseline.facts[STORED]} ran on {was}, and the candidate on {now}"


def fingerprint(work: Workload) -> str:
    """A hash of everything that is asked."""
    asked = (prompts.ANSWER_TOKENS, prompts.MEASURED_TOKENS, prompts.REQUESTS)
    said = json.dumps([asked, dataclasses.asdict(work)], sort_keys=True, default=_plain)
    return hashlib.sha256(said.encode()).hexdigest()[:_HASHED]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else sorted(map(str, value))
