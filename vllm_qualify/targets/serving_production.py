"""Production as it serves now, in the place of a candidate: it is asked, and neither started, ended nor changed.

Made by the targets for the turns of the baseline, before production is taken down and after it is back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vllm_qualify.arguments.parser_report import ProbeReport
from vllm_qualify.checks import Death, Hang, kv_cache_log
from vllm_qualify.client.liveness import Look
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.core import images
from vllm_qualify.core.images import BadImage, ImageRef
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.targets import last_start, vitals
from vllm_qualify.targets.base import Client, Description, Mode, SharedMachine, StartAttempt, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingProduction(SharedMachine):
    """What serves the everyday mode.

    Attributes:
        reference: of its image, as its object names it.
        server: asks it.
        model: the name under which it serves.
        parser: a reasoning parser is configured.
        digest: of its image; ``""`` where nobody tells.
        facts: what a reader must know of it.
        started: when its container was; ``None`` where that is not known.
        printed: its log by now, each line with its time.
        changed: why it is no longer what was taken up, such as a restart; ``""`` where it is.
        look: at the GPU, from inside it.
        hang_seconds: of silence, after which it is called hung.
    """

    reference: str
    server: OpenAiClient
    model: str
    parser: bool
    digest: str
    facts: Mapping[str, str]
    started: datetime | None
    printed: tuple[str, ...]
    changed: Callable[[], str]
    look: Callable[[], GpuReading]
    hang_seconds: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @property
    def image(self) -> ImageRef:
        """Its image; a name that is no reference, as an id, is taken for what it is."""
        try:
            return images.parse(self.reference)
        except BadImage:
            return ImageRef(repository=self.reference)

    @property
    def client(self) -> Client:
        """Asks it."""
        return self.server

    @property
    def description(self) -> Description:
        """What really runs."""
        return Description(facts=self.facts, production=kv_cache_log.read(self.log().splitlines()), serves=True)

    def end(self, *, model: str = "") -> Death | Hang | None:
        """Say what became of it while it was asked; why it ended is not looked into, since its log is its callers'."""

        def look() -> Look:
            if said := self.changed():
                return Look(ended=said)
            return vitals.asked(self.server, model=model, deadline_seconds=self.hang_seconds)

        found = vitals.examine(
            look, limit_seconds=self.hang_seconds, clock=self.clock, sleep=self.sleep, who="container"
        )
        return vitals.end(found, lambda reason: Death(reason=reason))

    def evidence(self) -> Mapping[str, str]:
        """Nothing of production is kept."""
        return {}

    def gpu(self) -> str:
        """The name of the GPU that it runs on; ``""`` where nobody tells."""
        return next((one.name for one in self.look().gpus), "")

    def idle(self, seconds: float) -> None:
        """Let time pass."""
        self.sleep(seconds)

    def log(self) -> str:
        """What it printed in its last start."""
        return "\n".join(last_start.lines(self.printed, started=self.started))

    def memory(self) -> GpuReading:
        """The GPU as its own container sees it."""
        return self.look()

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        """Nothing is put to its parser.

        Raises:
            Unavailable: always.
        """
        raise Unavailable("production's command line is not parsed again, because production serves with it")

    def prepare(self) -> None:
        """It serves already."""

    def start(self, mode: Mode, *, cold: bool = False) -> StartAttempt:
        """It is ready; when it became so is what its log says.

        Raises:
            Unavailable: another mode was asked for, or another start.
        """
        if mode is not Mode.ML or cold:
            raise Unavailable("production is tested in the mode that it serves, and is not restarted for another")
        took, now = last_start.seconds(self.printed, started=self.started), datetime.now(UTC)
        started = self.started if took is not None and self.started is not None else now
        return StartAttempt(
            mode=mode,
            model=self.model,
            parser=self.parser,
            started=started,
            ready=started + timedelta(seconds=took or 0.0),
            digest=self.digest,
            untimed=took is None,
        )

    def stop(self) -> None:
        """It goes on serving."""

    def verify(self) -> None:
        """Make sure that it is still what was taken up.

        Raises:
            Unavailable: it is not.
        """
        if said := self.changed():
            raise Unavailable(f"{said}, so production cannot be measured")
