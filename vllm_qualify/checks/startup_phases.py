"""Where the time of a start went: phases between marks that an engine leaves in its log, some of it compiling. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from vllm_qualify.client.exchanges import StreamSample

_STAMPED = re.compile(r"^(?P<at>\d{4}-\d\d-\d\dT\S+) (?P<text>.*)", re.DOTALL)

MARKS = (
    ("imports", re.compile(r"vLLM API server version|non-default args:")),
    ("configuration", re.compile(r"Initializing a V[01] LLM engine|Starting to load model")),
    ("engine process", re.compile(r"Starting to load model|Loading model from scratch|Loading weights took")),
    ("download", re.compile(r"Time spent downloading weights")),
    ("weights", re.compile(r"Loading weights took")),
    ("KV cache and warm-up", re.compile(r"init engine \(.*\) took")),
    ("API server", re.compile(r"Application startup complete")),
)
"""Each phase ends at the first line that matches; words of vLLM 0.8.5 to 0.32.0, read from their logs and sources."""

READY = "ready"
FIRST_TOKEN = "first token"  # noqa: S105  # A phase, not a secret.

COMPILE = "torch.compile"
KERNELS = "kernels, just in time"
AUTOTUNING = "autotuning"
GRAPHS = "CUDA graph capture"
COMPILING = (COMPILE, KERNELS, AUTOTUNING)
"""Phases whose results a cache keeps for the next start; CUDA graphs are captured at every start."""


class CompileCaches(Enum):
    """What a start found in the caches of compiled graphs and kernels."""

    EMPTY = "empty"
    FILLED = "filled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartupPhase:
    """One stretch of a start, or several of one kind.

    Attributes:
        name: what was done in it.
        seconds: how long it took.
        counted: it counts against the budget; pulling the image does not, for it is done once and beforehand.
    """

    name: str
    seconds: float
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimes:
    """One start, taken apart.

    Attributes:
        phases: in their order, without gaps.
        unfinished: what never came, such as ``no first token``; ``""`` when it was seen.
        caches: what it found compiled.
    """

    phases: Sequence[StartupPhase]
    unfinished: str = ""
    caches: CompileCaches = CompileCaches.UNKNOWN

    @property
    def seconds(self) -> float:
        """From start to first token, as far as it counts against the budget."""
        return sum(phase.seconds for phase in self.phases if phase.counted)

    @property
    def compiling_seconds(self) -> float:
        """What of it went into work that a cache could have saved, as far as the log tells."""
        return sum(phase.seconds for phase in self.phases if phase.counted and phase.name in COMPILING)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    name: str
    begin: datetime
    end: datetime


# The log tells how long these took, at their end. 0.8.5 to 0.15 say "takes", later ones "took"; 0.25 on may time the
# first run together with it.
_TOLD = (
    (COMPILE, re.compile(r"torch\.compile (?:takes|took|and initial profiling/warmup run together took) ([\d.]+) s")),
    (GRAPHS, re.compile(r"raph capturing finished in ([\d.]+) secs")),
    (KERNELS, re.compile(r"JIT kernel warmup (?:finished in|failed after) ([\d.]+)s")),
)
# From a line to the next that ends it. Between the size of the KV cache and the monitor (vLLM 0.21 on) nothing else is
# done than warming kernels up: v1/worker/gpu_worker.py, compile_or_warm_up_model. CPU builds do not time torch.compile;
# their warm-up ends with it, or has none of it in eager mode.
_BETWEEN = (
    (
        COMPILE,
        re.compile(r"Warming up model for the compilation"),
        re.compile(r"saved AOT compiled function|Directly load AOT compilation"),
    ),
    (AUTOTUNING, re.compile(r"Autotuning process starts"), re.compile(r"Autotuning process ends")),
    (KERNELS, re.compile(r"Loading JIT ops:"), re.compile(r"Finished loading JIT ops:")),
    (KERNELS, re.compile(r"KV cache size: "), re.compile(r"Kernel JIT monitor activated")),
)
_FOUND_FILLED = re.compile(r"Directly load (?:the compiled graph|the \S+-th graph|AOT compilation)")
_FOUND_EMPTY = re.compile(
    r"Cache the graph .*for later use|[Ss]aved AOT compiled function|Compiling a graph for|Compiling model again due to"
)


def phases(
    log: Iterable[str], *, started: datetime, ready: datetime, first_token: datetime
) -> tuple[StartupPhase, ...]:
    """Split a start into phases whose sum is exactly the time from start to first token.

    What was compiled, tuned or captured lies inside the phases that the marks tell apart, and is taken out of them.

    Args:
        log: lines that begin with their time in RFC 3339, as the supervisor and `kubectl logs --timestamps` write.
        started: when the process was started.
        ready: when ``/health`` first said 200.
        first_token: when the first token of the first request came.

    Returns:
        The phases in their order. A mark that the log does not hold joins its phase to the next one.
    """
    lines = [(at, text) for at, text in _stamped(log) if started <= at <= ready]
    ends = [*_marked(lines), (READY, ready), (FIRST_TOKEN, first_token)]
    begins = [started, *(at for _, at in ends)]
    whole = [_Stretch(name=name, begin=begin, end=end) for begin, (name, end) in zip(begins, ends, strict=False)]
    seconds: dict[str, float] = {}
    for stretch in _parted(whole, _inner(lines, started)):
        seconds[stretch.name] = seconds.get(stretch.name, 0.0) + (stretch.end - stretch.begin).total_seconds()
    return tuple(StartupPhase(name=name, seconds=taken) for name, taken in seconds.items())


def start_times(
    log: Sequence[str], *, started: datetime, ready: datetime, first: StreamSample, caches: CompileCaches
) -> StartTimes:
    """One start, taken apart until its first token.

    Args:
        log: lines with their times.
        started: when the process was started.
        ready: when ``/health`` first said 200.
        first: the first request.
        caches: what the target knows of its compile caches; the log may know more.
    """
    seen = first.first_token_seconds
    token = ready + timedelta(seconds=first.seconds if seen is None else seen)
    said = compile_caches(log)
    return StartTimes(
        phases=phases(log, started=started, ready=ready, first_token=token),
        unfinished="" if seen is not None else "no first token",
        caches=caches if said is CompileCaches.UNKNOWN else said,
    )


def compile_caches(log: Iterable[str]) -> CompileCaches:
    """What the log says of torch.compile's cache; without torch.compile it says nothing.

    A graph that was compiled although others were found means that the cache did not hold what this start needed.
    """
    found = CompileCaches.UNKNOWN
    for line in log:
        if _FOUND_EMPTY.search(line):
            return CompileCaches.EMPTY
        if _FOUND_FILLED.search(line):
            found = CompileCaches.FILLED
    return found


def _stamped(log: Iterable[str]) -> Iterator[tuple[datetime, str]]:
    for line in log:
        match = _STAMPED.match(line)
        if match is not None:
            yield datetime.fromisoformat(match["at"]), match["text"]


def _marked(lines: Iterable[tuple[datetime, str]]) -> Iterator[tuple[str, datetime]]:
    """The first line of each mark, in the order of the marks; a mark before its predecessor is left out."""
    waiting = list(MARKS)
    for at, text in lines:
        reached = next((place for place, (_, mark) in enumerate(waiting) if mark.search(text)), None)
        if reached is not None:
            yield waiting[reached][0], at
            del waiting[: reached + 1]


def _inner(lines: Sequence[tuple[datetime, str]], started: datetime) -> list[_Stretch]:
    """Stretches of compiling and the like, none overlapping another; the one that says most of itself wins."""
    kept: list[_Stretch] = []
    for found in (*_told(lines, started), *_between(lines)):
        kept += _without(found, kept)
    return sorted(kept, key=lambda stretch: stretch.begin)


def _told(lines: Iterable[tuple[datetime, str]], started: datetime) -> Iterator[_Stretch]:
    for at, text in lines:
        for name, pattern in _TOLD:
            if match := pattern.search(text):
                begin = at - timedelta(seconds=float(match[1]))
                yield _Stretch(name=name, begin=max(begin, started), end=at)


def _between(lines: Sequence[tuple[datetime, str]]) -> Iterator[_Stretch]:
    for name, opens, closes in _BETWEEN:
        begin: datetime | None = None
        for at, text in lines:
            if begin is not None and closes.search(text):
                yield _Stretch(name=name, begin=begin, end=at)
                begin = None
            elif begin is None and opens.search(text):
                begin = at


def _parted(whole: Iterable[_Stretch], inner: Sequence[_Stretch]) -> Iterator[_Stretch]:
    """Every stretch of the whole with what lies inside it in its place."""
    for stretch in whole:
        inside = [
            _Stretch(name=one.name, begin=max(one.begin, stretch.begin), end=min(one.end, stretch.end))
            for one in inner
            if one.begin < stretch.end and one.end > stretch.begin
        ]
        # The name comes first, so that a phase without time of its own is told all the same.
        yield _Stretch(name=stretch.name, begin=stretch.begin, end=stretch.begin)
        yield from _without(stretch, inside)
        yield from inside


def _without(stretch: _Stretch, taken: Iterable[_Stretch]) -> list[_Stretch]:
    """What is left of a stretch."""
    left = [stretch]
    for one in taken:
        left = [
            _Stretch(name=stretch.name, begin=begin, end=end)
            for part in left
            for begin, end in ((part.begin, min(part.end, one.begin)), (max(part.begin, one.end), part.end))
            if begin < end
        ]
    return left
