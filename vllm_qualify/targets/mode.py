"""The modes of a node, by which suites ask; apart from the interface of a target, which is slower to load."""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """What the node serves: the everyday model, or the reasoning model."""

    ML = "ml"
    R1 = "r1"
