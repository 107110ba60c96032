"""What a real engine printed when it died, kept in the user's cache: the same engine started so says the same.

What is tested is what the harness makes of such a log, which is done anew each time; the log is made anew when
anything changes that it depends on: the engine's packages, the model, how it is started, how it is supervised.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from tests.local import deaths, engines
from tests.local.deaths import Death
from vllm_qualify.system import caches, files
from vllm_qualify.targets.local import engine, supervisor


def death(one: Death, folder: Path) -> tuple[str, int | None]:
    """What it printed and its exit code: of this time, or of an earlier one.

    Raises:
        TimeoutError: it lives.
    """
    kept = caches.default().root / "deaths" / f"{one.name}-{_key(one)}.json"
    if kept.exists():
        log, code = json.loads(kept.read_text())
        return log, code
    log, code = deaths.die(one, folder)
    kept.parent.mkdir(parents=True, exist_ok=True)
    for older in kept.parent.glob(f"{one.name}-*.json"):
        older.unlink(missing_ok=True)
    files.write(kept, json.dumps([log, code]).encode())
    return log, code


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
