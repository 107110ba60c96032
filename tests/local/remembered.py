"""What real engines and their parsers said, kept in the user's cache: the same one, asked the same, says the same.

What is tested is what the harness makes of it, which is done anew each time. A log of a death is made anew when
anything changes that it depends on: the engine's packages, the model, how it is started, how it is supervised; an
answer of a parser when the release, the engine's packages, the probe or its questions change. What the harness itself
saw of an engine is made anew when any file of the harness changes, and forgotten when a test of it fails.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.local import deaths, engines
from tests.local.deaths import Death
from vllm_qualify.system import caches, files, process_runner
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.local import engine, supervisor

_OF_THIS_TIME = {"HOME", "PATH", "TMPDIR"}
_HARNESS = ("canary", "examples", "fixtures", "suites", "tests/local", "vllm_qualify")
_ALONE = ("conftest.py", "pyproject.toml", "qualify.toml", "requirements/test.txt")
_HEARD = ("HF_", "LD_", "OMP_", "TORCH", "UV_", "VLLM_")
"""Beginnings of the names of variables that an engine, or what makes its environment, hears."""
_TOLD: list[str] = []
_USED: dict[str, list[Path]] = {}


def observation(name: str, make: Callable[[], Any], *, module: str, releases: Iterable[str] = ()) -> Any:
    """What the harness saw of real engines: of this time, or of an earlier one with the same harness.

    Args:
        name: unlike any other.
        make: starts the engines; gives JSON.
        module: of the tests that judge it; when one of them fails, it is forgotten.
        releases: those whose engines it starts, such as ``0.20.2``.
    """
    key = _key_of_the_harness(engines.installed(release).root.name for release in releases)
    return _kept("observations", name, key, make, module=module)


def told() -> list[str]:
    """What was remembered instead of made since the last call, each with its time."""
    names = _TOLD[:]
    _TOLD.clear()
    return names


def forget(module: str) -> None:
    """Let everything that a module judged be made anew the next time."""
    for path in _USED.pop(module, ()):
        path.unlink(missing_ok=True)


def death(one: Death, folder: Path) -> tuple[str, int | None]:
    """What it printed and its exit code: of this time, or of an earlier one.

    Raises:
        TimeoutError: it lives.
    """
    log, code = _kept("deaths", one.name, _key(one), lambda: deaths.die(one, folder))
    return log, code


def parser(argv: list[str], *, env: Mapping[str, str], stdin: str, **how: Any) -> CompletedProcess:
    """``process_runner.run``: what the probe of a parser printed this time or an earlier one; it ended well."""
    asked = json.dumps([argv, stdin, {name: env[name] for name in sorted(env.keys() - _OF_THIS_TIME)}])
    name = f"{Path(env['PYTHONPATH']).name}-{json.loads(stdin)['entrypoint']}"

    def run() -> list[str]:
        ended = process_runner.run(argv, env=env, stdin=stdin, **how)
        assert ended.exit_code == 0, ended
        return [ended.stdout, ended.stderr]

    stdout, stderr = _kept("parser-answers", name, hashlib.sha256(asked.encode()).hexdigest()[:16], run)
    return CompletedProcess(exit_code=0, stdout=stdout, stderr=stderr)


def _kept(folder: str, name: str, key: str, make: Callable[[], Any], *, module: str = "") -> Any:
    """What lies below that name and key, or what is made now; what an older key had is of no use any more."""
    kept = caches.default().root / folder / f"{name}-{key}.json"
    if module:
        _USED.setdefault(module, []).append(kept)
    if kept.exists():
        _TOLD.append(f"{folder}/{name} of {datetime.fromtimestamp(kept.stat().st_mtime).astimezone():%Y-%m-%d %H:%M}")
        return json.loads(kept.read_text())
    made = make()
    kept.parent.mkdir(parents=True, exist_ok=True)
    for older in kept.parent.glob(f"{name}-{'?' * len(key)}.json"):
        older.unlink(missing_ok=True)
    files.write(kept, json.dumps(made).encode())
    return made


def _key_of_the_harness(environments: Iterable[str]) -> str:
    """Of all that decides what it sees: its files, its Python and libraries, the engines, the machine and the shell."""
    shell = {name: value for name, value in os.environ.items() if name.startswith(_HEARD)}
    machine = [sys.version, platform.platform(), os.cpu_count()]
    made_from = hashlib.sha256(json.dumps([machine, shell, sorted(environments)], sort_keys=True).encode())
    folders = [engines.ROOT / folder for folder in _HARNESS]
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    for path in sorted(found | {engines.ROOT / name for name in _ALONE}):
        if path.exists():
            made_from.update(f"\n{path.relative_to(engines.ROOT)}\n".encode())
            made_from.update(path.read_bytes())
    return made_from.hexdigest()[:16]


def _key(one: Death) -> str:
    made_from = hashlib.sha256(engines.installed(one.command.release).root.name.encode())
    for path in _inputs():
        made_from.update(path.read_bytes())
    return made_from.hexdigest()[:16]


def _inputs() -> Iterator[Path]:
    """The models, and the sources of what starts and watches an engine; the table of deaths is one of them."""
    files = sorted(path for path in engines.CANARY.rglob("*") if path.is_file())
    yield from (path for path in files if path.suffix != ".pyc")
    yield from (Path(module.__file__) for module in (deaths, engines, engine, supervisor))
