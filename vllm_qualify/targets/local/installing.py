"""Makes the content of one engine environment in a folder that nothing uses yet; called by environments alone."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

from vllm_qualify.core import verdict_facts
from vllm_qualify.system import caches, stream_command
from vllm_qualify.system.process_runner import RunProcess
from vllm_qualify.system.uv import EnvironmentUnavailable, Uv
from vllm_qualify.targets.local import elf, uv_lock
from vllm_qualify.targets.local.cpu_builds import EnginePlan

_PACKAGES = {"libnuma.so.1": "libnuma1 on Debian and Ubuntu, numactl-libs on Fedora and RHEL"}

# Runs inside the engine's own Python, whose loader may find other libraries than ours does.
_LOADER = """
import ctypes, json, sys
unloadable = []
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name)
    except OSError:
        unloadable.append(name)
ctypes.CDLL("libstdc++.so.6")
maps = open("/proc/self/maps").read().split()
print(json.dumps({"unloadable": unloadable, "libstdcxx": next(part for part in maps if "/libstdc++.so" in part)}))
"""

_COMPILING = """
import os, shutil, sys, sysconfig
version = f"{sys.version_info.major}.{sys.version_info.minor}"
if not (os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")):
    print("a C compiler; install gcc, then run again")
elif not os.path.isfile(os.path.join(sysconfig.get_path("include"), "Python.h")):
    print(f"the headers of Python {version}; install python{version}-dev, then run again")
"""

# What the server imports at once and what its engine imports when it starts, in the places where releases keep it,
# so that a broken set of packages shows here and never as a fault of the release.
_PROOF = """
import importlib
import sys
import torch
import vllm
from vllm.platforms import current_platform
found, wanted = current_platform.device_type, sys.argv[1]
assert found == wanted, f"vLLM takes this machine for {found!r}, not for {wanted!r}"
import vllm.entrypoints.openai.api_server
names = {
    "cpu": ("_C", "attention.backends.torch_sdpa", "v1.attention.backends.cpu_attn", "v1.worker.cpu_worker"),
    "cuda": ("_C", "v1.attention.backends.flash_attn", "v1.worker.gpu_worker"),
}
for name in names[wanted]:
    try:
        importlib.import_module(f"vllm.{name}")
    except ModuleNotFoundError as error:
        if not f"vllm.{name}.".startswith(f"{error.name}."):
            raise
"""


def install(plan: EnginePlan, folder: Path, *, lock: str | None, python: str, uv: Uv) -> None:
    """Fill a new folder with everything that a stand-in needs, prove that it imports, and mark it as complete.

    Args:
        plan: what to install.
        folder: where; it does not exist yet.
        lock: the text of the lock file; ``None``: resolve one now.
        python: an interpreter, or a minor version for uv to fetch.
        uv: does the work.

    Raises:
        EnvironmentUnavailable: any step failed; what is in the folder then is worth nothing.
    """
    uv.make_venv(folder, python=python)
    engine = folder / "bin" / "python"
    pins = folder / "lock.txt"
    if lock is None:
        uv.say(f"resolving the requirements of {plan.pin} as of {_day(plan)}")
        lock = uv_lock.lock(plan, uv=uv, python=str(engine))
    pins.write_text(lock)
    size = "4 to 6 GB to download, 9 to 14 GB" if plan.gpu else "up to 3 GB to download, 6 to 9 GB"
    uv.say(f"installing {plan.pin} and its requirements ({size} on disk)")
    uv.sync(folder, lock=pins)
    site = site_packages(folder)
    if plan.gpu:
        _check_compiling(engine, run=uv.run)
    else:
        name_vllm(site, version=plan.stand_in.version)
        mend_extensions(site, python=engine, run=uv.run, say=uv.say)
    prove(engine, run=uv.run, say=uv.say, gpu=plan.gpu)
    _mark(plan, folder)


def committed_lock(plan: EnginePlan) -> str | None:
    """The text of the lock file of a plan, the operator's own or the one that ships; ``None`` when there is none."""
    if plan.own:
        return plan.own
    if plan.lock is None:
        return None
    return importlib.resources.files("vllm_qualify.targets.local.locks").joinpath(plan.lock).read_text(encoding="utf-8")


def origin(plan: EnginePlan) -> str:
    """Where the versions of a plan's requirements come from, for the reader of a report."""
    if plan.own:
        return plan.stand_in.note
    return f"the lock file {plan.lock}" if plan.lock else f"resolved as of {_day(plan)}, without a lock file that ships"


def fingerprint(plan: EnginePlan) -> str:
    """A plan in a few words that are others for every other build or lock."""
    lock = committed_lock(plan)
    pinned = f"lock {verdict_facts.fingerprint(lock)}" if lock else f"resolved as of {_day(plan)}"
    return f"{plan.stand_in} ({pinned})"


def _day(plan: EnginePlan) -> str:
    return "the day of the installation" if plan.cutoff == date.max else plan.cutoff.isoformat()


def site_packages(folder: Path) -> Path:
    """Where an environment keeps its packages.

    Raises:
        EnvironmentUnavailable: the folder holds no environment.
    """
    found = next(folder.glob("lib/python3.*/site-packages"), None)
    if found is None:
        raise EnvironmentUnavailable(f"{folder} holds no Python environment; remove it and run again")
    return found


def name_vllm(site: Path, *, version: str) -> None:
    """Add a distribution ``vllm`` whose version says cpu, unless there is one: several releases look for it."""
    for metadata in site.glob("vllm-*.dist-info"):
        if "cpu" in metadata.name:
            return
    info = site / f"vllm-{version}+cpu.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}+cpu\n")
    (info / "INSTALLER").write_text("vllm-qualify\n")
    (info / "RECORD").write_text("".join(f"{info.name}/{name},,\n" for name in ("METADATA", "INSTALLER", "RECORD")))


