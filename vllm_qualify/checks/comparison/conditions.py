"""What measurements were made under, and whether that explains a loss, or may hide one. Pure.

Each condition makes a server look slower than it is. One that both sides share explains no difference between them: a
consumer card that always runs at its power limit is as fast with one release as with the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vllm_qualify.checks import percent
from vllm_qualify.core import stats
from vllm_qualify.gpu.reading import GpuReading

MAX_FOREIGN = 0.01
"""Share of the tokens that may be somebody else's; as ``checks.throughput`` judges it."""
MAX_LOAD = 0.05
"""Share of the GPU's time that may be somebody else's."""
MAX_PROCESSOR = 0.1
"""Share of the processors that may be somebody else's, where the engine runs on this machine."""
MAX_LAG = 0.05
"""The client's lag as a share of the time between two tokens, beyond which single times are told to be doubtful."""
FALLS_BEHIND = 0.5
"""The same for rates: a client that is late by half of a token's time and more no longer keeps up with the server; one
that is late by less stamps a stream of 128 tokens wrong by less than 0.4 %."""
TWICE = 2.0
"""What was that many times as strong for one side is not shared with the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What was recorded while a case measured; ``None`` for what was not.

    Attributes:
        clock_mhz: median clock of the GPU's processors.
        throttled: why the GPU held its clocks down, by NVML's names.
        foreign_load: share of the GPU's time that other processes took.
        foreign_processor: share of the machine's processors that other processes took.
        foreign_tokens: share of the server's tokens that were for somebody else.
        lag: 99th percentile of the client's own lag, as a share of the time between two tokens.
    """

    clock_mhz: float | None = None
    throttled: tuple[str, ...] = ()
    foreign_load: float | None = None
    foreign_processor: float | None = None
    foreign_tokens: float | None = None
    lag: float | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Conditions:
        """Read what a journal has; what is of another type is taken for not recorded."""
        names = kept.get("throttled")
        return cls(
            clock_mhz=_number(kept.get("clock_mhz")),
            throttled=tuple(str(name) for name in names) if isinstance(names, list | tuple) else (),
            foreign_load=_number(kept.get("foreign_load")),
            foreign_processor=_number(kept.get("foreign_processor")),
            foreign_tokens=_number(kept.get("foreign_tokens")),
            lag=_number(kept.get("lag")),
        )

    def with_gpu(self, idle: Sequence[GpuReading], measured: Sequence[GpuReading]) -> Conditions:
        """The same with what the looks at the GPU tell.

        Args:
            idle: before anything was asked: what computed then was somebody else's.
            measured: between the measured requests, while the GPU had not rested yet.
        """
        loads = [one.busy for look in idle for one in look.gpus if one.busy is not None]
        clocks = [one.clock_mhz for look in measured for one in look.gpus if one.clock_mhz]
        throttled = dict.fromkeys(name for look in measured for one in look.gpus for name in one.throttled)
        return replace(
            self,
            clock_mhz=stats.median(clocks) if clocks else None,
            throttled=tuple(throttled),
            foreign_load=max(loads, default=None),
        )

    @property
    def slowing(self) -> dict[str, tuple[float, str]]:
        """What made the server look slower, by kind: how strong it was, and in words."""
        load, processor = self.foreign_load or 0.0, self.foreign_processor or 0.0
        tokens, lag = self.foreign_tokens or 0.0, self.lag or 0.0
        shares = (
            ("load", load, MAX_LOAD, f"other processes took {percent(load)} of the GPU"),
            ("processor", processor, MAX_PROCESSOR, f"other processes took {percent(processor)} of the processors"),
            ("tokens", tokens, MAX_FOREIGN, f"{percent(tokens)} of the server's tokens were somebody else's"),
            ("lag", lag, FALLS_BEHIND, f"the client lagged by {percent(lag)} of the time between two tokens"),
        )
        throttled = {f"throttled {name}": (1.0, f"the GPU was throttled ({name})") for name in self.throttled}
        return throttled | {kind: (share, words) for kind, share, most, words in shares if share > most}


def explaining(candidate: Conditions, baselines: Sequence[Conditions], *, loss: float) -> str:
    """What may be why the candidate looks slower than it is; ``""`` where nothing was recorded that would be.

    Args:
        candidate: what it was measured under.
        baselines: the same of each measurement of the baseline; what they share with it explains nothing.
        loss: the share that is to be explained.
    """
    alone = {kind: words for one in baselines for kind, words in _stronger(candidate, one).items()}
    found = list(alone.values())
    clocks = [one.clock_mhz for one in baselines if one.clock_mhz]
    # A rate falls at most as far as the clock does, so a clock that explains less than half explains it not.
    if candidate.clock_mhz and clocks and loss > 0 and 1 - candidate.clock_mhz / min(clocks) >= loss / 2:
        found.append(f"the GPU ran at {candidate.clock_mhz:.0f} MHz, for the baseline at {min(clocks):.0f} MHz")
    return " and ".join(found)


def hiding(candidate: Conditions, baselines: Sequence[Conditions], *, limit: float) -> str:
    """What may have slowed every measurement of the baseline and so hides a loss; ``""`` where nothing did.

    Args:
        candidate: what it was measured under; what it shares with the baseline hides nothing.
        baselines: the same of each measurement of the baseline.
        limit: the share that must not be hidden.
    """
    first, *others = (_stronger(one, candidate) for one in baselines)
    found = [f"{words} for the baseline" for kind, words in first.items() if all(kind in other for other in others)]
    clocks = [one.clock_mhz for one in baselines]
    if candidate.clock_mhz and all(clocks):
        highest = max(clock for clock in clocks if clock)
        if 1 - highest / candidate.clock_mhz >= limit / 2:
            found.append(f"the GPU ran at {candidate.clock_mhz:.0f} MHz, for the baseline at {highest:.0f} MHz")
    return " and ".join(found)


def _stronger(one: Conditions, other: Conditions) -> dict[str, str]:
    """What slowed the one and not the other, or at least twice as strongly, in words by kind."""
    theirs = other.slowing
    return {
        kind: words
        for kind, (strength, words) in one.slowing.items()
        if kind not in theirs or strength >= TWICE * theirs[kind][0]
    }


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
