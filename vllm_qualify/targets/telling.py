"""Telling on the way back, where a terminal that is gone or a disk that is full must not keep production away. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Callable


def all_the_same(tell: Callable[..., None]) -> Callable[..., None]:
    """The same, but what goes wrong with it is nobody's business."""

    def told(*words: object) -> None:
        with contextlib.suppress(Exception):
            tell(*words)

    return told
