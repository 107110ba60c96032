"""Real LiteLLM proxies before an engine that counts, with a fallback that speaks as Ollama behind them."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import litellm
from tests.simulated_script import Script
from tests.simulator import Simulator, simulate
from vllm_qualify.client.openai import OpenAiClient, new_http_client
from vllm_qualify.client.transport import HttpTransport
from vllm_qualify.config.settings import Routing
from vllm_qualify.core.records import Judgement
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.litellm import check
from vllm_qualify.litellm.evidence import Service
from vllm_qualify.plugin import progress
from vllm_qualify.targets import route
from vllm_qualify.targets.local import engine

EXAMPLE = (HOME_LAB / "applications" / "litellm" / "configmap.yaml").read_text()
MODEL, OLD_MODEL = "Qwen/Qwen3-8B-AWQ", "Qwen/Qwen2.5-7B-Instruct-AWQ"


@pytest.fixture(scope="session")
def command(pytestconfig: pytest.Config) -> list[str]:
    """The command line of LiteLLM."""
    return litellm.installed(functools.partial(progress.say, pytestconfig))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A candidate, a fallback, proxies before them, and the words of a test.

    Attributes:
        texts: config maps by name; each but ``lost`` has a proxy that was started from it.
        proxies: their addresses.
        key: what all of them ask for.
    """

    candidate: Simulator
    ollama: litellm.Ollama
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
            environ={litellm.KEY_ENV: self.key if key is None else key},
            **more,
        )
        found = check.reached(evidence)
        return replace(found, message=found.message.replace(f"{self.folder}/", ""))


@pytest.fixture(scope="session")
def scene(command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Three proxies, started side by side: from the right config map, an old one, and one with a wrong address."""
    folder, key = tmp_path_factory.mktemp("routing"), f"sk-{secrets.token_hex(16)}"
    with simulate(Script(model=MODEL)) as candidate, litellm.serve_ollama() as ollama, new_http_client() as http:
        texts = _texts(candidate.url, ollama.url)
        with ExitStack() as running:
            started = {
                name: running.enter_context(litellm.started(command, text, folder / name, key=key))
                for name, text in texts.items()
            }
            proxies = {name: proxy.ready(http) for name, proxy in started.items()}
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


@pytest.fixture
def judged(scene: Scene) -> Callable[..., Judgement]:
    """Asks through a proxy and judges."""
    return scene.judged
