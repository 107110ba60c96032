"""Takes up what runs in a turn: a candidate, or the baseline before and after all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from vllm_qualify.core import images, turns
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Role, Skipped
from vllm_qualify.plugin import cases, progress
from vllm_qualify.plugin.baseline_choice import Baseline
from vllm_qualify.plugin.recorder import Recorder
from vllm_qualify.targets.base import Deployment, ProductionTarget, Target, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn.

    Attributes:
        role: what it is for.
        image: what runs in it.
        name: under which its evidence is kept; ``""``: that of the image.
    """

    role: Role
    image: ImageRef
    deployment: Deployment
    name: str = ""

    def keeps(self, keep: Callable[[str, str], None]) -> Callable[[str, str], None]:
        """What keeps its logs; nothing does those of production, since they may quote what its callers asked."""
        return _unkept if self.deployment.description.serves else keep


def _unkept(*_named: str) -> None:
    """Nothing is kept."""


@contextmanager
def taken(turn: str, baseline: Baseline, target: Target) -> Iterator[Turn]:
    """Take up a turn; on leaving nothing of it runs any more but for production, which goes on serving.

    Args:
        turn: its name.
        baseline: what candidates are compared with.
        target: where it runs.

    Raises:
        Unavailable: production is to be asked, and does not serve.
    """
    role = turns.role(turn)
    image = images.parse(turn) if role is Role.CANDIDATE else baseline.image
    if image is not None:
        with target.deploy(image) as deployment:
            yield Turn(role=role, image=image, deployment=deployment, name="" if role is Role.CANDIDATE else turn)
        return
    if not isinstance(target, ProductionTarget):
        raise TypeError(f"the {target.name} target has no production to compare with")
    with target.serving() as production:
        yield Turn(role=role, image=production.image, deployment=production, name=turn)


class ServingHooks:
    """Looks before each turn of production whether it serves: where it does not, the turn is passed over.

    Mutable, because that is found out once for each turn.

    Args:
        recorder: records the run.
        target: what production is on.
    """

    def __init__(self, recorder: Recorder, target: ProductionTarget) -> None:
        self._recorder = recorder
        self._target = target
        self._needless: dict[str, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Pass over a case of a turn that there cannot be; why is told once."""
        turn = cases.image_of(item)
        if turns.role(turn) is Role.CANDIDATE:
            return None
        if turn not in self._needless:
            reason = self._in_the_way(turn)
            self._needless[turn] = bool(reason)
            if reason:
                self._recorder.set_aside(turn, Skipped(ruled_out=False, reason=reason))
                progress.say(item.config, f"no {turn}: {self._recorder.folder.redacted(reason)}")
        return True if self._needless[turn] else None

    def _in_the_way(self, turn: str) -> str:
        if turn == turns.BASELINE_AGAIN:
            self._recorder.put_back(self._target.close)
            ended = self._target.close()
            if ended is not None and not ended.restoration.complete:
                return "production was not put back"
        try:
            with self._target.serving():
                return ""
        except Unavailable as problem:
            return str(problem)
