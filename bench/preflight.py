"""How long ``vllm-qualify preflight`` takes, the start of the process included, beside a Python that does nothing.

The two are measured in turn, since these machines are noisy; the time of the processor says what the waiting does not.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import command
from bench.figure import Figure

ROOT = Path(__file__).parents[1]
ALLOWED_SECONDS = 1.0
RUNS = 9
_NODE = ("--gpu", "RTX 3060", "--driver", "570.195.03", "--toolkit", "1.18.0")
_PREFLIGHT = (sys.executable, "-m", "vllm_qualify", "preflight", *_NODE)
_MANIFEST = ("--manifest", "examples/home-lab/applications/vllm/deployment.yaml")
_SETTINGS = ("--config", "examples/home-lab/qualify.toml")
_NOTHING = (sys.executable, "-c", "pass")
MEASURED: dict[str, Sequence[str]] = {
    "--all, one manifest": (*_PREFLIGHT, "--all", *_MANIFEST),
    "--all, both modes of qualify.toml": (*_PREFLIGHT, "--all", *_SETTINGS),
    "one image": (*_PREFLIGHT, "vllm/vllm-openai:v0.11.0", *_MANIFEST),
}


def figures() -> Iterator[Figure]:
    """Median seconds of each command, and of a Python that does nothing; 1 s is allowed for the table."""
    for name, words in MEASURED.items():
        pairs = [(_run(words), _run(_NOTHING)) for _ in range(RUNS + 1)][1:]
        walls, cpus = [one.seconds for one, _ in pairs], [one.processor for one, _ in pairs]
        nothing = [two.seconds for _, two in pairs]
        yield Figure(
            name=f"preflight {name}: of {ALLOWED_SECONDS:g} s allowed", value=statistics.median(walls), unit="s"
        )
        yield Figure(name=f"preflight {name}: the slowest", value=max(walls), unit="s")
        yield Figure(name=f"preflight {name}: processor", value=statistics.median(cpus), unit="s")
        yield Figure(name=f"preflight {name}: python -c pass", value=statistics.median(nothing), unit="s")


def _run(words: Sequence[str]) -> command.Spent:
    spent = command.run(words, cwd=ROOT)
    if spent.code:
        raise RuntimeError(f"{' '.join(words)} ended with {spent.code}; only what works can be measured")
    return spent


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:72} {figure.value:8.2f} {figure.unit}")
