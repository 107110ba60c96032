"""What one look at the GPUs showed, and how the answers of its sources are read. Pure.

Made by ``gpu.nvml`` and, inside pods, by the Kubernetes target; read by the judge of GPU memory and by the doctor.
Two sources are known, the best first: NVML, and the program ``nvidia-smi``.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.gpu import clocks

MIB = 1024**2

NO_BINDING = "NVML cannot be used: this Python has neither pynvml nor vLLM's own copy of it"
NO_DEVICE = "the NVIDIA driver shows no GPU"
NO_DRIVER = "no NVIDIA driver (libnvidia-ml not found)"
NO_MEMORY = "the driver does not report the memory of this GPU (not supported)"
NOT_USED = "no GPU is used here, so no GPU memory can be seen"
TIMEOUT = "the NVIDIA driver did not answer in time: look for Xid lines in `dmesg` on the node"

Source = Literal["", "nvml", "nvidia-smi"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU as it was seen.

    Attributes:
        index: as the driver counts.
        driver: version of the driver, such as ``570.195.03``.
        memory_total_mib: memory of the card; ``None`` where the driver does not tell it.
        memory_used_mib: what is in use by anybody, without what the driver keeps for itself (as nvidia-smi counts).
        compute_capability: such as ``8.6``.
        clock_mhz: of its processors, now; ``None`` where the source does not tell.
        throttled: why that clock is held down, in words.
        busy: share of the last second, at most, in which it computed for anybody, 0 to 1; ``None`` likewise.
    """

    index: int
    name: str
    uuid: str = ""
    driver: str = ""
    memory_total_mib: int | None = None
    memory_used_mib: int | None = None
    compute_capability: str = ""
    clock_mhz: int | None = None
    throttled: tuple[str, ...] = ()
    busy: float | None = None

    @property
    def key(self) -> str:
        """What makes it the same card in two looks."""
        return self.uuid or str(self.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One look at the GPUs: either what was seen, or why nothing could be.

    Attributes:
        gpus: at least one unless there is a problem.
        source: who was asked.
        cuda: newest CUDA version that the driver supports, such as ``12.8``; ``""`` where the source does not tell.
        problem: a sentence for people.

    Raises:
        ValueError: there are both GPUs and a problem, or neither.
    """

    gpus: tuple[Gpu, ...] = ()
    source: Source = ""
    cuda: str = ""
    problem: str = ""

    def __post_init__(self) -> None:
        if bool(self.gpus) == bool(self.problem):
            raise ValueError(f"a reading has either GPUs or a problem, but got {self.gpus!r} and {self.problem!r}")

    @property
    def absent(self) -> bool:
        """There is no GPU; every other problem leaves that open."""
        return self.problem in {NO_DEVICE, NO_DRIVER}

    @property
    def memory_problem(self) -> str:
        """Why no memory can be told from it; ``""`` when it can."""
        told = any(gpu.memory_total_mib and gpu.memory_used_mib is not None for gpu in self.gpus)
        return self.problem or ("" if told else NO_MEMORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """NVML's number of an error (nvml.h), how nvidia-smi words the same, and what it means."""

    code: int
    words: re.Pattern[str]
    problem: str


# The order matters for nvidia-smi only: the more telling words come first.
_TROUBLES = (
    _Trouble(
        code=18,
        words=re.compile(r"version mismatch"),
        problem="the NVIDIA driver and its library are of different versions: the host's driver was updated without a "
        "reboot; reboot the node",
    ),
    _Trouble(
        code=15,
        words=re.compile(r"GPU is lost"),
        problem="the GPU is lost, it no longer answers on its bus: look for Xid lines in `dmesg` and reboot the node",
    ),
    _Trouble(
        code=16, words=re.compile(r"requires (?:reset|restart)"), problem="the GPU must be reset: reboot the node"
    ),
    _Trouble(
        code=4,
        words=re.compile(r"(?<!\[)Insufficient Permissions"),
        problem="no permission to use the NVIDIA driver: /dev/nvidiactl must be readable and writable to this user",
    ),
    _Trouble(
        code=9,
        words=re.compile(r"couldn't communicate with the NVIDIA driver|Driver Not Loaded"),
        problem="the NVIDIA driver is not loaded, only its library is present: check `dmesg` on the node",
    ),
    _Trouble(
        code=12,
        words=re.compile(r"couldn't find libnvidia-ml|NVML Shared Library Not Found"),
        problem=NO_DRIVER,
    ),
    _Trouble(code=6, words=re.compile(r"No devices were found"), problem=NO_DEVICE),
    _Trouble(code=10, words=re.compile(r"Timeout"), problem=TIMEOUT),
    _Trouble(code=3, words=re.compile(r"\AFailed to initialize NVML: Not Supported"), problem=NO_MEMORY),
    _Trouble(
        code=999,
        words=re.compile(r"Unknown Error"),
        problem=(
            "the NVIDIA driver answers with an unknown error: a running container loses its GPU when the node "
            "runs `systemctl daemon-reload`; restart the pod, and look for Xid lines in `dmesg`"
        ),
    ),
)


def from_nvml(document: Mapping[str, Any]) -> GpuReading:
    """Read the document that the script of ``gpu.nvml`` prints.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    if "error" in document:
        code, text = document["error"]["code"], document["error"]["text"]
        known = (trouble.problem for trouble in _TROUBLES if trouble.code == code)
        return GpuReading(source="nvml", problem=next(known, f"NVML does not answer ({text})"))
    if document["binding"] is None:
        return GpuReading(source="nvml", problem=NO_BINDING)
    gpus = tuple(_from_nvml(seen, driver=document["driver"]) for seen in document["gpus"])
    return GpuReading(gpus=gpus, source="nvml", cuda=_cuda(document["cuda"]), problem="" if gpus else NO_DEVICE)


_SMI_FIELDS = ("index", "name", "uuid", "driver_version", "memory.total", "memory.used", "compute_cap")


def smi_command() -> list[str]:
    """The command line whose output `parse_smi` reads."""
    return ["nvidia-smi", f"--query-gpu={','.join(_SMI_FIELDS)}", "--format=csv,noheader,nounits"]


def parse_smi(stdout: str, stderr: str = "") -> GpuReading:
    """Read what nvidia-smi printed; it words its errors on standard output, at times beside GPUs that are well.

    A word of an error outranks the GPUs: the one that is missing may be the one that counts.
    """
    text = f"{stdout}\n{stderr}".strip()
    known = next((trouble.problem for trouble in _TROUBLES if trouble.words.search(text)), "")
    if known:
        return GpuReading(source="nvidia-smi", problem=known)
    rows = [row for row in csv.reader(stdout.splitlines(), skipinitialspace=True) if row]
    if rows and all(len(row) == len(_SMI_FIELDS) and row[0].isdecimal() for row in rows):
        return GpuReading(gpus=tuple(_from_smi(row) for row in rows), source="nvidia-smi")
    said = f"said: {' '.join(text.split())[:200]}" if text else "printed nothing"
    return GpuReading(source="nvidia-smi", problem=f"nvidia-smi showed no GPU; it {said}")


def _from_nvml(seen: Mapping[str, Any], *, driver: str) -> Gpu:
    return Gpu(
        index=seen["index"],
        name=seen["name"],
        uuid=seen["uuid"],
        driver=driver,
        memory_total_mib=_mib(seen["total"]),
        memory_used_mib=_mib(seen["used"]),
        compute_capability=seen["capability"],
        clock_mhz=seen.get("clock"),
        throttled=clocks.reasons(seen.get("held")),
        busy=None if seen.get("busy") is None else seen["busy"] / 100,
    )


def _from_smi(row: list[str]) -> Gpu:
    index, name, uuid, driver, total, used, capability = ("" if word.startswith("[") else word for word in row)
    return Gpu(
        index=int(index),
        name=name,
        uuid=uuid,
        driver=driver,
        memory_total_mib=_number(total),
        memory_used_mib=_number(used),
        compute_capability=capability,
    )


def _cuda(number: int | None) -> str:
    """12080 is 12.8."""
    return f"{number // 1000}.{number % 1000 // 10}" if number else ""


def _mib(size: int | None) -> int | None:
    return None if size is None else round(size / MIB)


def _number(word: str) -> int | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return round(number) if math.isfinite(number) and number >= 0 else None
