"""A candidate's starts: what serves, what became of it, and what each start showed; ``candidate`` asks it more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from vllm_qualify.arguments.parser_report import ProbeReport
from vllm_qualify.checks import blame, kv_cache_log, load, prompts, startup_phases
from vllm_qualify.checks.answers import Answer
from vllm_qualify.checks.integrity.degenerate import Said
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.checks.prompts import Workload
from vllm_qualify.checks.startup_phases import StartTimes
from vllm_qualify.client.exchanges import HttpReply, StreamSample
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import Judgement
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.targets.base import Client, Deployment, Mode, StartAttempt, Unavailable
from vllm_qualify.targets.fate import Fate

_T = TypeVar("_T")


class StartedCandidate:
    """Which mode of a candidate serves, and whether it still lives.

    Args:
        image: what is tried.
        deployment: how it is run.
        work: what it is asked.
        keep_log: takes the name and the text of a log that must not be lost.
        name: under which its evidence is kept; ``""``: that of the image.
    """

    def __init__(
        self,
        image: ImageRef,
        *,
        deployment: Deployment,
        work: Workload,
        keep_log: Callable[[str, str], None],
        name: str = "",
    ) -> None:
        self.image = image
        self.name = name or image.short
        self.work = work
        self._deployment = deployment
        self._keep_log = keep_log
        self._starts: list[StartAttempt] = []
        self._first: dict[int, StreamSample] = {}
        self._answers: dict[bool, tuple[Answer, ...]] = {}
        self._parsed: Mapping[Mode, ProbeReport] | None = None
        self._memory: list[GpuReading] = []
        self._room = KvCache()
        self._fate: Fate | None = None
        self._unavailable: dict[str, str] = {}

    @property
    def gpu(self) -> str:
        """The name of the GPU by NVML; ``""`` when there is none."""
        return self._deployment.gpu()

    @property
    def log_name(self) -> str:
        """Under which name the log of what serves now is kept."""
        if not self._starts:
            return ""
        return f"{self.name}/{len(self._starts)}-{self._starts[-1].mode.value}-engine"

    @property
    def ran_on(self) -> str:
        """The GPUs that were seen while it served, with their drivers; ``""`` where none was."""
        seen = next((look.gpus for look in self._memory if look.gpus), ())
        return "; ".join(f"{one.name} {one.uuid or one.index}, driver {one.driver or 'not told'}" for one in seen)

    @property
    def lost(self) -> str:
        """Why nothing more can be asked of what served last; ``""`` while something can."""
        return self._fate.lost if self._fate is not None else ""

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        """What the candidate's own parser makes of the manifests' command lines."""
        if self._parsed is None:
            self._prepare()
            self._parsed = self._once("parser", self._deployment.parsed)
        return self._parsed

    def start(self, mode: Mode) -> StartAttempt:
        """What came of starting a mode; starts it unless it is what serves."""
        if not self._starts or self._starts[-1].mode is not mode:
            self._start(mode, cold=False)
        return self._starts[-1]

    def start_again(self, mode: Mode) -> StartAttempt:
        """What came of starting a mode that served before, after a switch to another one.

        Raises:
            Blocked: there was no switch to come back from.
        """
        if all(start.mode is mode for start in self._starts):
            raise Blocked(f"there was no switch before, so none back to the {mode.value} mode")
        return self.start(mode)

    def _start(self, mode: Mode, *, cold: bool) -> None:
        first = next(iter(self._starts), None)
        if first is not None and first.ready is None and mode is not first.mode:
            # Another start would keep production away for minutes and change nothing of the verdict.
            raise Blocked(f"the {first.mode.value} mode never became ready, so there is no switch: {first.reason}")
        self._prepare()
        self.save_log()
        fate, self._fate = self._fate, None
        try:
            self._starts.append(self._once("engine", lambda: self._deployment.start(mode, cold=cold)))
        except (Blocked, Unavailable) as error:
            # What served before was ended for it, or is somebody else's by now; what it showed is worth what it was.
            self._fate = fate.ended(str(error)) if fate is not None else None
            raise
        self._ask_first(self._starts[-1])

    def serving(self, mode: Mode) -> Client:
        """Whom to ask while a mode serves.

        Raises:
            Blocked: it never became ready, or died in an earlier case.
            Unavailable: it is no longer the candidate that serves.
        """
        start = self.start(mode)
        if start.ready is None:
            raise Blocked(f"the {mode.value} mode never became ready: {start.reason}")
        if self._fate is None:
            raise AssertionError("a start that is ready has a fate")
        if self._fate.lost:
            raise Blocked(self._fate.lost)
        self._fate.verify()
        try:
            return self._fate.client
        except Unavailable as error:
            raise Blocked(str(error)) from error

    def first_stream(self, mode: Mode) -> StreamSample:
        """The first request after the start, streamed; it was sent when the mode became ready."""
        self.serving(mode)
        return self._first[len(self._starts)]

    def load(self, mode: Mode) -> StartTimes:
        """Where the time from start to first token went, and what was compiled on the way."""
        start = self.start(mode)
        self._refuse_doubtful()
        if start.ready is None:
            raise Blocked(f"the {mode.value} mode never became ready: {start.reason}")
        if start.untimed:
            raise Blocked("production served before the run, and its log no longer tells how long its start took")
        log, first = self._deployment.log().splitlines(), self._first[len(self._starts)]
        return startup_phases.start_times(
            log, started=start.started, ready=start.ready, first=first, caches=start.caches
        )

    def loads(self, mode: Mode, *, limit_seconds: float) -> tuple[StartTimes, StartTimes | None, str]:
        """As ``load``, and once more where what was compiled may be why it took too long; the last start serves.

        Returns:
            The first start, the one after it, and why there is none though it was wanted.
        """
        first = self.load(mode)
        if self._deployment.description.serves or not load.worth_another(first, limit_seconds=limit_seconds):
            return first, None, ""
        self.serving(mode)
        try:
            self._start(mode, cold=False)
        except (Blocked, Unavailable) as error:
            return first, None, str(error)
        if self._starts[-1].ready is None and self._starts[-1].death is None:
            return first, None, f"started again it never became ready: {self._starts[-1].reason}"
        if self._starts[-1].ready is None:
            return first, StartTimes(phases=(), unfinished=f"it never became ready: {self._starts[-1].reason}"), ""
        return first, self.load(mode), ""

    def cold_load(self, mode: Mode) -> StartTimes:
        """As ``load``, of a start from an empty model cache; what it starts goes on to serve."""
        self.serving(mode)
        self._start(mode, cold=True)
        return self.load(mode)

    def said(self) -> Sequence[Said]:
        """What it answered since its start, whole answers to questions in words."""
        return self._fate.said if self._fate is not None else ()

    def log(self) -> Sequence[str]:
        """What the engine printed since its start."""
        return self._deployment.log().splitlines()

    def memory(self) -> tuple[GpuReading, ...]:
        """The GPU, looked at after all that fills its memory; an engine that died since was seen all the same."""
        self._see_filled()
        return tuple(self._memory)

    def kv_cache(self) -> KvCache:
        """The room in the KV cache, as the everyday mode said at its start; a death since changes nothing of it."""
        self._see_filled()
        return self._room

    @property
    def production_kv_cache(self) -> KvCache | None:
        """The same of production; ``None`` where there is none."""
        return self._deployment.description.production

    def evidence(self) -> Mapping[str, str]:
        """What beside the log explains a case that did not pass, by name."""
        return self._deployment.evidence()

    def idle(self, mode: Mode, *, seconds: float) -> HttpReply:
        """Leave the engine alone for a while; then ask whether it is still there."""
        client = self.serving(mode)
        self._deployment.idle(seconds)
        return client.health()

    @property
    def model(self) -> str:
        """The name under which the model that serves now must be known."""
        return self._starts[-1].model

    def judged(self, judgement: Judgement, *, during: str) -> Judgement:
        """The judgement of a case, once it is known what became of the engine and what went beside the plan.

        An engine that never became ready did not die at work: that is what its start says.

        Args:
            judgement: of the answers.
            during: the case, for the message of those that are blocked by what happened in it.
        """
        return blame(judgement, None) if self._fate is None else self._fate.judged(judgement, during=during)

    def save_log(self) -> str:
        """Keep what the engine printed; gives the name under which it is kept, ``""`` when nothing runs."""
        if not self._starts:
            return ""
        self._keep_log(self.log_name, self._deployment.log())
        return self.log_name

    def stop(self) -> None:
        """End what serves and keep its log."""
        self.save_log()
        self._deployment.stop()

    def _see_filled(self) -> None:
        self._refuse_doubtful()
        if not self._memory:
            self.serving(Mode.ML)

    def _refuse_doubtful(self) -> None:
        """What was measured before may be another image's, where somebody else had a hand in what serves."""
        if self._fate is not None and self._fate.interference:
            raise Blocked(self._fate.interference)

    def _prepare(self) -> None:
        if obstacle := self._deployment.description.obstacle:
            raise Blocked(obstacle)
        self._once("environment", self._deployment.prepare)

    def _once(self, what: str, act: Callable[[], _T]) -> _T:
        """Do it; what turned out not to be available stands before every later case and is not tried again."""
        if what in self._unavailable:
            raise Blocked(self._unavailable[what])
        try:
            return act()
        except Unavailable as error:
            self._unavailable[what] = str(error)
            raise

    def _ask_first(self, start: StartAttempt) -> None:
        if start.ready is None:
            return
        ask = prompts.first_request if start.mode is Mode.ML else prompts.first_sum
        self._fate = Fate(self._deployment, model=start.model)
        # What passes between ready and this request is ours, so it is not counted as the candidate's.
        self._first[len(self._starts)] = ask(self._fate.client, self.work, model=start.model)
        self._memory.append(self._deployment.memory())
        if start.mode is Mode.ML:
            self._room = kv_cache_log.read(self._deployment.log().splitlines())
