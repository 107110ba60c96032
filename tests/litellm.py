"""A real LiteLLM proxy from an environment of its own, and a fallback that speaks as Ollama; for tests of the route."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import yaml

from vllm_qualify.core.shipped import HOME
from vllm_qualify.system import caches, install_lock
from vllm_qualify.system.uv import Uv
from vllm_qualify.targets.local import engine

KEY_ENV = "LITELLM_MASTER_KEY"
START_SECONDS = 120.0
_LOCK = HOME / "requirements" / "litellm.txt"


def installed(say: Callable[[str], None]) -> list[str]:
    """The command line of LiteLLM; its environment is made once for each content of the lock file."""
    root = caches.default().root
    place = root / "litellm" / hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
    with install_lock.alone(root / "locks", "litellm", say=say):
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
class Proxy:
    """A proxy that was started.

    Attributes:
        process: it.
        url: where it will listen.
    """

    process: engine.EngineProcess
    url: str

    def ready(self, http: httpx.Client) -> str:
        """Its address, once it answers."""
        deadline = time.monotonic() + START_SECONDS
        while not self._lives(http):
            if self.process.exit_code() is not None or time.monotonic() > deadline:
                pytest.fail(f"LiteLLM did not come up:\n{self.process.read_log()[-3000:]}")
            time.sleep(0.1)
        return self.url

    def _lives(self, http: httpx.Client) -> bool:
        try:
            return http.get(f"{self.url}/health/liveliness", timeout=5).is_success
        except httpx.TransportError:
            return False


@contextmanager
def started(
    litellm: Sequence[str], config_map: str, folder: Path, *, key: str, within: Sequence[str] = ()
) -> Iterator[Proxy]:
    """Run a proxy on a free port of this machine; nothing of it is left behind.

    Args:
        litellm: its command line, see ``installed``.
        config_map: YAML of the config map that it is configured by.
        folder: made for it; becomes its home.
        key: its master key.
        within: a command line that runs it, as ``unshare`` does.
    """
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_load(config_map)["data"]["config.yaml"])
    port = engine.free_port()
    argv = [*within, *litellm, "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
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
        yield Proxy(process=process, url=f"http://127.0.0.1:{port}")
    finally:
        process.stop()
