"""The first process of a ``machine``: gives it places of its own, then reaps what is left to it until it is killed."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_NEW_CGROUP = 0x02000000  # CLONE_NEWCGROUP of linux/sched.h.
# Podman's networks, whatever its own settings say, outlive a boot; of their addresses its distribution clears the list.
_KEPT = ("/etc/cni",)
_CLEARED = ("/run", "/var/lib/cni")


def main(arguments: list[str]) -> None:
    """Run the machine that keeps its things in a folder, with everything in a control group."""
    folder, cgroup = arguments
    _do("mount", "--make-rprivate", "/")
    _control_groups(cgroup)
    for place in _CLEARED:
        Path(place).mkdir(parents=True, exist_ok=True)
        _do("mount", "-t", "tmpfs", "machine", place)
    for place in _KEPT:
        own = Path(folder, place.strip("/"))
        for one in (own, Path(place)):
            one.mkdir(parents=True, exist_ok=True)
        _do("mount", "--bind", str(own), place)
    _do("ip", "link", "set", "lo", "up")
    (Path(folder) / "ready").touch()
    # With a child that never ends, waiting never fails, and orphans come to process 1 at any time.
    os.posix_spawnp("sleep", ["sleep", "infinity"], os.environ)
    while True:
        os.waitpid(-1, 0)


def _control_groups(cgroup: str) -> None:
    """Make the group the root of what is seen in here, in each hierarchy of version 1 or in the one of version 2."""
    version_2 = (_CGROUPS / "cgroup.controllers").is_file()
    roots = [_CGROUPS] if version_2 else [one for one in sorted(_CGROUPS.iterdir()) if not one.is_symlink()]
    for root in roots:
        (root / cgroup / "cgroup.procs").write_text("0")
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_CGROUP):
        raise OSError(ctypes.get_errno(), "no namespace of its own for control groups")
    for root in roots:
        options = _mount_options(root)
        _do("umount", str(root))
        _do("mount", *options, "cgroup", str(root))
    if version_2:
        _leave_root()


def _mount_options(root: Path) -> list[str]:
    if (root / "cgroup.controllers").is_file():
        return ["-t", "cgroup2"]
    name = f"none,name={root.name}" if root.name == "systemd" else root.name
    return ["-t", "cgroup", "-o", name]


def _leave_root() -> None:
    """In version 2 a group with processes hands no controllers on."""
    first = _CGROUPS / "first"
    first.mkdir(exist_ok=True)
    (first / "cgroup.procs").write_text("0")
    wanted = (_CGROUPS / "cgroup.controllers").read_text().split()
    (_CGROUPS / "cgroup.subtree_control").write_text(" ".join(f"+{one}" for one in wanted))


def _do(*argv: str) -> None:
    subprocess.run(argv, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
