"""Which options and environment variables the names in a source stand for, by the release's own tables of arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue_maker.guards import dotted
from catalogue_maker.source import Source

_ARGUMENTS = "vllm.engine.arg_utils"
# What is named like them in a text is a variable of the environment, whether vLLM reads it or a library does.
_ENVIRONMENT = re.compile(
    r"(?:VLLM|CUDA|CUDNN|NVCC|HF|HUGGING_FACE|TRANSFORMERS|NCCL|TORCH|TORCHINDUCTOR|PYTORCH|TRITON|FLASHINFER|RAY"
    r"|LMCACHE|UCX|NVSHMEM|GLOO|MOONCAKE|NIXL|OMP|LD|ROCM|XDG)_[A-Z0-9_]+|MAX_JOBS"
)
_ARGS = frozenset({"args", "engine_args", "parsed_args"})
_LAST = "--model"
"""Nearly every text may name the model; what else it names says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The tables of one release.

    Attributes:
        spellings: every spelling of every option, with the one that people write.
        dests: the option by its ``dest``.
        fields: by class of a configuration and its field, the ``dest`` that fills it under another name.
        classes: the configurations that options fill, by the name of a variable that holds one.
        environment: the variables that the release reads.
    """

    spellings: Mapping[str, str]
    dests: Mapping[str, str]
    fields: Mapping[tuple[str, str], str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    environment: frozenset[str] = frozenset()

    def of(self, names: Iterable[str], *, function: str = "") -> list[str]:
        """The options and variables that names stand for, in order, each once.

        Args:
            names: dotted, or as a text has them.
            function: in which they stand, with its class.
        """
        found = dict.fromkeys(one for name in names if (one := self._one(name, function.partition(".")[0])))
        return sorted(found, key=_LAST.__eq__)

    def _one(self, name: str, inside: str) -> str:
        if name.startswith("--"):
            return self.spellings.get(name, "")
        owner, _, last = name.rpartition(".")
        if last.isupper():
            return last if last in self.environment or (not owner and _ENVIRONMENT.fullmatch(last)) else ""
        return self._field(owner.rpartition(".")[2], last, inside) if owner else self._dest(last)

    def _field(self, owner: str, last: str, inside: str) -> str:
        if owner in _ARGS or (owner == "self" and inside.endswith("Args")):
            return self.dests.get(last, "")
        kind = self.classes.get(owner, "") if owner != "self" else inside if inside in self.classes.values() else ""
        if kind:
            return self.dests.get(self.fields.get((kind, last), last), "") or self.dests.get(owner, "")
        return self._dest(last) if owner == "self" else ""

    def _dest(self, name: str) -> str:
        """A word of its own may be anything; one of several words is the option that it is called like."""
        return self.dests.get(name, "") if "_" in name else ""


def of_release(
    source: Source, lines: Mapping[str, Iterable[Mapping[str, Any]]], environment: Iterable[str]
) -> Subjects:
    """The tables of a release.

    Args:
        source: the release.
        lines: its options, see `catalogue_maker.writing.lines`.
        environment: the variables that it reads.
    """
    options = [line for facts in lines.values() for line in facts]
    long = {line["dest"]: next((one for one in line["options"] if one.startswith("--")), "") for line in options}
    dests = {dest: option for dest, option in sorted(long.items()) if option} | {"model": _LAST}
    fields = dict(_fields(source, dests))
    classes = {kind for kind, _ in fields}
    return Subjects(
        spellings={one: long[line["dest"]] for line in options for one in line["options"] if one.startswith("--")},
        dests=dests,
        fields={place: dest for place, dest in fields.items() if dest},
        classes={_variable(kind): kind for kind in sorted(classes)},
        environment=frozenset(environment),
    )


def _fields(source: Source, dests: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """By class and field the option's ``dest`` that fills it; empty for a field that is filled otherwise."""
    tree = source.tree(_ARGUMENTS)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and (kind := dotted(node.func).rpartition(".")[2]).endswith("Config"):
            yield (kind, ""), ""
            for keyword in node.keywords:
                owner, _, last = dotted(keyword.value).rpartition(".")
                if keyword.arg and owner == "self" and last in dests:
                    yield (kind, keyword.arg), last


def _variable(kind: str) -> str:
    """``cache_config`` of ``CacheConfig``; ``LoRAConfig`` is held as ``lora_config``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", kind.replace("LoRA", "Lora").replace("EPLB", "Eplb"))
    return words.lower()
