"""Resolves what a CPU build needs to a lock file with hashes; used by installs and by script/lock-engines."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from vllm_qualify.core import images, wheel_hashes
from vllm_qualify.system import uv as uv_edge
from vllm_qualify.targets.local import cpu_builds
from vllm_qualify.targets.local.cpu_builds import EnginePlan


def lock(plan: EnginePlan, *, uv: uv_edge.Uv, python: str) -> str:
    """The text of a plan's lock file: the build itself and everything it needs, as of the plan's cutoff.

    The build is resolved by itself, without cutoff and dependencies: it was published later than its release, and
    it pins a torch that PyPI does not have.

    Args:
        plan: what to lock.
        uv: does the work.
        python: an interpreter that the build supports.

    Raises:
        EnvironmentUnavailable: the build cannot be fetched, or its requirements have no solution.
    """
    with tempfile.TemporaryDirectory(prefix="vllm-qualify-lock-") as name:
        folder = Path(name)
        uv.unpack(plan.pin, folder / "build", python=python)
        metadata = next((folder / "build").glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
        try:
            needs = cpu_builds.requirements_of(metadata)
        except cpu_builds.NoTorchPin as error:
            raise uv_edge.EnvironmentUnavailable(f"{plan.pin} cannot be installed: {error}") from error
        oldest = min(plan.pythons, key=_minor)
        build, rest = folder / "build.in", folder / "rest.in"
        build.write_text(plan.pin + "\n")
        rest.write_text("\n".join(needs) + "\n")
        pinned = wheel_hashes.line(plan.pin)
        if pinned is None:
            uv.compile(build, build.with_suffix(".txt"), python_version=oldest, options=("--no-deps",))
        else:
            build.with_suffix(".txt").write_text(pinned + "\n")
        uv.compile(rest, rest.with_suffix(".txt"), python_version=oldest, options=uv_edge.until(plan.cutoff))
        return build.with_suffix(".txt").read_text() + rest.with_suffix(".txt").read_text()


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def main() -> None:
    """Write the lock file of each image named on the command line into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--into", type=Path, required=True, help="folder of the lock files")
    parser.add_argument("images", nargs="+", help="such as vllm/vllm-openai:v0.15.1")
    asked = parser.parse_args()
    uv = uv_edge.Uv(say=_say)
    for name in asked.images:
        plan = cpu_builds.plan_for(images.parse(name))
        if isinstance(plan, cpu_builds.NoCpuBuild):
            parser.error(plan.reason)
        _say(f"locking {plan.pin} as of {plan.cutoff}")
        text = lock(plan, uv=uv, python=sys.executable)
        (asked.into / f"{plan.stand_in.version}.txt").write_text(text)


def _say(line: str) -> None:
    sys.stderr.write(f"vllm-qualify: {line}\n")


if __name__ == "__main__":
    main()
