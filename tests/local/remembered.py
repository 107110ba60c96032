"""What real engines and their parsers said, kept in the user's cache: the same one, asked the same, says the same.

What is tested is what the harness makes of it, which is done anew each time. A log of a death is made anew when
anything changes that it depends on: the engine's packages, the model, how it is started, how it is supervised; an
answer of a parser when the release, the engine's packages, the probe or its questions change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.local import deaths, engines
from tests.local.deaths import Death
from vllm_qualify.system import caches, files, process_runner
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.local import engine, supervisor

_OF_THIS_TIME = {"HOME", "PATH", "TMPDIR"}


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


def _kept(folder: str, name: str, key: str, make: Callable[[], Any]) -> Any:
    """What lies below that name and key, or what is made now; what an older key had is of no use any more."""
    kept = caches.default().root / folder / f"{name}-{key}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    made = make()
    kept.parent.mkdir(parents=True, exist_ok=True)
    for older in kept.parent.glob(f"{name}-{'?' * len(key)}.json"):
        older.unlink(missing_ok=True)
    files.write(kept, json.dumps(made).encode())
    return made


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
