"""Real engines with a tokenizer of a real size: nothing of what is measured comes from the prefix cache."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.local import engines
from vllm_qualify.checks import prompt_files, prompts, throughput, token_counters
from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.client.openai import OpenAiClient, new_http_client
from vllm_qualify.config import Settings
from vllm_qualify.system import caches
from vllm_qualify.targets.local import engine

RELEASE = "0.20.2"
SCRIPT = Path(__file__).with_name("large_tokenizer.py")
# 16 tokens are what a GPU's blocks hold; those of a CPU build are larger, and would hide what is shared.
SMALL = ("--block-size", "16", "--dtype", "float32", "--max-model-len", "2048", "--max-num-batched-tokens", "2048")
START_SECONDS = 900.0
SYSTEM = "You file documents. Answer with one JSON object with the keys title, tags and correspondent. " * 12
WORK = replace(prompt_files.load(Settings()), system=SYSTEM)
PREAMBLE = {"chat_template_kwargs": {"preamble": "Knowledge cutoff: December 2023. Today: 26 November 2026. " * 3}}


@contextmanager
def serving(folder: Path) -> Iterator[OpenAiClient]:
    """Asks an engine that serves made-up weights behind a tokenizer of 16384 tokens."""
    python = str(engines.installed(RELEASE).python)
    subprocess.run([python, SCRIPT, folder], check=True)
    port = engine.free_port()
    served = ("--model", str(folder), "--served-model-name", "ml", "--load-format", "dummy", *SMALL)
    argv = [python, "-m", "vllm.entrypoints.openai.api_server", *served, "--port", str(port), "--host", "127.0.0.1"]
    running = caches.default().root / "running"
    process = engine.start([*argv, "--enforce-eager"], env=_environment(), running=running)
    try:
        with new_http_client() as http:
            asking = OpenAiClient(f"http://127.0.0.1:{port}", client=http)
            _await(asking, process)
            yield asking
    finally:
        process.stop()


def _environment() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_RPC_BASE_PATH": "."}


def _await(asking: OpenAiClient, process: engine.EngineProcess) -> None:
    deadline = time.monotonic() + START_SECONDS
    while asking.health().problems:
        assert process.exit_code() is None, process.read_log()[-3000:]
        assert time.monotonic() < deadline, process.read_log()[-3000:]
        time.sleep(0.2)


def cached(client: OpenAiClient, requests: Iterable[ChatRequest], **extra: Any) -> float:
    """The share of the prompts of six requests, after one that fills the cache, that the server had cached."""
    asked = [replace(one, max_tokens=2, extra={**one.extra, **extra}) for one in islice(requests, 7)]
    assert client.stream(asked[0]).problems == ()
    before = client.metrics()
    for one in asked[1:]:
        sample = client.stream(one)
        assert sample.problems == ()
        assert sample.usage is not None
        assert sample.usage.prompt > 250
    share = token_counters.growth(before, client.metrics()).cached
    assert share is not None
    return share


def head_behind_the_system_prompt() -> Iterator[ChatRequest]:
    """What used to be measured: the head in the user's message."""
    for one in prompts.measured(WORK, model="ml", salted=False):
        head, _, system = one.system.partition("\n")
        yield replace(one, system=system, prompt=f"{head}\n{one.prompt}")


def seen(folder: Path) -> dict[str, float]:
    """What one engine had cached of each kind of prompts, asked in this order."""
    with serving(folder) as client:
        return {
            "behind": cached(client, head_behind_the_system_prompt()),
            "before": cached(client, prompts.measured(WORK, model="ml", salted=False)),
            "preamble": cached(client, prompts.measured(WORK, model="ml", salted=False), **PREAMBLE),
            "preamble, salted": cached(client, prompts.measured(WORK, model="ml"), **PREAMBLE),
        }


@pytest.fixture(scope="module")
def shares(observed: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The shares that were cached, by the kind of prompts."""
    return dict(observed("prefix-cache", lambda: seen(tmp_path_factory.mktemp("model")), releases=[RELEASE]))


def test_a_head_behind_a_system_prompt_of_200_tokens_is_served_from_the_cache(shares: dict[str, float]) -> None:
    """The counters see what this is about: more than the 1 % that the judge allows."""
    assert shares["behind"] > 10 * throughput.MAX_CACHED


def test_a_head_before_it_shares_nothing(shares: dict[str, float]) -> None:
    """Not one block comes from the cache, without any help by a salt."""
    assert shares["before"] == 0.0


def test_the_salt_keeps_apart_what_a_chat_template_puts_in_front(shares: dict[str, float]) -> None:
    """A preamble of more than a block is shared text, which no head can stand before."""
    assert shares["preamble"] > 0.0
    assert shares["preamble, salted"] == 0.0
