"""What the name of a GPU says of it: compute capability, memory, and whether it is a GeForce. Pure.

Names are taken as NVML, node labels and people write them: ``NVIDIA GeForce RTX 3060``, ``NVIDIA-A100-SXM4-80GB``,
``rtx3060ti``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

Capability = tuple[int, int]

_CAPABILITY = re.compile(r"\s*(\d{1,3})\.(\d{1,3})\s*", re.ASCII)
_GLUED = re.compile(r"(?<=[a-z])(?=\d{4}(?!\d))|(?<=\d{4})(?=[a-z])", re.ASCII)
_LONGEST_NAME = 200
_MEMORY = re.compile(r"(\d{1,4})(?:gb|gib|g)", re.ASCII)
_MIB_A_GIB = 1024
# The same card is sold with more or less memory; what is written in the name decides, within the driver's rounding.
_SAME_MEMORY = 0.06
_OTHER_MAKERS = {
    "AMD": re.compile(r"amd|radeon|instinct|firepro|mi\d{2,3}x?|gfx\d+|rx", re.ASCII),
    "Apple": re.compile(r"apple", re.ASCII),
    "Intel": re.compile(r"intel|arc|gaudi\d?|iris|xe", re.ASCII),
}
_SERIES = re.compile(r"(?:rtx|gtx) ", re.ASCII)
_WORD = re.compile(r"[a-z0-9]+", re.ASCII)
_WORDS_WITHOUT_MEANING = frozenset(
    {"corporation", "geforce", "generation", "gpu", "graphics", "nvidia", "tesla", "with"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One kind of GPU.

    Attributes:
        name: its short name, such as ``rtx 3060``.
        capability: compute capability, 8.6 as ``(8, 6)``.
        memory_mib: as nvidia-smi tells it.
        kind: ``geforce``, ``titan``, ``workstation``, ``datacenter``, or ``embedded`` for one in the chip of a board.
    """

    name: str
    capability: Capability
    memory_mib: int
    kind: str

    @property
    def brands(self) -> frozenset[str]:
        """What the driver may call its brand; which of them depends on the driver's age."""
        return _BRANDS[self.kind]


_BRANDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "datacenter": frozenset({"nvidia", "tesla"}),
        "embedded": frozenset({"nvidia", "tegra"}),
        "geforce": frozenset({"geforce", "geforcertx"}),
        "titan": frozenset({"titan", "titanrtx"}),
        "workstation": frozenset({"nvidiartx", "quadro", "quadrortx"}),
    }
)


def capability(text: str) -> Capability | None:
    """Read ``8.6``; ``None`` for what is no compute capability."""
    match = _CAPABILITY.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def maker(name: str) -> str:
    """Who makes a GPU of this name: ``NVIDIA``, ``AMD``, ``Intel``, ``Apple``; ``""`` where nobody can tell."""
    words = _WORD.findall(name[:_LONGEST_NAME].lower())
    other = next((maker for word in words for maker, names in _OTHER_MAKERS.items() if names.fullmatch(word)), "")
    return other or ("NVIDIA" if "nvidia" in words or find(name) else "")


def alike(name: str) -> str:
    """The known name that is nearest to one that nobody knows; ``""`` where none is near."""
    from vllm_qualify.core import suggestions  # noqa: PLC0415 - only for a name that is not known.

    return suggestions.nearest(" ".join(_words(name)), _cards(), cutoff=0.75)


def find(name: str) -> Card | None:
    """The card of this name, the longest that fits; ``None`` for one that nobody here knows."""
    words = _words(name)
    if any(names.fullmatch(word) for word in words for names in _OTHER_MAKERS.values()):
        return None
    spelt = f" {' '.join(words)} "
    for known in sorted(_cards(), key=len, reverse=True):
        if f" {known} " in spelt:
            return _as_sold(_cards()[known], words)
    return None


def _words(name: str) -> tuple[str, ...]:
    """Lower-case words; the series is put in where people leave it out, as in ``3060`` and ``A6000``."""
    glued = _GLUED.sub(" ", name[:_LONGEST_NAME].lower().replace("_", " ").replace("-", " "))
    # "a6000" came apart as well; its letter belongs to the number.
    joined = re.sub(r"\ba (?=\d{4}\b)", "a", glued, flags=re.ASCII)
    words = [word for word in _WORD.findall(joined) if word not in _WORDS_WITHOUT_MEANING]
    laptop = "laptop" in words
    kept = [word for word in words if word not in {"laptop", "mobile"}]
    text = " ".join(kept)
    if not _SERIES.search(text) and (number := re.search(r"\ba?\d{4}\b", text, re.ASCII)):
        text = f"{text[: number.start()]}rtx {text[number.start() :]}"
    if laptop:
        text = re.sub(r"(rtx \d{4})", r"\1 laptop", text, count=1)
    return tuple(text.split())


def _as_sold(card: Card, words: tuple[str, ...]) -> Card:
    """The card with the memory that its name tells, where that is another."""
    sizes = [int(match[1]) * _MIB_A_GIB for word in words if (match := _MEMORY.fullmatch(word))]
    if not sizes or abs(sizes[0] - card.memory_mib) <= _SAME_MEMORY * card.memory_mib:
        return card
    return Card(name=card.name, capability=card.capability, memory_mib=sizes[0], kind=card.kind)


@cache
def _cards() -> Mapping[str, Card]:
    file = Path(__file__).parents[1] / "preflight" / "data" / "gpus.json"
    text = file.read_text(encoding="utf-8")
    cards: dict[str, Card] = {}
    for kind, number, names in json.loads(text)["cards"]:
        known = capability(number)
        assert known is not None, number  # noqa: S101  # The file is part of this package.
        cards |= {name: Card(name=name, capability=known, memory_mib=size, kind=kind) for name, size in names.items()}
    return MappingProxyType(cards)
