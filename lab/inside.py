"""The first process of a lab, in namespaces of its own: lays mounts and addresses out, then keeps every part running.

Started by ``lifecycle`` with the folder of the lab as working directory, and with nothing else: all processes of a lab
have that directory or were started by one that has. When this process ends, the kernel ends the rest and takes the
mounts and links along.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from lab import parts, settings
from lab.places import NODE, Lab

_RESTART_SECONDS = 0.5
_LINK_SECONDS = 20.0

# The kubelet sets these for the whole machine unless it finds them so; in the lab it finds them so.
_KERNEL = {
    "kernel/keys/root_maxbytes": "25000000",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
}


def main(arguments: list[str]) -> None:
    """Run the lab that works here until told to end."""
    lab = Lab(
        name=arguments[0],
        folder=Path(arguments[1]),
        index=int(arguments[2]),
        programs=Path(arguments[3]),
    )
    signal.signal(signal.SIGTERM, _end)
    _mounts(lab)
    _network(lab)
    _keys(lab)
    _keep_running(lab, parts.parts(lab))


def _end(*_: object) -> None:
    sys.exit(0)


def _mounts(lab: Lab) -> None:
    """Give the lab a /run, /var/lib and /var/log of its own; they are fixed paths in containerd and the kubelet."""
    _do("mount", "--make-rshared", "/")
    _do("mount", "-t", "tmpfs", "lab", "/run")
    for place in ("lib", "log"):
        inner = lab.folder / "var" / place
        inner.mkdir(parents=True)
        _do("mount", "--bind", str(inner), f"/var/{place}")
    # The operator's model cache; a hostPath of type Directory must be there.
    Path("/var/lib/vllm/huggingface").mkdir(parents=True)
    for name, value in _KERNEL.items():
        stand_in = lab.folder / "kernel" / name.replace("/", ".")
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text(f"{value}\n")
        if Path("/proc/sys", name).exists():
            _do("mount", "--bind", str(stand_in), f"/proc/sys/{name}")


def _network(lab: Lab) -> None:
    """Take the cable that the host puts in, and route all Services to ourselves, where ``services`` listens."""
    deadline = time.monotonic() + _LINK_SECONDS
    while not _has_link(lab.far_link):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the host put no link {lab.far_link} into the lab within {_LINK_SECONDS:.0f} s")
        time.sleep(0.02)
    _do("ip", "link", "set", "lo", "up")
    _do("ip", "link", "set", lab.far_link, "name", "eth0")
    _do("ip", "address", "add", f"{lab.node_ip}/24", "dev", "eth0")
    _do("ip", "link", "set", "eth0", "up")
    _do("ip", "route", "add", "default", "via", lab.host_ip)
    _do("ip", "route", "add", "local", lab.service_network, "dev", "lo")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")


def _has_link(name: str) -> bool:
    """/proc/net, unlike a /sys mounted outside, shows the links of our own network namespace."""
    return any(line.strip().startswith(f"{name}:") for line in Path("/proc/net/dev").read_text().splitlines())


def _keys(lab: Lab) -> None:
    lab.keys.mkdir(mode=0o700)
    addresses = (lab.node_ip, lab.service_ip, "127.0.0.1", "localhost", NODE, "kubernetes.default.svc")
    wishes = [f"{name}={subject}" for name, subject in parts.IDENTITIES.items()]
    _do(str(lab.programs / "certificates"), str(lab.keys), ",".join(addresses), *wishes)
    for name, text in settings.files(lab).items():
        path = lab.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    whole = settings.kubeconfig(
        lab,
        authority=(lab.keys / "ca.crt").read_bytes(),
        certificate=(lab.keys / "admin.crt").read_bytes(),
        key=(lab.keys / "admin.key").read_bytes(),
    )
    part = lab.kubeconfig.with_suffix(".part")
    part.write_text(whole)
    part.chmod(0o600)
    part.rename(lab.kubeconfig)


def _keep_running(lab: Lab, wanted: Iterable[parts.Part]) -> None:
    """Start every part, start again what ends, and reap what the containers' shims leave to us."""
    lab.logs.mkdir()
    running = {_start(lab, part): part for part in wanted}
    while True:
        _write_pids(lab, running)
        pid, status = os.waitpid(-1, 0)
        part = running.pop(pid, None)
        if part is None:
            continue
        print(f"{part.name} ended with status {status}; starting it again", flush=True)  # noqa: T201 (this is its log)
        time.sleep(_RESTART_SECONDS)
        running[_start(lab, part)] = part


def _start(lab: Lab, part: parts.Part) -> int:
    with (lab.logs / f"{part.name}.log").open("ab") as log:
        # Never waited for as an object: waitpid above learns of every child alike.
        return os.posix_spawn(
            part.argv[0],
            part.argv,
            {
                "PATH": f"{lab.programs}:{os.environ['PATH']}",
                "HOME": str(lab.folder),
                "TMPDIR": "/run",
                # The registry would otherwise report to a collector that is not there.
                "OTEL_TRACES_EXPORTER": "none",
            },
            file_actions=[(os.POSIX_SPAWN_DUP2, log.fileno(), 1), (os.POSIX_SPAWN_DUP2, log.fileno(), 2)],
            setsigdef=[signal.SIGTERM],
        )


def _write_pids(lab: Lab, running: dict[int, parts.Part]) -> None:
    """Process ids as seen inside, for tests that end one."""
    part = lab.folder / "pids.part"
    part.write_text(json.dumps({one.name: pid for pid, one in running.items()}))
    part.rename(lab.folder / "pids.json")


def _do(*argv: str) -> None:
    subprocess.run(argv, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
