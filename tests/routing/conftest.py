"""A real LiteLLM proxy from an environment of its own, an engine that counts, and a fallback that speaks as Ollama."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.simulator import Script, Simulator, simulate
from vllm_qualify.config.settings import CHECKOUT, HOME_LAB, Routing
from vllm_qualify.edge import caches, engine, exclusive
from vllm_qualify.edge.openai import OpenAiClient, new_http_client
from vllm_qualify.edge.transport import HttpTransport
from vllm_qualify.edge.uv import Uv
from vllm_qualify.judge import routing
from vllm_qualify.plugin import progress
from vllm_qualify.records import Judgement
from vllm_qualify.route_evidence import Service
from vllm_qualify.targets import route

EXAMPLE = (HOME_LAB / "applications" / "litellm" / "configmap.yaml").read_text()
MODEL, OLD_MODEL = "Qwen/Qwen3-8B-AWQ", "Qwen/Qwen2.5-7B-Instruct-AWQ"
KEY_ENV = "LITELLM_MASTER_KEY"
START_SECONDS = 120.0
_LOCK = CHECKOUT / "requirements" / "litellm.txt"


@pytest.fixture(scope="session")
def litellm(pytestconfig: pytest.Config) -> list[str]:
    """The command line of LiteLLM; its environment is made once for each content of the lock file."""
    root = caches.default().root
    say = functools.partial(progress.say, pytestconfig)
    place = root / "litellm" / hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
    with exclusive.alone(root / "locks", "litellm", say=say):
        if not place.exists():
            say("making an environment for LiteLLM (once)")
            part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}{caches.PART}")
            uv = Uv(say=say)
            uv.make_venv(part, python=uv.find_python("3.12") or uv.find_python("3.11") or "3.12")
            uv.sync(part, lock=_LOCK)
            part.rename(place)
    return [str(place / "bin" / "python"), str(place / "bin" / "litellm")]


@dataclass(slots=True)
class Ollama:
    """What the fallback was asked for; mutable because it is a server."""

    url: str = ""
    paths: list[str] = field(default_factory=list)


class _OllamaHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ollama: Ollama

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        """Answer as Ollama does, whatever is asked."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.ollama.paths.append(self.path)
        words = {"response": "from the fallback", "message": {"role": "assistant", "content": "from the fallback"}}
        counts = {"prompt_eval_count": 3, "eval_count": 3, "done": True, "done_reason": "stop"}
        named = {"model": asked.get("model", ""), "created_at": "2026-01-15T02:00:00Z"}
        whole = (
            {"capabilities": ["completion"], "model_info": {}} if self.path == "/api/show" else words | counts | named
        )
        raw = json.dumps(whole).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@contextmanager
def serve_ollama() -> Iterator[Ollama]:
    """Run a fallback on a free port; nothing of it is left behind."""
    ollama = Ollama()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_OllamaHandler,), {"ollama": ollama})) as server:
        ollama.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield ollama
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A candidate, a fallback, proxies before them, and the words of a test.

    Attributes:
        texts: config maps by name; each but ``lost`` has a proxy that was started from it.
        proxies: their addresses.
        key: what all of them ask for.
    """

    candidate: Simulator
    ollama: Ollama
    texts: dict[str, str]
    proxies: dict[str, str]
    key: str
    folder: Path
    http: httpx.Client

    @property
    def service(self) -> Service:
        """The candidate's address, in the place of the Service's."""
        return Service(name="127.0.0.1", port=int(self.candidate.url.rpartition(":")[2]))

    def judged(
        self, proxy: str, *, file: str | None = None, alias: str = "vllm-qwen", key: str | None = None, **more: Any
    ) -> Judgement:
        """Ask through a proxy and judge what was seen; ``file`` is the operator's, if it is not the proxy's own."""
        path = self.folder / f"{file or proxy}.yaml"
        path.write_text(self.texts[file or proxy])
        settings = Routing(proxy=self.proxies[proxy], alias=alias, config_map=path, fallback="ollama/qwen2.5:3b")
        evidence = route.ask(
            settings,
            engine=OpenAiClient(self.candidate.url, client=self.http),
            model=MODEL,
            transport=HttpTransport(self.http),
            service=self.service,
            environ={KEY_ENV: self.key if key is None else key},
            **more,
        )
        found = routing.reached(evidence)
        return replace(found, message=found.message.replace(f"{self.folder}/", ""))


@pytest.fixture(scope="session")
def scene(litellm: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Three proxies, started side by side: from the right config map, an old one, and one with a wrong address."""
    folder, key = tmp_path_factory.mktemp("routing"), f"sk-{secrets.token_hex(16)}"
    with simulate(Script(model=MODEL)) as candidate, serve_ollama() as ollama, new_http_client() as http:
        texts = _texts(candidate.url, ollama.url)
        with ExitStack() as running:
            started = {name: running.enter_context(_proxy(litellm, texts[name], folder / name, key)) for name in texts}
            proxies = {name: _ready(proxy, http) for name, proxy in started.items()}
            proxies["nobody"] = f"http://127.0.0.1:{engine.free_port()}"
            yield Scene(
                candidate=candidate, ollama=ollama, texts=texts, proxies=proxies, key=key, folder=folder, http=http
            )


def _texts(candidate: str, ollama: str) -> dict[str, str]:
    right = EXAMPLE.replace("http://vllm-api.ml.svc.cluster.local:8000", candidate)
    right = right.replace("http://ollama.ml.svc.cluster.local:11434", ollama)
    wrong_port = f"http://127.0.0.1:{engine.free_port()}/v1"
    return {
        "right": right,
        "old": right.replace(MODEL, OLD_MODEL),
        "astray": right.replace(f"{candidate}/v1", wrong_port),
    }


_Started = tuple[engine.EngineProcess, str]


@contextmanager
def _proxy(litellm: list[str], text: str, folder: Path, key: str) -> Iterator[_Started]:
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_load(text)["data"]["config.yaml"])
    port = engine.free_port()
    argv = [*litellm, "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    env = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        KEY_ENV: key,
        # Its list of prices would come from the network.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NO_PROXY": "*",
    }
    process = engine.start([*argv, "--telemetry", "False"], env=env, running=folder / "running")
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.stop()


def _ready(started: _Started, http: httpx.Client) -> str:
    process, url = started
    deadline = time.monotonic() + START_SECONDS
    while not _lives(http, url):
        if process.exit_code() is not None or time.monotonic() > deadline:
            pytest.fail(f"LiteLLM did not come up:\n{process.read_log()[-3000:]}")
        time.sleep(0.1)
    return url


def _lives(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/health/liveliness", timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def judged(scene: Scene) -> Callable[..., Judgement]:
    """Asks through a proxy and judges."""
    return scene.judged
