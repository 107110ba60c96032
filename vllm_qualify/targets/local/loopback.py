"""What keeps every socket of an engine on this machine to the loopback, and what is seen of those that it has.

An engine asks nobody who they are: whoever reaches a socket of it has it, and on a laptop in a cafe that is anybody.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

ADDRESS = "127.0.0.1"
_INTERFACE = "lo"
_SITE = Path(__file__).with_name("engine_site")
_LISTENING = "0A"


def variables() -> dict[str, str]:
    """Variables for the process of an engine; all that it starts inherits them.

    Source: vLLM's envs.py (``VLLM_HOST_IP``, ``VLLM_LOOPBACK_IP``: the addresses of its message queues and of
    torch.distributed), torch's ProcessGroupGloo and TensorPipe, NCCL's documentation; for torch's store, which heeds
    none of them, ``engine_site``.
    """
    return {
        "GLOO_SOCKET_IFNAME": _INTERFACE,
        "MASTER_ADDR": ADDRESS,
        "NCCL_SOCKET_IFNAME": _INTERFACE,
        "PYTHONPATH": str(_SITE),
        "TP_SOCKET_IFNAME": _INTERFACE,
        "VLLM_HOST_IP": ADDRESS,
        "VLLM_LOOPBACK_IP": ADDRESS,
    }


def listening(pid: int, *, proc: Path = Path("/proc")) -> Iterator[tuple[str, int]]:
    """Address and port of each TCP socket on which a process listens.

    Args:
        pid: of the process.
        proc: where the kernel tells of it.

    Source: Linux, Documentation/networking/proc_net_tcp.rst.
    """
    folder = proc / str(pid)
    mine = {path.readlink().name for path in (folder / "fd").iterdir() if path.is_symlink()}
    for name in ("tcp", "tcp6"):
        for line in (folder / "net" / name).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == _LISTENING and f"socket:[{words[9]}]" in mine:
                yield _read(words[1])


def _read(place: str) -> tuple[str, int]:
    """An address as the kernel writes it: words of 32 bits, each in the byte order of the machine."""
    address, _, port = place.partition(":")
    groups = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    packed = b"".join(struct.pack("=I", group) for group in groups)
    return str(ipaddress.ip_address(packed)), int(port, 16)