def mend_extensions(site: Path, *, python: Path, run: RunProcess, say: Callable[[str], None]) -> None:
    """Make vLLM's compiled extensions loadable here, where that is safe, and say what is missing where it is not.

    Raises:
        EnvironmentUnavailable: a shared library is missing on this machine, or is too old.
    """
    extensions = sorted((site / "vllm").glob("*.so"))
    ours = {
        path.name.partition(".so")[0] for folder in ("torch/lib", "*.libs") for path in site.glob(f"{folder}/*.so*")
    }
    wanted = {name for path in extensions for name in elf.libraries(path) if name.partition(".so")[0] not in ours}
    argv = (str(python), "-I", "-c", _LOADER, *sorted(wanted))
    loaded = stream_command.run(argv, doing="checking libraries", say=None, runner=run)
    if loaded.exit_code != 0:
        raise EnvironmentUnavailable(
            "the C++ runtime of this machine cannot be loaded; install libstdc++6", detail=loaded.stdout
        )
    facts = json.loads(loaded.stdout.splitlines()[-1])
    if facts["unloadable"]:
        raise EnvironmentUnavailable(_missing(facts["unloadable"]), detail=loaded.stdout)
    available = elf.provided(Path(facts["libstdcxx"]))
    for path in extensions:
        try:
            if elf.drop_demand(path, available):
                say(f"this machine's libstdc++ is older than {path.name} requests but does not use; fixed the copy")
        except elf.DemandInUse as error:
            raise EnvironmentUnavailable(str(error)) from error


def prove(python: Path, *, run: RunProcess, say: Callable[[str], None], gpu: bool = False) -> None:
    """Import the server once, which must take this machine for what it is to run on.

    Raises:
        EnvironmentUnavailable: it does not import; the detail holds the traceback.
    """
    say("importing vLLM once to check the environment (about 20 s)")
    argv = (str(python), "-I", "-c", _PROOF, "cuda" if gpu else "cpu")
    done = stream_command.run(argv, doing="importing vLLM", say=None, runner=run)
    if done.exit_code != 0:
        last = done.stdout.splitlines()[-1] if done.stdout else f"ended with {done.exit_code}"
        raise EnvironmentUnavailable(
            f"vLLM was installed but does not import ({last}); this is a fault of the environment, not of the release",
            detail=done.stdout,
        )


def _check_compiling(python: Path, *, run: RunProcess) -> None:
    """Triton compiles a small C file for each kernel when the engine starts.

    Raises:
        EnvironmentUnavailable: there is no C compiler, or Python's headers are missing.
    """
    argv = (str(python), "-I", "-c", _COMPILING)
    done = stream_command.run(argv, doing="looking for a C compiler", say=None, runner=run)
    if lacking := done.stdout.strip():
        raise EnvironmentUnavailable(f"an engine on the GPU compiles kernels, and this machine lacks {lacking}")


def _missing(names: list[str]) -> str:
    wanted = "; ".join(f"{name} ({_PACKAGES[name]})" if name in _PACKAGES else name for name in names)
    return f"shared libraries that vLLM needs are missing on this machine: {wanted}; install them, then run again"


def _mark(plan: EnginePlan, folder: Path) -> None:
    made = {"stand_in": asdict(plan.stand_in), "cutoff": plan.cutoff.isoformat(), "bytes": caches.size_of(folder)}
    (folder / caches.MARKER).write_text(json.dumps(made, indent=2) + "\n")
