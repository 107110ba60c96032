"""Injects what ``fault_matrix`` lists, or a part of it: ``python -m tests.containers.faults --count 100``."""

from __future__ import annotations

import argparse
import os
import sys

from tests.containers import engine_hosts, fault_matrix, injections


def main() -> int:
    """Run; 0 when every injection happened and production was back each time."""
    parser = argparse.ArgumentParser(prog="python -m tests.containers.faults", description=__doc__)
    parser.add_argument("--count", type=int, help="so many (default: the fewest in which everything occurs)")
    parser.add_argument("--engine", choices=[engine_hosts.DOCKER, engine_hosts.PODMAN], help="one of both")
    parser.add_argument("--only", default="", help="only injections whose description holds this text")
    parser.add_argument("--seed", type=int, default=14, help="chooses them (default: %(default)s)")
    options = parser.parse_args()
    asked = (options.engine,) if options.engine else (engine_hosts.PODMAN, engine_hosts.DOCKER)
    programs = [program for program in asked if _can_run(program)]
    whole = [one for one in fault_matrix.every(programs) if options.only in str(one)]
    results = injections.do_all(
        fault_matrix.chosen(whole, seed=options.seed, count=options.count), name=f"faults-{os.getpid()}"
    )
    return 0 if results and all(one.injected and not one.problems for one in results) else 1


def _can_run(program: str) -> bool:
    if reason := engine_hosts.missing(program):
        engine_hosts.say(f"{program}: not run: {reason}")
    return not reason


if __name__ == "__main__":
    sys.exit(main())
