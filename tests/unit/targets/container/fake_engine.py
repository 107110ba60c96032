"""A container engine in memory, a stand-in for faults that a real one does not show on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from vllm_qualify.system.process_runner import CompletedProcess

PRODUCTION = "a" * 64
OLD, NEW = "vllm/vllm-openai:v0.8.5", "vllm/vllm-openai:v0.9.2"


@dataclass(kw_only=True)
class FakeContainer:
    """One container; mutable because it is started and stopped."""

    id: str
    name: str
    image: str
    labels: dict[str, str] = field(default_factory=dict)
    running: bool = False
    exit_code: int = 0
    restart: str = "no"
    arguments: tuple[str, ...] = ("--model", "m")


@dataclass(kw_only=True)
class FakeEngine:
    """Docker, as far as the target speaks to it; ``refusals`` are said in the place of an answer, once each.

    Attributes:
        asked: every command, without the program.
        refusals: by verb, what is said the next times.
        meanwhile: by verb, what somebody else does right before it is carried out.
        now: seconds of the clock, which every question and every pause moves.
    """

    images: set[str] = field(default_factory=lambda: {OLD, NEW})
    containers: dict[str, FakeContainer] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    now: float = 0.0

    def __call__(self, argv: list[str], *, env: Mapping[str, str], **_how: object) -> CompletedProcess:
        """Carry a command out."""
        words = argv[1:]
        self.asked.append(words)
        self.now += 0.01
        verb = words[0]
        self.meanwhile.pop(verb, lambda: None)()
        if said := self.refusals.get(verb):
            return CompletedProcess(exit_code=1, stderr=said.pop(0))
        done = getattr(self, f"_{verb}")(words[1:], env)
        return CompletedProcess(exit_code=0, stdout=done) if isinstance(done, str) else done

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def clock(self) -> float:
        """Seconds."""
        return self.now

    def production(self, *, name: str = "vllm", restart: str = "no") -> FakeContainer:
        """The container that serves when a run begins."""
        found = FakeContainer(id=PRODUCTION, name=name, image=OLD, running=True, restart=restart)
        self.containers[found.id] = found
        return found

    def find(self, name: str) -> FakeContainer | None:
        """By name or id."""
        return next((one for one in self.containers.values() if name in {one.id, one.name}), None)

    def client(self) -> httpx.Client:
        """Asks whatever runs: the model is called ``m``."""
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not any(one.running for one in self.containers.values()):
            raise httpx.ConnectError("connection refused")
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"object": "list", "data": [{"id": "m"}]})
        if request.url.path == "/v1/chat/completions":
            message = {"role": "assistant", "content": "yes"}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
            return httpx.Response(200, json={"model": "m", "choices": [choice], "usage": usage})
        return httpx.Response(200)

    def _container(self, words: list[str], _env: Mapping[str, str]) -> str | CompletedProcess:
        found = self.find(words[1])
        return json.dumps([self._inspected(found)]) if found else _missing(words[1])

    def _image(self, words: list[str], _env: Mapping[str, str]) -> str | CompletedProcess:
        name = words[1].removeprefix("sha256:")
        known = next((one for one in self.images if name in {one, _hash(one)}), "")
        return json.dumps([{"Id": f"sha256:{_hash(known)}", "Config": {}}]) if known else _missing(name)

    def _ps(self, words: list[str], _env: Mapping[str, str]) -> str:
        if "--format" in words:
            return "\n".join(one.name for one in self.containers.values())
        asked = [word.removeprefix("label=").partition("=")[::2] for word in words if word.startswith("label=")]
        return "\n".join(
            one.id
            for one in self.containers.values()
            if all(name in one.labels and value in {"", one.labels[name]} for name, value in asked)
        )

    def _create(self, words: list[str], _env: Mapping[str, str]) -> str | CompletedProcess:
        name = words[words.index("--name") + 1]
        if self.find(name):
            return CompletedProcess(exit_code=1, stderr=f'The container name "/{name}" is already in use')
        labels = [words[place + 1] for place, word in enumerate(words) if word == "--label"]
        image = next(word for word in words if word in self.images or word in map(_hash, self.images))
        made = FakeContainer(id=f"{len(self.asked):064x}", name=name, image=image)
        made.labels = dict(one.split("=", 1) for one in labels)
        self.containers[made.id] = made
        return f"{made.id}\n"

    def _start(self, words: list[str], _env: Mapping[str, str]) -> str | CompletedProcess:
        return self._set(words[-1], running=True)

    def _stop(self, words: list[str], _env: Mapping[str, str]) -> str | CompletedProcess:
        return self._set(words[-1], running=False)

    def _rm(self, words: list[str], _env: Mapping[str, str]) -> str | CompletedProcess:
        found = self.find(words[-1])
        if found is None:
            return _missing(words[-1])
        del self.containers[found.id]
        return found.id

    def _pull(self, words: list[str], _env: Mapping[str, str]) -> str:
        self.images.add(words[-1])
        return ""

    def _logs(self, _words: list[str], _env: Mapping[str, str]) -> str:
        return ""

    def _volume(self, _words: list[str], _env: Mapping[str, str]) -> str:
        return ""

    def _set(self, name: str, *, running: bool) -> str | CompletedProcess:
        found = self.find(name)
        if found is None:
            return _missing(name)
        found.running = running
        return found.id

    def _inspected(self, one: FakeContainer) -> dict[str, Any]:
        ports = {"8000/tcp": [{"HostIp": "", "HostPort": "8000"}]}
        image = one.image if one.image in self.images else OLD
        return {
            "Id": one.id,
            "Name": f"/{one.name}",
            "Image": f"sha256:{_hash(image)}",
            "Path": "vllm",
            "Args": ["serve", *one.arguments],
            "State": {
                "Status": "running" if one.running else "exited",
                "Running": one.running,
                "ExitCode": one.exit_code,
                "StartedAt": "2026-11-27T00:00:00Z",
            },
            "Config": {"Image": one.image, "Cmd": list(one.arguments), "Labels": one.labels, "Env": []},
            "HostConfig": {"RestartPolicy": {"Name": one.restart}, "PortBindings": ports, "NetworkMode": "bridge"},
            "NetworkSettings": {"Ports": ports if one.running else {}, "Networks": {}},
        }


def _hash(image: str) -> str:
    return f"{sum(map(ord, image)):064x}"


def _missing(name: str) -> CompletedProcess:
    return CompletedProcess(exit_code=1, stderr=f"Error: No such container: {name}")
