"""Which GPUs and devices a Compose service asks for, in any of the ways in which it may. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.spec import ALL_GPUS, GpuRequest

_CDI = re.compile(r"[\w.-]+/[\w.-]+=[\w.:-]+", re.ASCII)
_GPU_NAME = re.compile(r"nvidia\.com/(?:gpu|mig)", re.ASCII)
_USUAL = "rwm"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeDevices:
    """What of the host's devices a service gets.

    Attributes:
        request: GPUs that are asked for by number or by name; ``None`` for none.
        devices: words of ``--device``, CDI names among them.
    """

    request: GpuRequest | None = None
    devices: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether a GPU is among them."""
        return self.request is not None or any(map(_GPU_NAME.match, self.devices))

    @property
    def count(self) -> int | None:
        """How many GPUs they are; ``None`` where that is not said, as by ``all``."""
        named = [name for name in self.devices if _GPU_NAME.match(name)]
        if self.request is not None:
            return len(self.request.ids) or (None if self.request.count == ALL_GPUS else self.request.count)
        return len(named) if named and not any(name.endswith("=all") for name in named) else None


def read(service: Mapping[str, Any]) -> ComposeDevices:
    """Read ``gpus``, the reservations of ``deploy`` and ``devices``.

    Raises:
        UnreadableContainer: GPUs are asked for in two ways that cannot be one request.
    """
    requests = [*_short(service.get("gpus")), *_reserved(service)]
    cdi = [name for one in requests if one.get("driver") == "cdi" for name in map(str, one.get("device_ids") or ())]
    plain = [_request(one) for one in requests if one.get("driver") != "cdi"]
    if len(set(plain)) > 1:
        raise UnreadableContainer(
            f"GPUs are asked for in {len(plain)} ways ({'; '.join(map(str, plain))}); write them as one device_ids or "
            "one count"
        )
    return ComposeDevices(
        request=plain[0] if plain else None,
        devices=(*map(_device, service.get("devices") or ()), *cdi),
    )


def _short(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from value
    elif value:
        yield {"count": value}


def _reserved(service: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The reservations that are for GPUs; one without capabilities is, since Compose asks for at least one."""
    value: Any = service
    for step in ("deploy", "resources", "reservations", "devices"):
        value = value.get(step) if isinstance(value, dict) else None
    for one in value or ():
        named = [str(each) for each in one.get("capabilities") or ("gpu",)]
        if one.get("driver") in {"cdi", "nvidia"} or "gpu" in named:
            yield one


def _request(one: Mapping[str, Any]) -> GpuRequest:
    if ids := tuple(map(str, one.get("device_ids") or ())):
        return GpuRequest(count=0, ids=ids)
    count = one.get("count")
    return GpuRequest(count=ALL_GPUS if count in {None, "all", "-1"} else int(str(count)))


def _device(value: object) -> str:
    """One word of ``--device``; what Docker Compose renders a CDI name as has it twice."""
    if isinstance(value, dict):
        source, target = str(value.get("source") or ""), str(value.get("target") or value.get("source") or "")
        permissions = str(value.get("permissions") or _USUAL)
    else:
        source, _, rest = str(value).partition(":")
        if _CDI.fullmatch(str(value)):
            return str(value)
        target, _, permissions = (rest or source).partition(":")
    if _CDI.fullmatch(source):
        return source
    ends = f":{permissions}" if permissions not in {"", _USUAL} else ""
    return f"{source}:{target}{ends}" if ends or target != source else source
