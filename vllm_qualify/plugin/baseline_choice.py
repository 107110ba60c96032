"""What the candidates are compared with: from what was written after ``--baseline`` to the turns of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from vllm_qualify.core import fact_names, images, turns
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import BadImage, ImageRef
from vllm_qualify.targets.kind import Ability, TargetKind

if TYPE_CHECKING:
    from vllm_qualify.checks.comparison.stored import StoredRun
    from vllm_qualify.config import Settings
    from vllm_qualify.core.events import Event
    from vllm_qualify.core.records import RunRecord

_WAYS = "give the image that production runs, or leave it out"


class BaselineSource(Enum):
    """Where the figures come from that candidates are compared with."""

    NONE = "none"
    CURRENT = "current"
    IMAGE = "image"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the candidates of a run are compared with.

    Attributes:
        image: that is tried as the baseline; ``None`` where none is.
        stored: a run that is taken for it; ``None`` where none is.
    """

    source: BaselineSource = BaselineSource.NONE
    image: ImageRef | None = None
    stored: StoredRun | None = None

    @property
    def said(self) -> str:
        """What it is, as the subject of a sentence."""
        if self.stored is not None:
            return f"the baseline {self.stored.first.image} of run {self.stored.name}"
        return "production" if self.source is BaselineSource.CURRENT else f"the baseline {self.image}"

    @property
    def note(self) -> str:
        """What it costs, where that is not little; ``""`` where it is."""
        if self.source is not BaselineSource.IMAGE:
            return ""
        return f"baseline {self.image} is started before the candidates and again after them: two more loads of a model"

    @property
    def name(self) -> str:
        """As reports call it, without its image."""
        if self.stored is not None:
            return f"baseline of run {self.stored.name}"
        return turns.CURRENT if self.source is BaselineSource.CURRENT else "baseline"

    def events(self, *, at: datetime) -> Iterator[Event]:
        """What of a stored run stands in the journal of this one from its begin."""
        if self.stored is None:
            return iter(())
        return self.stored.events(at=at, called=self.name, fact=fact_names.BASELINE)

    def turns(self, *, pick: bool) -> tuple[str, ...]:
        """The turns that measure it, by name.

        Args:
            pick: the run looks for the newest that qualifies, which has to be known at the end of each turn: there is
                no second look.
        """
        if self.source not in {BaselineSource.CURRENT, BaselineSource.IMAGE}:
            return ()
        return (turns.BASELINE,) if pick else (turns.BASELINE, turns.BASELINE_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSurroundings:
    """Where a baseline is read.

    Attributes:
        folder: from which a relative path is meant.
        reports: the folder with the folders of all runs.
        facts: of this run, for what a stored one must be like.
        only_looks: the run only lists its cases, so the target is asked nothing.
    """

    folder: Path
    reports: Path
    facts: Mapping[str, str] = field(default_factory=dict)
    only_looks: bool = False


def read(settings: Settings, *, kind: TargetKind, around: RunSurroundings) -> Baseline:
    """Read what was asked for.

    Args:
        settings: hold it; empty is ``current`` where the target has a production, else ``none``.
        kind: of the target.
        around: where.

    Raises:
        UserError: it is no baseline, or one that the target cannot have.
    """
    text, lack = settings.baseline.source, kind.lacks(settings).get(Ability.TAKES_PRODUCTION_AWAY)
    if text == BaselineSource.NONE.value or (not text and lack is not None):
        return Baseline()
    if text in {"", BaselineSource.CURRENT.value}:
        if lack is not None:
            raise UserError(f"--baseline current: {lack.reason}; {_WAYS}")
        return Baseline(source=BaselineSource.CURRENT)
    if (run := _run(text, around)) is not None:
        here = Ability.RUNS_ENGINES_HERE not in kind.lacks(settings)
        return _of_run(text, run, kind, around, here=here)
    try:
        image = images.parse(text)
    except BadImage as error:
        said = f"{text!r} is neither current nor none, no folder of a run, and no image"
        raise UserError(f"--baseline: {said}: {error}") from error
    if not around.only_looks and (obstacle := kind.obstacle(image, settings)):
        raise UserError(f"--baseline: {obstacle}")
    return Baseline(source=BaselineSource.IMAGE, image=image)


def _run(text: str, around: RunSurroundings) -> RunRecord | None:
    """The stored run that a text names, by its folder or journal; ``None`` where there is none of that name."""
    from vllm_qualify.reports import run_folder  # noqa: PLC0415 - reads journals, which few runs are compared with.

    path = around.reports / run_folder.LATEST if text == run_folder.LATEST else around.folder / text
    there = os.path.isfile(path) or os.path.isfile(path / run_folder.JOURNAL)  # noqa: PTH113 - pathlib raises for long names
    return run_folder.load(path) if there else None


def _of_run(text: str, run: RunRecord, kind: TargetKind, around: RunSurroundings, *, here: bool) -> Baseline:
    from vllm_qualify.checks.comparison import stored  # noqa: PLC0415 - as the journals.

    found = stored.of(run)
    wrong = () if around.only_looks else stored.refusals(run, around.facts, target=kind.name, here=here)
    if wrong or found is None:
        reasons = "\n".join(f"--baseline {text}: {reason}" for reason in wrong)
        raise UserError(reasons or f"--baseline {text}: it has nothing to compare with")
    return Baseline(source=BaselineSource.RUN, stored=found)
