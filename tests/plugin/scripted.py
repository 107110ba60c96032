"""A thin target over the simulated engine, which fails where a test tells it to; for tests of the plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from packaging.version import Version

from tests import behaviours
from tests.simulated_engine import Engine, SimulatedTransport
from tests.simulated_script import taught
from vllm_qualify import catalogue
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import CONTROL, MADE_UP, Parsed, ParserFacts, ProbeReport, questions
from vllm_qualify.checks import Death, Hang
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Certainty, Diagnosis, LogLine, StandIn
from vllm_qualify.gpu.reading import NOT_USED, GpuReading
from vllm_qualify.targets.base import Description, Mode, SharedMachine, StartAttempt, Unavailable

CAUSE = Diagnosis(
    cause="E58",
    title="logits must be of type float32",
    certainty=Certainty.CERTAIN,
    remedy="use float32",
    lines=(LogLine(number=7, text="ValueError: logits must be of type float32"),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What goes wrong; by default nothing does.

    Attributes:
        behaviour: of the engine, a row of the table of behaviours.
        hangs: how often a look at the engine finds that it hung: 0 never, 1 once and came back, else for good.
        never_ready: the engine ends at its start.
        unavailable: the environment cannot be had here.
        no_parser: the release's parser cannot be had here.
        no_start: the engine cannot be started here.
        refuses: an argument of the manifest that the parser does not know.
        release: whose options the parser has; of a stand-in it has none.
    """

    behaviour: str = "honest"
    hangs: int = 0
    never_ready: bool = False
    unavailable: str = ""
    no_parser: str = ""
    no_start: str = ""
    refuses: str = ""
    release: str = ""


class ScriptedClient(OpenAiClient):
    """A client of a simulated engine that it has for itself."""

    def __init__(self, script: Script, mode: Mode = Mode.ML) -> None:
        row = behaviours.table()[script.behaviour]
        self.engine = Engine(taught(row.settings, model=mode.value))
        super().__init__("http://engine", transport=SimulatedTransport(self.engine))


class ScriptedDeployment(SharedMachine):
    """One candidate; mutable as its engine is."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.client = ScriptedClient(script)
        stand_in = StandIn(distribution="scripted", version="1", exact=False)
        self.description = Description(stand_in=stand_in, facts={"dtype": "none"})
        self.starts = self.looks = 0

    def end(self, *, model: str = "") -> Death | Hang | None:
        del model
        self.looks += 1
        if self.script.hangs and self.looks <= self.script.hangs:
            return Hang(reason="/health was silent", seconds=31.0, over=self.script.hangs == 1)
        return Death(reason="exit code 1", diagnosis=CAUSE) if self.client.engine.dead else None

    def evidence(self) -> Mapping[str, str]:
        return {}

    def verify(self) -> None:
        pass

    def gpu(self) -> str:
        return ""

    def idle(self, seconds: float) -> None:
        pass

    def log(self) -> str:
        leak = "token=hf_abcdefghijklmnopqrstuvwxyz012345"
        return f"2026-11-23T10:00:00+00:00 start {self.starts}, {leak}, asked {len(self.client.engine.requests)}\n"

    def memory(self) -> GpuReading:
        return GpuReading(problem=NOT_USED)

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        if self.script.no_parser:
            raise Unavailable(self.script.no_parser)
        words = {Mode.ML.value: ("--model", "m", "--enforce-eager"), Mode.R1.value: ("--model", "m")}
        parsed = {name: self._parse(name, argv) for name, argv in questions(words).items()}
        return dict.fromkeys(Mode, ProbeReport(facts=self._facts(), parsed=parsed))

    def _facts(self) -> ParserFacts:
        release = catalogue.find(Version(self.script.release)) if self.script.release else None
        return release.parser(Entrypoint.SERVE) if release else ParserFacts(version="1", entrypoint=Entrypoint.SERVE)

    def _parse(self, name: str, argv: tuple[str, ...]) -> Parsed:
        if name == CONTROL or (self.script.refuses and self.script.refuses in argv):
            unknown = MADE_UP if name == CONTROL else self.script.refuses
            error = f"error: unrecognized arguments: {unknown}"
            return Parsed(argv=argv, accepted=False, stage="parse", error=error, exit_code=2)
        values: dict[str, Any] = {"model": "m", "enforce_eager": True}
        return Parsed(argv=argv, accepted=True, stage="", error="", exit_code=0, values=values)

    def prepare(self) -> None:
        if self.script.unavailable:
            raise Unavailable(self.script.unavailable)

    def start(self, mode: Mode, *, cold: bool = False) -> StartAttempt:
        del cold
        if self.script.no_start:
            raise Unavailable(self.script.no_start)
        self.starts += 1
        self.client = ScriptedClient(self.script, mode)
        started = datetime.now(UTC)
        if self.script.never_ready:
            death = Death(reason="exit code 1", diagnosis=CAUSE)
            return StartAttempt(mode=mode, model=mode.value, started=started, reason="it ended", death=death)
        return StartAttempt(
            mode=mode, model=mode.value, parser=True, tool_parser="hermes", started=started, ready=started
        )

    def stop(self) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedTarget:
    """Runs what the scripts say; a tag without a script is without fault."""

    scripts: Mapping[str, Script]
    name: str = "local"

    @contextmanager
    def deploy(self, image: ImageRef) -> Iterator[ScriptedDeployment]:
        yield ScriptedDeployment(self.scripts.get(image.tag, Script()))
