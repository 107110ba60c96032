"""Resolves what a build of vLLM needs to a lock file with hashes; used by installs and by script/lock-engines."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from vllm_qualify.core import images, wheel_hashes
from vllm_qualify.system import uv as uv_edge
from vllm_qualify.targets.local import cpu_builds, gpu_builds
from vllm_qualify.targets.local.cpu_builds import EnginePlan


def lock(plan: EnginePlan, *, uv: uv_edge.Uv, python: str) -> str:
    """The text of a plan's lock file: the build itself and everything it needs, as of the plan's cutoff.

    A CPU build is resolved by itself, without cutoff and dependencies: it was published later than its release, and
    it pins a torch that PyPI does not have. An official wheel needs none of that.

    Args:
        plan: what to lock.
        uv: does the work.
        python: an interpreter that the build supports.

    Raises:
        EnvironmentUnavailable: the build cannot be fetched, or its requirements have no solution.
    """
    with tempfile.TemporaryDirectory(prefix="vllm-qualify-lock-") as name:
        folder = Path(name)
        if plan.gpu:
            return _official(plan, folder, uv=uv)
        uv.unpack(plan.pin, folder / "build", python=python)
        metadata = next((folder / "build").glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
        try:
            needs = cpu_builds.requirements_of(metadata)
        except cpu_builds.NoTorchPin as error:
            raise uv_edge.EnvironmentUnavailable(f"{plan.pin} cannot be installed: {error}") from error
        oldest = _oldest(plan)
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


def _official(plan: EnginePlan, folder: Path, *, uv: uv_edge.Uv) -> str:
    asked, answer = folder / "wheel.in", folder / "wheel.txt"
    # Triton imports setuptools when the engine starts, and Python 3.12 no longer brings it.
    asked.write_text(f"{plan.pin}\nsetuptools\n")
    dated = () if plan.cutoff == gpu_builds.UNDATED else uv_edge.until(plan.cutoff)
    uv.compile(asked, answer, python_version=_oldest(plan), options=dated)
    return gpu_builds.held_to_known_hashes(answer.read_text(), pin=plan.pin)


def _oldest(plan: EnginePlan) -> str:
    return min(plan.pythons, key=lambda version: tuple(int(part) for part in version.split(".")))


def main() -> None:
    """Write the lock file of each image named on the command line into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--into", type=Path, required=True, help="folder of the lock files")
    parser.add_argument("--gpu", action="store_true", help="of the official CUDA wheel, not of the CPU build")
    parser.add_argument("images", nargs="+", help="such as vllm/vllm-openai:v0.15.1")
    asked = parser.parse_args()
    uv = uv_edge.Uv(say=_say)
    for name in asked.images:
        plan = (gpu_builds if asked.gpu else cpu_builds).plan_for(images.parse(name))
        if isinstance(plan, cpu_builds.NoBuild):
            parser.error(plan.reason)
        _say(f"locking {plan.pin} as of {plan.cutoff}")
        text = lock(plan, uv=uv, python=sys.executable)
        (asked.into / (f"{gpu_builds.DISTRIBUTION}-" * asked.gpu + f"{plan.stand_in.version}.txt")).write_text(text)


def _say(line: str) -> None:
    sys.stderr.write(f"vllm-qualify: {line}\n")


if __name__ == "__main__":
    main()
