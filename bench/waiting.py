"""How long a user waits before anything happens, each beside a second thing measured in turn with it.

These machines are noisy, so a figure alone says little: the ratio to a plain Python, or a plain pytest, taken in
alternation, says more; that of the processor's time is disturbed least. Plugins of others are left out, since every
pytest of their environment waits for them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import command as commands
from bench.command import Spent
from bench.figure import Figure

ROOT = Path(__file__).parents[1]
RUNS = 11
MANY = 3000
_NOTHING = (sys.executable, "-c", "pass")
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
_VERSION = (*_PYTEST, "--version")
_COLLECT = (*_PYTEST, "-p", "vllm_qualify.plugin", str(ROOT / "suites"), "--collect-only")
_COMMAND = (sys.executable, "-m", "vllm_qualify")
_NODE = ("--gpu", "RTX 3060", "--driver", "570.195.03", "--toolkit", "1.18.0")
_MANIFEST = ("--manifest", str(ROOT / "examples" / "home-lab" / "applications" / "vllm" / "deployment.yaml"))
_ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A command, what it is compared with, and the most that their ratio may be; ``None``: as little as it can be."""

    command: Sequence[str]
    beside: Sequence[str]
    most: float | None = None


WAITS: Mapping[str, Wait] = {
    "vllm-qualify --help": Wait(command=(*_COMMAND, "--help"), beside=_NOTHING, most=3.0),
    "import of the plugin and its fixtures": Wait(
        command=(sys.executable, "-c", "import vllm_qualify.plugin.wiring, fixtures.candidates, fixtures.recording"),
        beside=_NOTHING,
        most=112 / 3,
    ),
    "collection of the suites": Wait(
        command=(*_COLLECT, "--image", "vllm/vllm-openai:v0.15.1"), beside=_VERSION, most=2.5
    ),
    "pytest that is no qualification": Wait(
        command=(*_PYTEST, "-p", "vllm_qualify.plugin", "--collect-only"), beside=(*_PYTEST, "--collect-only"), most=1.1
    ),
    "preflight --all": Wait(command=(*_COMMAND, "preflight", *_NODE, "--all", *_MANIFEST), beside=_NOTHING, most=33.0),
    "doctor": Wait(command=(*_COMMAND, "doctor"), beside=_NOTHING),
}


def figures() -> Iterator[Figure]:
    """Median seconds of each command and of what it is compared with, and the median ratio beside its limit."""
    with tempfile.TemporaryDirectory() as empty:
        folder = Path(empty)
        for name, wait in WAITS.items():
            pairs = [(_spent(wait.command, folder), _spent(wait.beside, folder)) for _ in range(RUNS + 1)][1:]
            held = "" if wait.most is None else f", of {wait.most:.3g} allowed"
            ratio = statistics.median(one.seconds / two.seconds for one, two in pairs)
            processor = statistics.median(one.processor / two.processor for one, two in pairs)
            yield Figure(name=name, value=statistics.median(one.seconds for one, _ in pairs), unit="s")
            yield Figure(name=f"{name}: beside it", value=statistics.median(two.seconds for _, two in pairs), unit="s")
            yield Figure(name=f"{name}: ratio{held}", value=ratio, unit="x")
            yield Figure(name=f"{name}: ratio of the processor's time{held}", value=processor, unit="x")
        _list(folder / "qualify.toml", MANY)
        seconds = [_spent(_COLLECT, folder).seconds for _ in range(3)]
        yield Figure(name=f"collection of {MANY} candidates, of 2 s allowed", value=min(seconds), unit="s")


def _list(path: Path, number: int) -> None:
    """Settings that name so many candidates."""
    names = (f'"vllm/vllm-openai:v0.{minor}.{patch}"' for minor in range(number // 100) for patch in range(100))
    path.write_text(f"candidates = [{', '.join(names)}]\n", encoding="utf-8")


def _spent(command: Sequence[str], folder: Path) -> Spent:
    spent = commands.run(command, cwd=folder, variables=_ALONE)
    # 1: nothing was asked to hold; 5: pytest collected nothing.
    if spent.code not in {0, 1, 5}:
        raise RuntimeError(f"{' '.join(command)} ended with {spent.code}, so it cannot be measured")
    return spent
