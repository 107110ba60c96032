"""Runs the benchmarks and writes ``reports/bench.json``; name some of them to run only those."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench import client, diagnosing, gate, journal, one_image, origins, preflight, report, waiting

BENCHMARKS = {
    "client": client.figures,
    "diagnosing": diagnosing.figures,
    "gate": gate.figures,
    "journal": journal.figures,
    "one_image": one_image.figures,
    "origins": origins.figures,
    "preflight": preflight.figures,
    "report": report.figures,
    "waiting": waiting.figures,
}
FILE = Path(__file__).parents[1] / "reports" / "bench.json"


def main() -> int:
    """Run, print and write."""
    wanted = sys.argv[1:] or sorted(BENCHMARKS)
    if unknown := sorted(set(wanted) - set(BENCHMARKS)):
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(sorted(BENCHMARKS))}", file=sys.stderr)
        return 4
    figures = []
    for name in wanted:
        print(f"measuring {name} ...", flush=True)
        for figure in BENCHMARKS[name]():
            figures.append(figure)
            print(f"  {figure.name:60} {figure.value:10.2f} {figure.unit}", flush=True)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
