"""Which of several containers serves: the one that runs vLLM, else the one that asks for a GPU. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vllm_qualify.arguments import server_likeness
from vllm_qualify.core import foreign
from vllm_qualify.kube.pod_templates import WORKLOADS, PodTemplate
from vllm_qualify.kube.serving import BadManifest

_GPU_RESOURCE = re.compile(r"(?:amd|gpu\.intel|nvidia)\.com/(?:gpu|mig-|vgpu|i915|xe)|nvidia\.com/gpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerCandidate:
    """One container of a pod template, and what speaks for it."""

    template: PodTemplate
    place: int
    weight: int

    @property
    def runs_vllm(self) -> bool:
        """Whether its image or its command line is vLLM's."""
        return self.weight >= server_likeness.RUNS_VLLM


def candidates(templates: Sequence[PodTemplate]) -> tuple[ContainerCandidate, ...]:
    """All containers of all templates. Of kinds that a cluster does not know by itself only those that run vLLM."""
    found = (
        ContainerCandidate(template=template, place=place, weight=weight(container))
        for template in templates
        for place, container in enumerate(template.containers)
        if isinstance(container, dict)
    )
    return tuple(one for one in found if one.template.kind in WORKLOADS or one.runs_vllm)


def weight(container: Mapping[str, Any]) -> int:
    """How much speaks for a container as the one that serves."""
    return server_likeness.weight(
        str(container.get("image") or ""),
        entrypoint=list(map(str, foreign.items(container.get("command")))),
        arguments=list(map(str, foreign.items(container.get("args")))),
        gpu=asks_for_gpu(container),
    )


def asks_for_gpu(container: Mapping[str, Any]) -> bool:
    """Whether a container's resources name a GPU."""
    resources = container.get("resources")
    parts = [resources.get(key) for key in ("limits", "requests")] if isinstance(resources, dict) else []
    return any(_GPU_RESOURCE.match(str(name)) for part in parts if isinstance(part, dict) for name in part)


def only(found: Sequence[ContainerCandidate], *, source: str, ways: str = "") -> ContainerCandidate:
    """The container that serves.

    Args:
        found: all that there are, at least one.
        source: the file, for messages.
        ways: how one is chosen, for the message.

    Raises:
        BadManifest: several are as likely.
    """
    most = max(one.weight for one in found)
    best = [one for one in found if one.weight == most]
    if len(best) == 1:
        return best[0]
    workloads = {(id(one.template.document), one.template.root): str(one.template) for one in best}
    if len(workloads) > 1:
        names = ", ".join(workloads.values())
        likely = "run vLLM" if best[0].runs_vllm else "may be the one that serves"
        raise BadManifest(
            f"{source}: expected exactly one workload, such as a Deployment, and found {names}; "
            f"all of them {likely}{f'; {ways}' if ways else ''}"
        )
    template = best[0].template
    raise BadManifest(
        f"{template.source}:{template.document.line(*template.pod)}: several containers, and not exactly one of them "
        "asks for nvidia.com/gpu or runs vLLM"
    )
