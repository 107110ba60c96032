"""What keeps every socket of an engine on this machine to the loopback.

An engine asks nobody who they are: whoever reaches a socket of it has it, and on a laptop in a cafe that is anybody.
"""

from __future__ import annotations

from pathlib import Path

ADDRESS = "127.0.0.1"
_INTERFACE = "lo"
_SITE = Path(__file__).with_name("engine_site")


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
