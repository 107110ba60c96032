"""How each mode of a candidate is started: as production's container is, or with a canary; reads manifests."""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.config import Settings
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.shipped import CANARY
from vllm_qualify.preflight import settings_subject
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.container import candidate_spec, subjects
from vllm_qualify.targets.container.mode_start import ModeStart
from vllm_qualify.targets.container.subjects import ModeContainer
from vllm_qualify.targets.local import parsers
from vllm_qualify.targets.local.command import TOOL_PARSERS, local_arguments

_CPU_ROOM_GIB = "1"
_CPU_DTYPE = "float32"
"""In which the canaries give the same answers on every processor."""


def in_place(
    found: Mapping[Mode, ModeContainer], image: ImageRef, *, environment: Mapping[str, str], volume: str
) -> dict[Mode, ModeStart]:
    """As production's containers are, with the candidate's image.

    Args:
        found: what serves each mode.
        image: the candidate.
        environment: variables of the command line.
        volume: how volumes for what it compiles are called.
    """
    made = {}
    for mode, subject in found.items():
        spec = candidate_spec.in_place(
            subject.container.spec, str(image), environment=environment, volume=f"{volume}-{mode.value}"
        )
        manifest = subjects.manifest(spec, name=subject.container.name)
        made[mode] = ModeStart(
            spec=spec,
            manifest=manifest,
            model=next(iter(manifest.served_model_names), ""),
            parser=manifest.flag("--reasoning-parser") is not None,
        )
    return made


def canaries(settings: Settings, image: ImageRef, *, gpus: bool) -> dict[Mode, ModeStart]:
    """A canary for each mode, with those of the manifest's arguments that fit it.

    Args:
        settings: name the manifests.
        image: the candidate.
        gpus: there is a GPU for it.

    Raises:
        Unavailable: a manifest starts something else than vLLM.
    """
    made = {}
    for name, mode in settings.modes.named.items():
        words = parsers.arguments(image, settings_subject.serving(mode))
        dtype = "" if gpus else _CPU_DTYPE
        own = local_arguments(
            words,
            reasoning_parser=mode.reasoning_parser,
            tool_parser=TOOL_PARSERS.get(name, ""),
            release=image.release,
            gpu=gpus,
            dtype=dtype,
        )
        env = {} if gpus else {"VLLM_CPU_KVCACHE_SPACE": _CPU_ROOM_GIB}
        given = (*(("--dtype", dtype) if dtype else ()), *own.kept, *own.added)
        spec = candidate_spec.canary(str(image), given, models=str(CANARY), model=name, gpus=gpus, env=env)
        manifest = subjects.manifest(spec, name=name)
        made[Mode(name)] = ModeStart(
            spec=spec, manifest=manifest, model=name, parser=bool(mode.reasoning_parser), canary=True
        )
    return made


def difference(subject: ModeContainer, start: ModeStart) -> str:
    """What a candidate's container has otherwise than production's."""
    return candidate_spec.difference(subject.container.spec, start.spec)
