"""What a release's own parser answered before, kept in the cache: importing vLLM takes 7 to 9 s, and changes nothing.

The answer follows from the release's files, the environment that lends their dependencies, the probe and the question,
so these are its key. The folders of release and environment are named for what is pinned in them. A question with a
secret in it is not kept, nor one that names a file of this machine, since the parser may look into that. Called by the
local target; in pods and containers the parser is asked anew, for the same probe looks at the driver of that node.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vllm_qualify.arguments import probe as probing
from vllm_qualify.arguments.command_line import secrets
from vllm_qualify.arguments.overlay import ParserOverlay
from vllm_qualify.arguments.parser_report import ProbeReport, ProbeRequest
from vllm_qualify.arguments.probe import ProbeFailed
from vllm_qualify.system import files, process_runner
from vllm_qualify.system.files import Unwritable
from vllm_qualify.system.process_runner import CompletedProcess, RunProcess

FOLDER = "parser-reports"
_KEPT = 8
"""Answers of one release: manifests change now and then, and each answer has some hundred kilobytes."""
_KEY_DIGITS = 16


def probe(
    python: Path,
    overlay: ParserOverlay,
    request: ProbeRequest,
    *,
    cache: Path,
    say: Callable[[str], None] = lambda _line: None,
    run: RunProcess = process_runner.run,
) -> ProbeReport:
    """Put all questions to the parser of one release, or take what it answered to the very same ones.

    Args:
        python: the interpreter of an environment with the dependencies of that release.
        overlay: the release itself.
        request: the command lines.
        cache: the harness's cache folder.
        say: told in one line which of both was done.
        run: starts the process; a parameter for tests.

    Raises:
        ProbeFailed: as ``probe.probe``.
    """
    kept = cache / FOLDER / f"{overlay.version}-{request.entrypoint.value}-{_key(python, overlay, request)}.txt"
    lasts = not (_names_a_secret(request) or _names_a_file(request))
    if lasts and (known := _read(kept)) is not None:
        say("the release's own argument parser answered the same questions before; its answers were kept")
        return known
    said: list[str] = []

    def heard(argv: list[str], **how: Any) -> CompletedProcess:
        ended = run(argv, **how)
        said.append(ended.stdout)
        return ended

    say("running the release's own argument parser")
    report = probing.probe(python, overlay, request, run=heard)
    if lasts:
        _keep(kept, said[-1])
    return report


def _names_a_secret(request: ProbeRequest) -> bool:
    return any(secrets(argv) for argv in request.argvs.values())


def _key(python: Path, overlay: ParserOverlay, request: ProbeRequest) -> str:
    asked = [*probing.command(str(python)), str(overlay.path), platform.machine(), request.to_json()]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:_KEY_DIGITS]


def _names_a_file(request: ProbeRequest) -> bool:
    words = {part for argv in request.argvs.values() for word in argv for part in (word, word.partition("=")[2])}
    return any(_exists(word) for word in words if word)


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):
        return False


def _read(kept: Path) -> ProbeReport | None:
    with contextlib.suppress(OSError, ValueError, ProbeFailed):
        return probing.read(kept.read_text(encoding="utf-8"))
    return None


def _keep(kept: Path, said: str) -> None:
    """Keep an answer, and of those to older questions the newest; a disk that takes no more costs only time."""
    with contextlib.suppress(OSError, Unwritable):
        files.write(kept, said.encode(errors="replace"), flushed=False)
        name = kept.stem[:-_KEY_DIGITS]
        older = sorted(kept.parent.glob(f"{name}*.txt"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in older[_KEPT:]:
            path.unlink(missing_ok=True)
