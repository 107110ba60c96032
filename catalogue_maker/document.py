"""Everything that the sources of one release say, as one document; and which parts of it hold on every start."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catalogue_maker import image, parsing, registries, surface
from catalogue_maker.pieces import Pieces
from catalogue_maker.source import Source, UnknownShape

_REQUIREMENTS = {
    "torch": ("requirements/cuda.txt", "requirements-cuda.txt"),
    "transformers": ("requirements/common.txt", "requirements-common.txt"),
}
_OLD_WORKER, _NEW_CORE = "vllm.worker.worker", "vllm.v1.engine.core"


def read(source: Source) -> dict[str, Any]:
    """The document of a release; what neither its sources nor its recipe tell is missing in it.

    Raises:
        UnknownShape: the source is written in a way that the maker does not know; the message says where.
    """
    try:
        return _read(source)
    except Exception as error:
        # Whatever a release's own statements raise, they were not understood.
        place = next((f"{one.filename}:{one.lineno}: " for one in _frames(error, source)), "")
        raise UnknownShape(f"{place}{type(error).__name__}: {error}; teach the maker this") from error


def _frames(error: Exception, source: Source) -> Iterator[traceback.FrameSummary]:
    """Where in the release it happened, the innermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return (one for one in reversed(frames) if one.filename.startswith(f"{source.version}:"))


def _read(source: Source) -> dict[str, Any]:
    pieces = parsing.pieces_of(source)
    engines = _engines(pieces)
    metrics = surface.metrics(source, engine=engines[0])
    # The registries come first: in some releases the parser's choices are what has been registered.
    names = {
        "reasoning_parsers": registries.reasoning_parsers(pieces),
        "tool_call_parsers": registries.tool_call_parsers(pieces),
        "architectures": registries.architectures(pieces),
        "attention_backends": registries.attention_backends(pieces),
        "deprecated_quantizations": registries.deprecated_quantizations(pieces),
        "environment": surface.environment(pieces),
        "metrics": [name for name, how in metrics.items() if not how],
        "hidden_metrics": [name for name, how in metrics.items() if how],
    }
    request = surface.request(pieces)
    options = {entrypoint: parsing.options(pieces, entrypoint) for entrypoint in parsing.ENTRYPOINTS}
    names["tool_call_parsers"] = names["tool_call_parsers"] or _choices(options["api_server"], "tool_call_parser")
    return {
        "version": str(source.version),
        "date": source.date,
        "origin": source.origin,
        "requires_python": source.requires_python,
        "engines": engines,
        "unknown_fields": request.pop("unknown_fields"),
        "image": image.facts(source),
        **_requirements(source),
        "options": options,
        "names": names | request,
        "quantizations": registries.quantizations(pieces),
    }


def settled(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One document out of several of the same release, each read with another order of sets.

    Where only the choices of an option differ, those that every reading has are its choices, and the others waver:
    the real parser takes them on some starts and not on others.

    Raises:
        UnknownShape: something else differs, so that none of the readings can be believed.
    """
    first, *others = documents
    for entrypoint, options in first["options"].items():
        for place, option in enumerate(options):
            same = [option, *(other["options"][entrypoint][place] for other in others)]
            _settle(option, same, release=first["version"])
    for other in others:
        rest = [{**one, "options": None} for one in (first, other)]
        if rest[0] != rest[1]:
            differing = [name for name in rest[0] if rest[0][name] != rest[1][name]]
            raise UnknownShape(f"{first['version']}: {', '.join(differing)} depend on the order of a set")
    return first


def _settle(option: dict[str, Any], readings: Sequence[dict[str, Any]], *, release: str) -> None:
    lists = [reading["choices"] for reading in readings]
    if all(choices == lists[0] for choices in lists):
        return
    if any({**reading, "choices": None} != {**option, "choices": None} for reading in readings) or None in lists:
        raise UnknownShape(f"{release}: {option['dest']} depends on the order of a set in more than its choices")
    always = set(lists[0]).intersection(*lists)
    option["wavering"] = sorted(set(lists[0]).union(*lists) - always)
    option["choices"] = [choice for choice in lists[0] if choice in always]


def _choices(options: Sequence[Mapping[str, Any]], dest: str) -> list[str]:
    return sorted(next((option["choices"] for option in options if option["dest"] == dest), None) or [])


def _engines(pieces: Pieces) -> list[str]:
    """Which engines there are, the default one first."""
    has = [name for name, place in (("V0", _OLD_WORKER), ("V1", _NEW_CORE)) if pieces.source.path(place)]
    if not has:
        raise UnknownShape(f"vLLM {pieces.source.version} has neither {_OLD_WORKER} nor {_NEW_CORE}")
    switch = pieces.get("vllm.envs", "environment_variables").get("VLLM_USE_V1")
    return sorted(has, reverse=bool(switch is not None and switch()))


def _requirements(source: Source) -> dict[str, image.Stated]:
    """What it needs of the two libraries that decide about models and drivers."""
    found: dict[str, image.Stated] = {}
    for name, places in _REQUIREMENTS.items():
        place = next((place for place in places if source.text(place) is not None), None)
        line = re.search(rf"^{name}\b *([^#;\n]+)", source.text(place) or "", re.MULTILINE) if place else None
        if place and line is None:
            raise UnknownShape(f"{place} of vLLM {source.version} does not name {name}")
        if place and line:
            needed = line[1].replace(" ", "")
            found[name] = [needed.removeprefix("==") if name == "torch" else needed, image.CERTAIN, place]
    return found
