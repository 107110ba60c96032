"""Takes up what runs in a turn: a candidate, or the baseline before and after all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vllm_qualify.core import images, turns
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Role
from vllm_qualify.plugin.baseline_choice import Baseline
from vllm_qualify.targets.base import Deployment, Target


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


@contextmanager
def taken(turn: str, baseline: Baseline, target: Target) -> Iterator[Turn]:
    """Take up a turn; on leaving nothing of it runs any more.

    Args:
        turn: its name.
        baseline: what candidates are compared with.
        target: where it runs.
    """
    role = turns.role(turn)
    if role is Role.CANDIDATE:
        image = images.parse(turn)
        with target.deploy(image) as deployment:
            yield Turn(role=role, image=image, deployment=deployment)
        return
    if baseline.image is None:
        raise AssertionError("a run without a baseline has a turn for one")
    with target.deploy(baseline.image) as deployment:
        yield Turn(role=role, image=baseline.image, deployment=deployment, name=turn)
