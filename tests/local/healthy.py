"""Makes the corpus of healthy logs: ``python -m tests.local.healthy [NAME...]``, about a minute an engine.

Each engine gets odd but valid options, answers what it can, refuses what it must, is healthy afterwards and ends
because it was asked to. What it printed is stored whole, without the times of the supervisor and with other names for
the folders, the host and the address of this machine (``engines.told``).
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from tests.local import engines
from tests.local.asking import Client
from tests.local.engines import CANARY, COMMAND, Command, Trial

CORPUS = engines.ROOT / "tests" / "unit" / "diagnosis" / "logs" / "healthy"
RELEASES = ("0.8.5.post1", "0.15.1", "0.20.2", "0.25.1", "0.32.0")
ML = ("--model", str(CANARY / "ml"))
R1 = ("--model", str(CANARY / "r1"))
EAGER = ("--enforce-eager",)
KEY = "a-key-of-the-trial"
_TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
_LOUD = {"handlers": ["out"], "level": "DEBUG", "propagate": False}
_JSON_LOGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "json_lines.Lines"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "loggers": {"vllm": _LOUD, "uvicorn": _LOUD},
}
_JSON_LINES = """
import json, logging

class Lines(logging.Formatter):
    def format(self, record):
        return json.dumps({"level": record.levelname.lower(), "name": record.name, "message": super().format(record)})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One healthy engine.

    Attributes:
        name: of its log.
        command: how it is started.
        model: a name that it serves under.
        key: that it asks for; ``""``: none.
        ends: how it is asked to end: ``idle`` or ``answering``.
    """

    name: str
    command: Command
    model: str
    key: str = ""
    ends: str = "idle"


class Unhealthy(RuntimeError):
    """An engine that does not belong into the corpus; the message says why, with the end of its log."""


def lives() -> Iterator[Life]:
    """All of them: a few ways to run an engine, in each release that has them."""
    for release in RELEASES:
        for name, life in _ways(release).items():
            yield replace(life, name=f"v{release}-{name}")


def _ways(release: str) -> Mapping[str, Life]:
    def life(*words: str, model: str = str(CANARY / "ml"), module: str = engines.MODULE, **more: str) -> Life:
        env = {name: value for name, value in more.items() if name.isupper()}
        rest = {name: value for name, value in more.items() if not name.isupper()}
        return Life(name="", command=Command(release=release, words=words, env=env, module=module), model=model, **rest)

    return _usual(life, release) | _of_their_own(life) | _by_release(life, release)


def _usual(life: Callable[..., Life], release: str) -> dict[str, Life]:
    """As most are run, with more or less in their logs."""
    loud = () if _old(release) else ("--enable-log-requests",)
    return {
        "plain": life(*ML),
        "debug": life(
            *ML, *EAGER, "--uvicorn-log-level", "debug", *loud, "--max-num-seqs", "1", VLLM_LOGGING_LEVEL="DEBUG",
        ),
        "json": life(*ML, *EAGER, *loud, VLLM_LOGGING_CONFIG_PATH="{folder}/logging.json", PYTHONPATH="{folder}"),
        "silent": life(
            *ML, *EAGER, "--uvicorn-log-level", "warning", "--max-model-len", "4096", "--seed", "3",
            "--trust-remote-code", "--disable-log-stats", VLLM_LOGGING_LEVEL="ERROR",
        ),
    }  # fmt: skip


def _of_their_own(life: Callable[..., Life]) -> dict[str, Life]:
    """With options that change what clients find: other names, a key, tools, one process, a short context."""
    return {
        "key": life(
            *ML, *EAGER, "--served-model-name", "first", "second", "--api-key", KEY, "--root-path", "/llm",
            "--dtype", "float32", "--response-role", "helper", "--return-tokens-as-token-ids", model="second", key=KEY,
        ),
        "tools": life(
            *ML, *EAGER, "--enable-auto-tool-choice", "--tool-call-parser", "hermes",
            "--chat-template", "{folder}/template.jinja", "--no-enable-prefix-caching",
            "--max-num-seqs", "2", "--max-logprobs", "1", "--disable-log-stats", ends="answering",
        ),
        "alone": life(
            *ML, *EAGER, "--disable-frontend-multiprocessing", "--disable-fastapi-docs", "--enable-request-id-headers",
            "--allowed-origins", '["https://example.org"]', "--tokenizer-mode", "slow", "--block-size", "16",
        ),
        "small": life(
            *ML, *EAGER, "--dtype", "float32", "--max-model-len", "4200", "--max-num-batched-tokens", "4200",
            "--max-num-seqs", "3", "--override-generation-config", '{"temperature": 0.5}',
            "--load-format", "safetensors",
        ),
    }  # fmt: skip


def _by_release(life: Callable[..., Life], release: str) -> dict[str, Life]:
    """What releases are told in different words."""
    quiet = "--disable-log-requests" if _old(release) else "--no-enable-log-requests"
    reasoning = ("--enable-reasoning",) if _old(release) else ()
    named = (str(CANARY / "ml"),) if _old(release) else ()
    return {
        "reasoning": life(
            *R1, *EAGER, *reasoning, "--reasoning-parser", "deepseek_r1", quiet, "--max-model-len", "2048",
            model=str(CANARY / "r1"), ends="answering",
        ),
        "served": life(
            "serve", *named, "--config", "{folder}/config.yaml", module=COMMAND,
            model="from-the-file", OMP_NUM_THREADS="1", VLLM_MADE_UP_BY_THE_OPERATOR="1", CUDA_VISIBLE_DEVICES="0",
            VLLM_ALLOW_RUNTIME_LORA_UPDATING="1",
        ),
    }  # fmt: skip


def _old(release: str) -> bool:
    return release.startswith("0.8")


def live(life: Life, folder: Path) -> tuple[str, int | None]:
    """Run an engine through its life; gives what it printed and how it ended.

    Raises:
        Unhealthy: it did not start, or was not healthy to its end.
        HTTPError: it did not answer as every sound server does.
    """
    _write_files(folder, old=_old(life.command.release))
    with engines.started(life.command, folder) as trial:
        if not trial.serves():
            raise Unhealthy(f"it did not start (exit code {trial.process.exit_code()}):\n{trial.log()[-6000:]}")
        _ask(trial, life)
        code = trial.end()
        return trial.log(), code


def _ask(trial: Trial, life: Life) -> None:
    client = Client(trial.url, life.model, key=life.key)
    client.good()
    answers = client.refused()
    _say(", ".join(f"{name}: {status}" for name, status in answers.items()))
    client.hang_up(stream=True)
    client.hang_up(stream=False)
    client.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 100_000)
    client.flood("/health", 20)
    client.flood("/metrics", 3)
    client.good()
    if life.ends == "answering":
        client.begin()
    if not trial.serves(seconds=10):
        raise Unhealthy(f"it is not healthy at its end:\n{trial.log()[-6000:]}")


def _write_files(folder: Path, *, old: bool) -> None:
    (folder / "template.jinja").write_text(_TEMPLATE)
    (folder / "logging.json").write_text(json.dumps(_JSON_LOGS))
    (folder / "json_lines.py").write_text(_JSON_LINES)
    model = "" if old else f"model: {CANARY / 'ml'}\n"
    (folder / "config.yaml").write_text(
        f"{model}served-model-name: from-the-file\nenforce-eager: true\nseed: 7\nmax-num-batched-tokens: 8192\n"
        "disable-frontend-multiprocessing: true\nenable-lora: true\nmax-lora-rank: 8\n"
    )


def store(name: str, log: str, corpus: Path = CORPUS) -> None:
    """Write a log compressed, the same bytes for the same text."""
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / f"{name}.log.gz").write_bytes(gzip.compress(log.encode(), mtime=0))


def main() -> int:
    """Make the named logs anew, by default all; 1 when one could not be made."""
    failed = 0
    for life in lives():
        if not sys.argv[1:] or any(name in life.name for name in sys.argv[1:]):
            failed |= not _made(life)
    return failed


def _made(life: Life) -> bool:
    _say(life.name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            log, code = live(life, Path(folder))
    except (Unhealthy, httpx.HTTPError) as error:
        _say(f"{life.name}: {error}")
        return False
    store(life.name, log)
    _say(f"{life.name}: exit code {code}, {len(log.splitlines())} lines, {len(log)} bytes")
    return True


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
