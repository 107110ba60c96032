"""What each release counts as its share of the GPU's memory, and what it takes beside it. Pure; read by `memory`.

Releases count differently. Until 0.9.0 the first V1 engine subtracted everything that was on the card; since 0.9.1 only
what comes after a snapshot counts, so that the CUDA context and what is allocated at work lie beside the share.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from vllm_qualify.core.records import Certainty
from vllm_qualify.core.stats import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How the releases from one on share out the memory; amounts in MiB.

    Attributes:
        first: the oldest release that does it so.
        engine: that does it: ``V0`` or ``V1``.
        eager: what is taken beside the share without CUDA graphs.
        graphs: the same with them.
        eager_step: which part of one full step's tensors is taken beside the share as well; negative where they are
            counted and need not be there.
        graphs_step: the same with CUDA graphs.
        fixed: what is counted beside weights and tensors: libraries, workspaces, and where it counts the CUDA context.
        sampler_bytes: counted for each sequence and word of the vocabulary.
        captured: what is counted for CUDA graphs.
        certainty: how far all this may be trusted.
        source: where it was read or measured.
    """

    first: Version
    engine: str
    eager: Bounds
    graphs: Bounds
    eager_step: Bounds
    graphs_step: Bounds
    fixed: Bounds
    sampler_bytes: Bounds
    captured: Bounds
    certainty: Certainty
    source: str


def account(version: Version | None) -> Account:
    """How a release shares out the memory; the newest way that is known for ``None``."""
    every = accounts()
    return next((one for one in reversed(every) if version is None or one.first <= version), every[0])


@cache
def accounts() -> tuple[Account, ...]:
    """All remedies that are known, oldest first."""
    text = (Path(__file__).with_name("data") / "memory.json").read_text(encoding="utf-8")
    return tuple(map(_account, json.loads(text)["accounts"]))


def _account(entry: dict[str, Any]) -> Account:
    return Account(
        first=Version(entry["from"]),
        engine=entry["engine"],
        eager=_bounds(entry["beside"]["eager"]),
        graphs=_bounds(entry["beside"]["graphs"]),
        eager_step=_bounds(entry["step"]["eager"]),
        graphs_step=_bounds(entry["step"]["graphs"]),
        fixed=_bounds(entry["fixed"]),
        sampler_bytes=_bounds(entry["sampler_bytes"]),
        captured=_bounds(entry["graphs"]),
        certainty=Certainty(entry["certainty"]),
        source=entry["source"],
    )


def _bounds(numbers: Sequence[float]) -> Bounds:
    low, nominal, high = sorted(numbers)
    return Bounds(low=low, nominal=nominal, high=high)
