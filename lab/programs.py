"""The programs of a lab, built from Go modules once into the user's cache; used by ``lifecycle`` and ``scripted``."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.edge import caches, exclusive

_MODULES = Path(__file__).parent / "go"
_KUBERNETES = "v1.34.4"
_VERSION = "k8s.io/component-base/version"
_STAMP = f"-X {_VERSION}.gitVersion={_KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=34"
# Beside the parts of a lab that end up in images rather than on the node.
_OWN = ("certificates", "gpu", "names", "pause", "probe", "runtime", "scripted", "services")


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


def missing() -> str | None:
    """Why no lab can run here, in one line; ``None`` if one can."""
    if sys.platform != "linux":
        return f"a lab needs Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "a lab needs root, for namespaces, mounts and control groups; run as root, or install Docker and kind"
    for program, help_ in (
        ("go", "install Go 1.26 or newer (go.dev/dl)"),
        ("gcc", "install a C compiler"),
        ("ip", "install iproute2"),
        ("unshare", "install util-linux"),
    ):
        if shutil.which(program) is None:
            return f"a lab needs {program}, which is not on PATH; {help_}"
    return None


def ensure(cache: caches.Caches, *, say: Callable[[str], None]) -> Path:
    """The folder of all programs, filled first if it is not there; a second process that wants the same waits.

    Raises:
        Unavailable: something is missing here, or a build failed.
    """
    if reason := missing():
        raise Unavailable(reason)
    place = cache.root / "lab" / f"programs-{_key()}"
    if place.is_dir():
        return place
    with exclusive.alone(cache.root / "locks", "lab-programs", say=say):
        return place if place.is_dir() else _make(place, say=say)


def _key() -> str:
    """Changes with the Go version, with any pin and with any line of our own programs."""
    digest = hashlib.sha256(_output("go", "version").encode())
    for path in sorted(_MODULES.rglob("*")):
        if path.is_file() and not path.name.endswith("_test.go"):
            digest.update(path.relative_to(_MODULES).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(repr(_BUILDS).encode())
    return digest.hexdigest()[:12]


def _make(place: Path, *, say: Callable[[str], None]) -> Path:
    for leftover in place.parent.glob("programs-*.part"):
        exclusive.sweep(leftover)
    part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}.part")
    part.mkdir(parents=True)
    began = time.monotonic()
    say("building the lab from Go modules (once; about ten minutes on two cores)")
    for number, build in enumerate(_BUILDS, start=1):
        say(f"{number} of {len(_BUILDS)}: {build.module}")
        _build(build, part)
    os.sync()
    part.rename(place)
    say(f"the lab's programs are ready after {time.monotonic() - began:.0f} s")
    return place


def _build(build: _Build, into: Path) -> None:
    argv = ["nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", build.flags, "-o", f"{into}/", *build.what]
    env = os.environ | {"CGO_ENABLED": "1" if build.c else "0"}
    done = subprocess.run(argv, cwd=_MODULES / build.module, env=env, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        tail = "\n".join(done.stderr.splitlines()[-15:])
        raise Unavailable(f"building {build.module} failed; is the Go module proxy reachable (go env GOPROXY)?\n{tail}")


def _output(*argv: str) -> str:
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout
