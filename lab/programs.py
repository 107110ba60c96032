"""The programs of a lab, built from Go modules once into the user's cache; used by ``lifecycle`` and ``scripted``."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.system import caches, install_lock

_MODULES = Path(__file__).parent / "go"
_KUBERNETES = "v1.34.4"
_VERSION = "k8s.io/component-base/version"
_STAMP = f"-X {_VERSION}.gitVersion={_KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=34"
# Beside the parts of a lab that end up in images rather than on the node.
_OWN = ("certificates", "gpu", "names", "pause", "probe", "runtime", "scripted", "services")


_NEEDED = {
    "go": "install Go 1.26 or newer (go.dev/dl)",
    "gcc": "install a C compiler",
    "ip": "install iproute2",
    "unshare": "install util-linux",
}


class Unavailable(Exception):
    """This machine cannot run a lab; one line says why and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """One call of ``go build``.

    Attributes:
        module: folder of the module.
        what: packages, or ``tool`` for all that go.mod names as tools.
        flags: for the linker.
        c: whether it holds C.
    """

    module: str
    what: tuple[str, ...]
    flags: str = "-s -w"
    c: bool = False


_CONTAINERD = "github.com/containerd/containerd/v2/cmd"
_CNI = "github.com/containernetworking/plugins/plugins"
_CONTAINERS = (
    f"{_CONTAINERD}/containerd",
    f"{_CONTAINERD}/containerd-shim-runc-v2",
    f"{_CONTAINERD}/ctr",
    f"{_CNI}/ipam/host-local",
    f"{_CNI}/main/bridge",
    f"{_CNI}/main/loopback",
    "github.com/distribution/distribution/v3/cmd/registry",
)

_BUILDS = (
    _Build(module="own", what=tuple(f"./{name}" for name in _OWN)),
    _Build(module="containers", what=_CONTAINERS),
    # runc enters namespaces in C, before Go has started a thread.
    _Build(module="containers", what=("github.com/opencontainers/runc",), c=True),
    _Build(module="kubernetes", what=("tool",), flags=f"-s -w {_STAMP}"),
)


EVERYTHING = ("own", "containers", "kubernetes")
OWN = ("own",)


def missing() -> str | None:
    """Why no lab can run here, in one line; ``None`` if one can."""
    if sys.platform != "linux":
        return f"a lab needs Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "a lab needs root, for namespaces, mounts and control groups; run as root, or install Docker and kind"
    for program, remedy in _NEEDED.items():
        if shutil.which(program) is None:
            return f"a lab needs {program}, which is not on PATH; {remedy}"
    return None


def ensure(cache: caches.Caches, *, say: Callable[[str], None], modules: tuple[str, ...] = EVERYTHING) -> Path:
    """The folder of all programs, filled first if it is not there; a second process that wants the same waits.

    Args:
        cache: where it lies.
        say: takes one line of progress at a time.
        modules: what is needed; ``OWN`` is enough to make scripted images.

    Raises:
        Unavailable: Go is missing here, or a build failed.
    """
    if shutil.which("go") is None:
        raise Unavailable(f"a lab needs go, which is not on PATH; {_NEEDED['go']}")
    places = {module: cache.root / "lab" / f"{module}-{_key(module)}" for module in modules}
    together = (
        cache.root / "lab" / "-".join(("programs", *(place.name.rpartition("-")[2] for place in places.values())))
    )
    if together.is_dir():
        return together
    with install_lock.alone(cache.root / "locks", "lab-programs", say=say):
        for leftover in together.parent.glob("*.part"):
            install_lock.sweep(leftover)
        for module, place in places.items():
            if not place.is_dir():
                _make(place, module, say=say)
        return together if together.is_dir() else _gather(together, places.values())


def _key(module: str) -> str:
    """Changes with the Go version, with any pin and with any line of our own programs."""
    digest = hashlib.sha256(_output("go", "version").encode())
    for path in sorted((_MODULES / module).rglob("*")):
        if path.is_file() and not path.name.endswith("_test.go"):
            digest.update(path.relative_to(_MODULES).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(repr([build for build in _BUILDS if build.module == module]).encode())
    return digest.hexdigest()[:12]


def _make(place: Path, module: str, *, say: Callable[[str], None]) -> None:
    part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}.part")
    part.mkdir(parents=True)
    began = time.monotonic()
    say(f"building {module} from Go modules (once; minutes on two cores)")
    for build in _BUILDS:
        if build.module == module:
            _build(build, part)
    os.sync()
    part.rename(place)
    say(f"{module} is ready after {time.monotonic() - began:.0f} s")


def _gather(together: Path, places: Iterable[Path]) -> Path:
    """One folder for all, since some find others beside themselves; hard links cost nothing."""
    part = together.with_name(f"{together.name}.part")
    part.mkdir()
    for program in (program for place in places for program in place.iterdir()):
        os.link(program, part / program.name)
    return part.rename(together)


def _build(build: _Build, into: Path) -> None:
    argv = ["nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", build.flags, "-o", f"{into}/", *build.what]
    env = os.environ | {"CGO_ENABLED": "1" if build.c else "0"}
    done = subprocess.run(argv, cwd=_MODULES / build.module, env=env, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        tail = "\n".join(done.stderr.splitlines()[-15:])
        raise Unavailable(f"building {build.module} failed; is the Go module proxy reachable (go env GOPROXY)?\n{tail}")


def _output(*argv: str) -> str:
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout
