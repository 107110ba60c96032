"""A scripted target: a stand-in that answers as a test tells it to, without an engine; for tests of the plugin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import CONTROL, MADE_UP, Parsed, ParserFacts, ProbeReport, questions
from vllm_qualify.checks import Death, Hang, prompt_files
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, Chunk, HttpReply, ModelsReply, StreamSample, Usage
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.config import Settings
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Certainty, Diagnosis, LogLine, StandIn
from vllm_qualify.gpu.reading import NOT_USED, GpuReading
from vllm_qualify.targets.base import Description, Mode, StartAttempt, Unavailable

WORK = prompt_files.load(Settings())
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
        dies_on_schema: the first request with a schema ends the engine.
        dies_politely: a schema that is none is refused as it should be; then the engine ends.
        hangs: how often a look at the engine finds that it hung: 0 never, 1 once and came back, else for good.
        never_ready: the engine ends at its start.
        unavailable: the environment cannot be had here.
        no_parser: the release's parser cannot be had here.
        no_start: the engine cannot be started here.
        babbles: no answer is right.
        refuses: an argument of the manifest that the parser does not know.
        release: whose options the parser has; of a stand-in it has none.
    """

    dies_on_schema: bool = False
    dies_politely: bool = False
    hangs: int = 0
    never_ready: bool = False
    unavailable: str = ""
    no_parser: str = ""
    no_start: str = ""
    babbles: bool = False
    refuses: str = ""
    release: str = ""


@dataclass
class ScriptedClient:
    """Answers at once; mutable because an engine can die."""

    script: Script
    mode: Mode = Mode.ML
    dead: bool = False
    asked: list[ChatRequest] = field(default_factory=list)

    def health(self) -> HttpReply:
        return HttpReply(failure=self._refused()) if self.dead else HttpReply(status=200)

    def metrics(self) -> dict[str, float]:
        return {}

    def models(self) -> ModelsReply:
        return ModelsReply(status=200, ids=(self.mode.value,))

    def stream(self, request: ChatRequest) -> StreamSample:
        tokens = request.max_tokens if request.ignore_eos else 12
        reply = self.chat(request)
        chunks = [Chunk(at=0.01 * number, tokens=number, content="x") for number in range(1, tokens + 1)]
        chunks[0] = replace(chunks[0], content=reply.content, reasoning=reply.reasoning)
        chunks = [chunks[0], *(replace(chunk, content=" ") for chunk in chunks[1:])]
        chunks[-1] = replace(chunks[-1], last=True)
        usage = Usage(prompt=9, completion=tokens)
        finish = "length" if request.ignore_eos else "stop"
        return StreamSample(
            status=200, chunks=tuple(chunks), finish_reason=finish, usage=usage, done=True, seconds=0.01 * tokens + 0.01
        )

    def chat(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        if self.dead:
            return ChatReply(failure=self._refused())
        if request.model == "no-such-model":
            return ChatReply(status=404, body="no such model")
        if request.schema is not None and self.script.dies_on_schema:
            self.dead = True
            return ChatReply(status=500, body="EngineCore encountered an issue")
        content, reasoning = self._answer(request)
        if not content:
            self.dead = self.script.dies_politely
            return ChatReply(status=400, body="bad schema")
        usage = Usage(prompt=9, completion=12)
        return ChatReply(status=200, content=content, reasoning=reasoning, finish_reason="stop", usage=usage)

    def _answer(self, request: ChatRequest) -> tuple[str, str]:
        if self.script.babbles:
            return "öööö", ""
        if question := re.search(r"(\d+) \+ (\d+)", request.prompt if self.mode is Mode.R1 else ""):
            return str(int(question[1]) + int(question[2])), "step by step"
        if request.schema and "verdict" in request.schema["properties"]:
            return '{"verdict": "zebra-7"}', ""
        if request.schema and request.schema["properties"]["title"].get("type") == "no-such-type":
            return "", ""
        if request.prompt.startswith("Describe"):
            return "It is a letter.", ""
        document = next(one for one in WORK.documents if one.text in request.prompt)
        return json.dumps(dict(document.expected)), ""

    def _refused(self) -> Failure:
        return Failure(kind=FailureKind.REFUSED)


class ScriptedDeployment:
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
        return Death(reason="exit code 1", diagnosis=CAUSE) if self.client.dead else None

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
        return f"2026-11-23T10:00:00+00:00 start {self.starts}, {leak}, asked {len(self.client.asked)}\n"

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
        return StartAttempt(mode=mode, model=mode.value, parser=True, started=started, ready=started)

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
