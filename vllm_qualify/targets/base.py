"""The interface of a target, and the records that pass over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from vllm_qualify.checks.startup_phases import CompileCaches
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED, Blocked
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.arguments.parser_report import ProbeReport
    from vllm_qualify.checks import Death, Hang
    from vllm_qualify.checks.kv_cache_log import KvCache
    from vllm_qualify.checks.production import TransactionEnd
    from vllm_qualify.client.event_stream import EventStream
    from vllm_qualify.client.exchanges import ChatReply, ChatRequest, HttpReply, ModelsReply, StreamSample
    from vllm_qualify.client.packages import DirectWay
    from vllm_qualify.core.images import ImageRef
    from vllm_qualify.core.processor_times import ProcessorTimes
    from vllm_qualify.core.records import Finding, StandIn
    from vllm_qualify.gpu.reading import GpuReading

__all__ = [
    "Client",
    "Deployment",
    "Description",
    "Interfered",
    "Mode",
    "NotReady",
    "OutOfTime",
    "ProductionDeployment",
    "ProductionTarget",
    "SharedMachine",
    "StartAttempt",
    "Target",
    "Unavailable",
]


class Unavailable(UserError):
    """The candidate cannot be run here, through no fault of its own; the message says what to do."""


class OutOfTime(Unavailable, Blocked):
    """Production has been away for as long as it may; what was not asked by then is nobody's failure."""


class Interfered(Unavailable, Blocked):
    """Somebody else changed what the run had; nothing more is asked, and nobody is blamed for it."""


class NotReady(UserError):
    """A target on which no run can begin now; nothing of it was changed.

    Attributes:
        findings: what stands in the way, and what was found beside it.
    """

    exit_code = EXIT_UNDECIDED

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class Client(Protocol):
    """Asks one server; what goes wrong comes back as a value."""

    @property
    def direct(self) -> DirectWay | None:
        """How another program on this machine asks the same server; ``None`` where none can."""

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float | None = None,
    ) -> HttpReply:
        """Ask any endpoint, and take the answer as it came."""

    def events(self, path: str, body: Mapping[str, Any]) -> EventStream:
        """Ask any endpoint for a stream, and take each event as it came."""

    def chat(self, request: ChatRequest) -> ChatReply:
        """Ask for a completion that comes whole."""

    def health(self) -> HttpReply:
        """Ask ``/health``."""

    def many(self, requests: Sequence[ChatRequest], *, streams: int) -> tuple[StreamSample, ...]:
        """Ask for completions in pieces, so many at once; the samples come in the order of the requests."""

    def metrics(self) -> dict[str, float]:
        """The sums of ``/metrics`` by name."""

    def models(self) -> ModelsReply:
        """Ask which models are served."""

    def stream(self, request: ChatRequest) -> StreamSample:
        """Ask for a completion that comes in pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAttempt:
    """One try to start the candidate in a mode.

    Attributes:
        model: the name under which the model must be served.
        parser: a reasoning parser is configured.
        tool_parser: the parser of tool calls that is configured; ``""`` for none.
        canary: a canary is served, of which it is known what it must call.
        started: wall-clock time, UTC, at which the process was started.
        ready: when ``/health`` first said 200; ``None`` when it never did.
        reason: why it never became ready.
        death: set when it ended by itself, or went on answering that it cannot serve.
        digest: of the image that really serves; ``""`` where nobody tells.
        caches: what the target knows of its compile caches; the log may know more.
        untimed: it is not known how long it took: production served before the run, and its log does not tell.
    """

    mode: Mode
    model: str
    parser: bool = False
    tool_parser: str = ""
    canary: bool = False
    started: datetime
    ready: datetime | None = None
    reason: str = ""
    death: Death | None = None
    digest: str = ""
    caches: CompileCaches = CompileCaches.UNKNOWN
    untimed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What really runs when this candidate is tried.

    Attributes:
        stand_in: what takes the image's place; ``None`` when the image itself runs.
        obstacle: why the candidate cannot be tried on this target at all; ``""`` when it can.
        facts: what else a reader must know to trust the result.
        production: the room in production's KV cache, by its own log; ``None`` where there is no production.
        serves: it is production itself, which the run only asks.
    """

    stand_in: StandIn | None = None
    obstacle: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    production: KvCache | None = None
    serves: bool = False


class Deployment(Protocol):
    """One candidate on one target; at most one mode of it serves at a time."""

    @property
    def client(self) -> Client:
        """Asks what serves now."""

    @property
    def description(self) -> Description:
        """What really runs."""

    def end(self, *, model: str = "") -> Death | Hang | None:
        """Say what became of the serving engine; ``None`` while it lives. Looks for as long as it takes to know.

        Args:
            model: that must complete a token as well, where a request was waited for in vain; ``""`` for none.

        Raises:
            Unavailable: it is no longer ours to look at, or could not be asked.
        """

    def evidence(self) -> Mapping[str, str]:
        """What beside the log explains a case that did not pass, by name, as it stands now."""

    def gpu(self) -> str:
        """The name of the GPU by NVML; ``""`` when there is none."""

    def idle(self, seconds: float) -> None:
        """Let time pass while the engine has nothing to do."""

    def log(self) -> str:
        """What the engine printed since its start, each line with its time."""

    def memory(self) -> GpuReading:
        """The GPU as the engine's own surroundings show it now."""

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        """What the candidate's own parser makes of each mode's command line."""

    def prepare(self) -> None:
        """Get what is needed to start.

        Raises:
            Unavailable: it cannot be had here and now.
        """

    def processor(self) -> ProcessorTimes | None:
        """What the processors beneath it have done until now; ``None`` where they are not this machine's, or shared."""

    def start(self, mode: Mode, *, cold: bool = False) -> StartAttempt:
        """End what serves, start this mode and wait until it is ready or will never be.

        Args:
            mode: which.
            cold: from an empty model cache.
        """

    def stop(self) -> None:
        """End what serves."""

    def verify(self) -> None:
        """Make sure that what serves is still what was started.

        Raises:
            Unavailable: it is not, or could not be looked at; the message says who changed what.
        """


class SharedMachine:
    """Part of a deployment whose work is not told apart from that of others on the same machine."""

    __slots__ = ()

    def processor(self) -> None:
        """Nobody can tell."""


class ProductionDeployment(Deployment, Protocol):
    """Production as it serves."""

    @property
    def image(self) -> ImageRef:
        """What it runs."""


class Target(Protocol):
    """Where candidates run."""

    @property
    def name(self) -> str:
        """As ``--target`` has it."""

    def deploy(self, image: ImageRef) -> AbstractContextManager[Deployment]:
        """Take up a candidate; on leaving nothing of it runs any more."""


@runtime_checkable
class ProductionTarget(Target, Protocol):
    """A target that takes production away, and has to put it back."""

    def close(self) -> TransactionEnd | None:
        """Put production back; ``None`` where the run never got so far as to have it."""

    def open(self) -> tuple[Finding, ...]:
        """Look, lock, capture and prepare every candidate, while production serves.

        Raises:
            NotReady: something stands in the way; nothing was changed.
        """

    def rehearse(self) -> str:
        """Everything that a run would do, as commands; nothing is changed.

        Raises:
            NotReady: something stands in the way.
        """

    def secrets(self) -> frozenset[str]:
        """What must not be seen in any report."""

    def serving(self) -> AbstractContextManager[ProductionDeployment]:
        """Take up production as it serves now, before it is taken down or after it is back; nothing is changed.

        Raises:
            Unavailable: it does not serve.
        """
