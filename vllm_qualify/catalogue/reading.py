"""Reads the files of the catalogue; they are made by ``script/catalogue`` and never written by hand.

``releases.json`` has one entry a release. ``flags.json`` and ``names.json`` have one line a fact, with the releases
for which it holds, so that what a new release changes is what its diff shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from packaging.version import Version

from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import Flag
from vllm_qualify.catalogue import spans
from vllm_qualify.catalogue.facts import Compat, Fact, FlagFact, Release, ReleaseImage, UnknownFields, Variant
from vllm_qualify.core.records import Certainty

Value = TypeVar("Value")

SETS = (
    "architectures",
    "attention_backends",
    "deprecated_quantizations",
    "environment",
    "hidden_metrics",
    "message_fields",
    "metrics",
    "reasoning_parsers",
    "request_fields",
    "response_formats",
    "tool_call_parsers",
)
"""The subjects of ``names.json`` that are mere names; ``quantizations`` has a number a name beside."""


def folder() -> Path:
    """Where the files of the catalogue are."""
    return Path(__file__).with_name("data")


def file(name: str) -> Any:
    """One file of the catalogue as JSON."""
    return json.loads(folder().joinpath(name).read_text(encoding="utf-8"))


def load() -> tuple[Release, ...]:
    """All releases of the package's own files, oldest first."""
    return build(file("releases.json"), flags=file("flags.json"), names=file("names.json"))


def build(
    entries: Sequence[Mapping[str, Any]],
    *,
    flags: Mapping[str, Sequence[Mapping[str, Any]]],
    names: Mapping[str, Mapping[str, Any]],
) -> tuple[Release, ...]:
    """All releases, oldest first.

    Raises:
        BadSpan: a span names a release that is none of the entries.
        KeyError, ValueError: the files are not what the maker writes.
    """
    order = [str(entry["version"]) for entry in entries]
    places = _Places(order)
    parsers: list[dict[str, FlagFact]] = [{} for _ in order]
    for facts in flags.values():
        for document in facts:
            fact = flag_fact(document)
            for place in places[document["in"]]:
                parsers[place].update(dict.fromkeys(fact.flag.options or (fact.flag.dest,), fact))
    sets = {subject: _names(names[subject], places) for subject in SETS}
    quantizations = _numbers(names["quantizations"], places)
    return tuple(
        _release(
            entry,
            flags=parsers[place],
            quantizations=quantizations[place],
            names={subject: frozenset(each[place]) for subject, each in sets.items()},
        )
        for place, entry in enumerate(entries)
    )


def flag_fact(document: Mapping[str, Any]) -> FlagFact:
    """Read one line of ``flags.json``."""
    only = document.get("only")
    return FlagFact(
        flag=Flag.from_json(document),
        entrypoints=(Entrypoint(only),) if only else tuple(Entrypoint),
        suggested=tuple(document.get("suggested", ())),
        wavering=tuple(document.get("wavering", ())),
    )


class _Places(dict[str, frozenset[int]]):
    """Places by span; most facts share a few spans, so each is read once."""

    def __init__(self, order: Sequence[str]) -> None:
        super().__init__()
        self.order = order

    def __missing__(self, text: str) -> frozenset[int]:
        self[text] = spans.decode(text, self.order)
        return self[text]


def _names(subject: Mapping[str, str], places: _Places) -> list[set[str]]:
    each: list[set[str]] = [set() for _ in places.order]
    for name, text in subject.items():
        for place in places[text]:
            each[place].add(name)
    return each


def _numbers(subject: Mapping[str, Mapping[str, int | None]], places: _Places) -> list[dict[str, int | None]]:
    each: list[dict[str, int | None]] = [{} for _ in places.order]
    for name, values in subject.items():
        for text, value in values.items():
            for place in places[text]:
                each[place][name] = value
    return each


def _release(
    entry: Mapping[str, Any],
    *,
    flags: Mapping[str, FlagFact],
    quantizations: Mapping[str, int | None],
    names: Mapping[str, frozenset[str]],
) -> Release:
    return Release(
        version=Version(entry["version"]),
        date=date.fromisoformat(entry["date"]),
        origin=str(entry["origin"]),
        engines=tuple(entry["engines"]),
        torch=_fact(entry["torch"], Version),
        transformers=_fact(entry["transformers"], _ordered),
        image=_image(entry["image"]),
        unknown_fields=UnknownFields(entry["unknown_fields"]),
        flags=flags,
        quantizations=quantizations,
        **names,
    )


def _image(entry: Mapping[str, Any]) -> ReleaseImage:
    default, *others = (_variant(one) for one in entry["variants"])
    return ReleaseImage(
        compat=_fact(entry["compat"], Compat),
        entrypoint=_fact(entry["entrypoint"], _words),
        python=_fact(entry["python"], str),
        default=default,
        variants=tuple(others),
    )


def _variant(entry: Mapping[str, Any]) -> Variant:
    return Variant(
        suffix=str(entry["suffix"]), cuda=_fact(entry["cuda"], Version), arch_list=_fact(entry["arch_list"], _words)
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _fact(entry: Iterable[str], read: Callable[[str], Value]) -> Fact[Value]:
    value, certainty, source = entry
    return Fact(value=read(value), certainty=Certainty(certainty), source=source)


def _ordered(specifiers: str) -> str:
    """Specifiers of versions as packaging writes them, which takes longer to load than this."""
    return ",".join(sorted(each.strip() for each in specifiers.split(",")))
