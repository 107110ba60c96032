"""A case while it runs: what was judged of it, and what becomes of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.core.events import CaseStarted
from vllm_qualify.core.outcomes import worst
from vllm_qualify.core.records import CaseRecord, Diagnosis, Evidence, Judgement, Observation, Outcome
from vllm_qualify.plugin import cases
from vllm_qualify.reports import diagnosis


class Unqualified(AssertionError):
    """The image did not meet a requirement."""


class Undecided(Exception):
    """It was measured, and the measurement does not decide."""


@dataclass(kw_only=True)
class OpenCase:
    """A case while it runs; mutable because judgements and evidence gather in it.

    Attributes:
        image: the name of its turn, as in ``core.turns``; ``""`` for production.
        beside: the baseline is asked it as well.
        live: it asks the candidate; what only compares, or is about production, does not.
        suites: the folder of the operator's own suites that it is from; ``None`` for a shipped one.
        concludes: it comes to its conclusion by a judgement; otherwise its end without a word is a pass.
    """

    image: str
    requirement: str
    id: str
    sentence: str
    beside: bool = False
    live: bool = True
    suites: Path | None = None
    concludes: bool = True
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    judgements: list[Judgement] = field(default_factory=list)
    evidence: dict[str, Evidence] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """The worst judgement; a case that came to none is broken, for it proves nothing."""
        return worst(judgement.outcome for judgement in self.judgements) or Outcome.BROKEN

    @property
    def message(self) -> str:
        """What the judgements with that outcome say."""
        if not self.judgements:
            return "the case ended without a result"
        said = (judgement.message for judgement in self.judgements if judgement.outcome is self.outcome)
        return "; ".join(dict.fromkeys(filter(None, said)))

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Everything that was seen."""
        return tuple(seen for judgement in self.judgements for seen in judgement.observations)

    @property
    def material(self) -> dict[str, Any]:
        """What comparisons need of it."""
        return {name: value for judgement in self.judgements for name, value in judgement.material.items()}

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The first cause that was found."""
        return next((judgement.diagnosis for judgement in self.judgements if judgement.diagnosis), None)

    @property
    def explanation(self) -> str:
        """What pytest shows of a failure: what happened, why, what to do; no traceback."""
        lines = [f"{self.id} on {self.image or 'production'}: {self.sentence}", f"  {self.message}"]
        if (cause := self.diagnosis) is not None:
            head = "no cause found" if cause.wrapper else "first cause"
            lines.append(f"  {head}: {diagnosis.named(cause)}")
            lines += [f"    line {line.number}: {line.text}" for line in cause.lines]
            lines += [f"      {more}" for more in diagnosis.further(cause)]
            lines += [f"  where: {cause.origin}"] if cause.origin else []
            lines += [f"  what to do: {cause.remedy}"] if cause.remedy else []
            lines += [f"  source: {cause.reference}"] if cause.reference else []
        return "\n".join(lines)

    def begun(self) -> CaseStarted:
        """The event of its beginning."""
        return CaseStarted(
            at=self.started, image=self.image, requirement=self.requirement, id=self.id, sentence=self.sentence
        )

    def finished(self) -> CaseRecord:
        """The record of its end."""
        return CaseRecord(
            image=self.image,
            requirement=self.requirement,
            id=self.id,
            sentence=self.sentence,
            outcome=self.outcome,
            message=self.message,
            observations=self.observations,
            evidence=tuple(self.evidence.values()),
            diagnosis=self.diagnosis,
            material=self.material,
            started=self.started,
            seconds=(datetime.now(UTC) - self.started).total_seconds(),
        )


def begin(item: pytest.Item, *, suites: Path | None = None) -> OpenCase:
    """Begin the case of an item.

    Args:
        item: the test.
        suites: the folder of the operator's own suites that it is from; ``None`` for a shipped one.
    """
    return OpenCase(
        image=cases.image_of(item),
        requirement=cases.requirement_of(item),
        id=cases.id_of(item),
        sentence=cases.sentence_of(item),
        beside=item.get_closest_marker("beside") is not None,
        live=not cases.compares(item),
        suites=suites,
        concludes=suites is None or "conclude" in getattr(item, "fixturenames", ()),
    )
