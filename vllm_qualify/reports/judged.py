"""Of many runs the newest verdict of each image on each target and node; for ``vllm-qualify status``. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from vllm_qualify.core import outcomes, verdict_facts
from vllm_qualify.core.fact_names import VARIABLES
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import RunRecord
from vllm_qualify.history.entries import RecordedRun

_OPEN = frozenset({Verdict.BROKEN, Verdict.INCONCLUSIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedImage:
    """A verdict on an image.

    Attributes:
        image: as it was named.
        target: what it was judged on.
        verdict: what the run says of it.
        run: its name.
        judged: when that run began.
        holds_for: the facts that the verdict holds for, by name.
        environment: variables that were set for the run, over what the manifests say.
        undecided_since: the newest later run that left the image open; ``""`` where none did.
    """

    image: str
    target: str
    verdict: Verdict
    run: str
    judged: datetime
    holds_for: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    undecided_since: str = ""

    @property
    def node(self) -> str:
        """Where it was judged; ``""`` in runs that did not record it."""
        return verdict_facts.place(self.holds_for)


def of(run: RunRecord) -> Iterator[JudgedImage]:
    """The verdicts of a run. What was set aside for want of time, or because another one qualified, has none."""
    for candidate in run.candidates:
        verdict = outcomes.verdict(candidate)
        if verdict is not Verdict.NOT_TRIED and (candidate.cases or candidate.aside):
            yield JudgedImage(
                image=candidate.image,
                target=candidate.target,
                verdict=verdict,
                run=run.run,
                judged=run.started,
                holds_for=verdict_facts.of(run.facts, candidate.facts),
                environment=variables(run.facts),
            )


def recorded(run: RecordedRun) -> Iterator[JudgedImage]:
    """The verdicts of a run as the history keeps them, which outlives the run's folder."""
    for turn in run.turns:
        if turn.verdict is not None and turn.verdict is not Verdict.NOT_TRIED:
            yield JudgedImage(
                image=turn.image,
                target=run.target,
                verdict=turn.verdict,
                run=run.name,
                judged=run.started,
                holds_for=verdict_facts.of(run.facts, turn.facts),
                environment=variables(run.facts),
            )


def variables(facts: Mapping[str, str]) -> dict[str, str]:
    """The variables that were set for a run, as it recorded them."""
    try:
        words = shlex.split(facts.get(VARIABLES, ""))
    except ValueError:
        # Somebody edited it; then nobody knows.
        return {}
    return dict(word.partition("=")[::2] for word in words)


def newest(verdicts: Iterable[JudgedImage]) -> tuple[JudgedImage, ...]:
    """The last word on every image, by image, target and node.

    A run that left an image open takes nothing back from one that decided: it is told beside it.
    """
    kept: dict[tuple[str, str, str], JudgedImage] = {}
    for one in sorted(verdicts, key=lambda each: (each.judged, each.run)):
        key = (one.image, one.target, one.node)
        kept[key] = _last(kept.get(key), one)
    return tuple(kept[key] for key in sorted(kept))


def _last(before: JudgedImage | None, now: JudgedImage) -> JudgedImage:
    if before is None or now.verdict not in _OPEN or before.verdict in _OPEN:
        return now
    return replace(before, undecided_since=now.run)
