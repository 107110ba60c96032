"""The whole fault matrix, or a part: ``python -m tests.faults [--actors | --sleepers] [--cover | --count 60]``."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import time
from pathlib import Path

from tests.faults import crowd, matrix, sleepers
from tests.faults.matrix import Injection
from tests.faults.runs import CHECKOUT
from tests.faults.site import own
from tests.faults.sleepers import Nap


def main() -> int:
    """Run; 0 when every injection happened, production was restored each time, and every run ended in order."""
    parser = _parser()
    options = parser.parse_args()
    injections = _chosen(options)
    if not injections:
        parser.error(f"no injection of these is described by {options.only!r}")
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        sites = [
            stack.enter_context(own(f"faults-{os.getpid()}-{number}"))
            for number in range(min(options.workers, len(injections)))
        ]
        _say(f"{len(injections)} injections on {len(sites)} labs, ready after {time.monotonic() - began:.0f} s")
        results = crowd.run(sites, injections, keep=options.keep, say=_say)
    for line in crowd.closing(results):
        _say(line)
    return 0 if all(one.injected and one.restored and not one.untidy for one in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--actors", action="store_true", help="only those who else write to the namespace")
    parser.add_argument("--sleepers", action="store_true", help="only runs that sleep while somebody restores")
    parser.add_argument("--cover", action="store_true", help="the fewest in which everything occurs, as in script/test")
    parser.add_argument("--count", type=int, help="a sample of so many, instead of the whole matrix")
    parser.add_argument("--seed", type=int, default=8, help="chooses the sample (default: 8)")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many at the beginning, done before")
    parser.add_argument("--only", default="", help="only injections whose description holds this text")
    parser.add_argument("--workers", type=int, default=2, help="labs side by side (default: 2)")
    parser.add_argument("--keep", type=Path, default=CHECKOUT / "reports" / "faults", help="gets what failures left")
    return parser


def _chosen(options: argparse.Namespace) -> tuple[Injection | Nap, ...]:
    if options.sleepers:
        naps = [each for each in sleepers.every() if options.only in str(each)]
        random.Random(options.seed).shuffle(naps)  # noqa: S311 (repeatable, not secret)
        return tuple(naps[options.skip : options.count])
    parts = [matrix.actors()] if options.actors else [matrix.every(), matrix.actors()]
    whole = [one for part in parts for one in (matrix.cover(options.seed, whole=part) if options.cover else part)]
    asked = tuple(each for each in whole if options.only in str(each))
    chosen = asked if options.count is None else matrix.sample(options.seed, options.count, whole=asked)
    return chosen[options.skip :]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
