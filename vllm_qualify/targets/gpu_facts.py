"""GPUs, driver and toolkit as facts that verdicts hold for; the kinds of targets ask for them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vllm_qualify.core.fact_names import DRIVER, GPUS, TOOLKIT
from vllm_qualify.core.standing import PresentFacts
from vllm_qualify.core.verdict_facts import NONE
from vllm_qualify.gpu.reading import Gpu, GpuReading
from vllm_qualify.preflight import NodeFacts

WITHOUT = PresentFacts(known={GPUS: NONE, DRIVER: NONE})
"""Of a place without a GPU."""


def of(gpus: Iterable[Gpu]) -> PresentFacts:
    """The cards by name and UUID, with their driver."""
    cards = tuple(gpus)
    known = {
        GPUS: "; ".join(f"{one.name} {one.uuid}".strip() for one in cards),
        DRIVER: ", ".join(dict.fromkeys(one.driver for one in cards if one.driver)),
    }
    return _told(known, why="the driver does not report it")


def of_machine(seen: GpuReading, *, toolkit: Callable[[], str]) -> PresentFacts:
    """What containers of this machine run on.

    Args:
        seen: a look at its GPUs.
        toolkit: asks for the version of nvidia-ctk, where there is a GPU.
    """
    if seen.absent:
        return WITHOUT | PresentFacts(known={TOOLKIT: NONE})
    if seen.problem:
        return PresentFacts(unknown=dict.fromkeys((GPUS, DRIVER, TOOLKIT), seen.problem))
    version = toolkit()
    if version == "?":
        return of(seen.gpus) | PresentFacts(unknown={TOOLKIT: "nvidia-ctk --version prints no version"})
    return of(seen.gpus) | PresentFacts(known={TOOLKIT: version or NONE})


def of_node(node: NodeFacts, *, toolkit: str, why: str) -> PresentFacts:
    """What the labels of a node tell.

    Args:
        node: as far as it is known.
        toolkit: as the settings have it, since no label tells it.
        why: what is to be known of the node.
    """
    known = {GPUS: f"{node.gpus} x {node.gpu}" if node.gpu else "", DRIVER: node.driver, TOOLKIT: toolkit}
    return _told(known, why=why or "no label of the node says it")


def _told(facts: dict[str, str], *, why: str) -> PresentFacts:
    known = {name: fact for name, fact in facts.items() if fact}
    return PresentFacts(known=known, unknown={name: why for name in facts if name not in known})
