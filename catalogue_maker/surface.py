"""What callers, alerts and manifests touch beside the options: request fields, metric names, environment variables."""

from __future__ import annotations

import ast
import inspect
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalogue_maker.pieces import Pieces
from catalogue_maker.source import Source, UnknownShape

_PROTOCOLS = ("vllm.entrypoints.openai.chat_completion.protocol", "vllm.entrypoints.openai.protocol")
_METRIC = re.compile(r"vllm:[a-z][a-z0-9_]*[a-z0-9]")
_TOTAL = "_total"
_SHARED = ("vllm.entrypoints.openai.engine.protocol", "vllm.entrypoints.generate.base.protocol")


def request(pieces: Pieces) -> dict[str, Any]:
    """Fields of a chat completion and of its answer, and what becomes of fields that are unknown."""
    asked = _class(pieces, "ChatCompletionRequest")
    answered = _class(pieces, "ChatMessage")
    kind = inspect.get_annotations(_class(pieces, "ResponseFormat"))["type"]
    return {
        "request_fields": fields(asked),
        "message_fields": fields(answered),
        "response_formats": sorted(str(name) for name in typing.get_args(kind)),
        "unknown_fields": str(asked.model_config["extra"]),
    }


def _class(pieces: Pieces, name: str) -> Any:
    for place in (*_PROTOCOLS, *_SHARED):
        tree = pieces.source.tree(place)
        if tree and any(isinstance(one, ast.ClassDef) and one.name == name for one in tree.body):
            return pieces.get(place, name)
    raise UnknownShape(f"no protocol module of vLLM {pieces.source.version} defines {name}; teach the maker its place")


def fields(model: Any) -> list[str]:
    """The fields of a pydantic model, those of its bases included."""
    names: set[str] = set()
    for base in model.__mro__:
        hints = inspect.get_annotations(base)
        names |= {name for name, hint in hints.items() if "ClassVar" not in str(hint) and not name.startswith("_")}
    return sorted(names - {"model_config"})


def environment(pieces: Pieces) -> list[str]:
    """The environment variables that vLLM itself reads."""
    return sorted(pieces.get("vllm.envs", "environment_variables"))


def metrics(source: Source, *, engine: str) -> dict[str, str]:
    """By name at ``/metrics``, ``hidden`` where it is off unless asked for, else empty; of the default engine alone.

    A counter ends on ``_total`` there, whether it was made with that ending or without.
    """
    seen: list[_Metric] = []
    for file in sorted(source.root.joinpath("vllm").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "vllm:" in text and _of_the_engine(file.relative_to(source.root).as_posix(), engine=engine):
            seen += _named(ast.parse(text))
    counters = {one.name.removesuffix(_TOTAL) for one in seen if one.counter}
    found: dict[str, str] = {}
    for one in seen:
        base = one.name.removesuffix(_TOTAL)
        name = base + _TOTAL if base in counters else one.name
        found[name] = "hidden" if one.hidden and found.get(name, "hidden") else ""
    if not found:
        raise UnknownShape(f"no metric of vLLM {source.version} was found; look at where they are made now")
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metric:
    name: str
    counter: bool
    hidden: bool


def _of_the_engine(inside: str, *, engine: str) -> bool:
    if inside.startswith("vllm/benchmarks/"):
        return False
    return not inside.startswith("vllm/v1/") if engine == "V0" else inside != "vllm/engine/metrics.py"


def _named(node: ast.AST, *, counter: bool = False, hidden: bool = False) -> Iterator[_Metric]:
    """Texts that are names of metrics; some releases hand them over in tables, so they need not stand in a call."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _METRIC.fullmatch(node.value):
        yield _Metric(name=node.value, counter=counter, hidden=hidden)
    counts = counter or "counter" in _maker(node)
    for child in ast.iter_child_nodes(node):
        below = isinstance(node, ast.If) and child in node.body and "show_hidden" in ast.unparse(node.test)
        yield from _named(child, counter=counts, hidden=hidden or below)


def _maker(node: ast.AST) -> str:
    """What makes a metric, or what a table of metrics is called."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).lower()
    return " ".join(map(ast.unparse, node.targets)).lower() if isinstance(node, ast.Assign) else ""
