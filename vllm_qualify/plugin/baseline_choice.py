"""What the candidates are compared with: from what was written after ``--baseline`` to the turns of a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vllm_qualify.config import Settings
from vllm_qualify.core import images, turns
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import BadImage, ImageRef
from vllm_qualify.targets.kind import Ability, TargetKind

_WAYS = "give the image that production runs, or leave it out"


class BaselineSource(Enum):
    """Where the figures come from that candidates are compared with."""

    NONE = "none"
    CURRENT = "current"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the candidates of a run are compared with.

    Attributes:
        image: that is tried as the baseline; ``None`` where none is.
    """

    source: BaselineSource = BaselineSource.NONE
    image: ImageRef | None = None

    @property
    def said(self) -> str:
        """What it is, as the subject of a sentence."""
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
        return "production today" if self.source is BaselineSource.CURRENT else "baseline"

    def turns(self, *, pick: bool) -> tuple[str, ...]:
        """The turns that measure it, by name.

        Args:
            pick: the run looks for the newest that qualifies, which has to be known at the end of each turn: there is
                no second look.
        """
        if self.source not in {BaselineSource.CURRENT, BaselineSource.IMAGE}:
            return ()
        return (turns.BASELINE,) if pick else (turns.BASELINE, turns.BASELINE_AGAIN)


def read(settings: Settings, *, kind: TargetKind, only_looks: bool) -> Baseline:
    """Read what was asked for.

    Args:
        settings: hold it; empty is ``current`` where the target has a production, else ``none``.
        kind: of the target.
        only_looks: the run only lists its cases, so the target is asked nothing.

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
    try:
        image = images.parse(text)
    except BadImage as error:
        raise UserError(f"--baseline: {text!r} is neither current nor none, and no image: {error}") from error
    if not only_looks and (obstacle := kind.obstacle(image, settings)):
        raise UserError(f"--baseline: {obstacle}")
    return Baseline(source=BaselineSource.IMAGE, image=image)
