"""Fills what the sources of a release do not say from ``image_facts.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from packaging.version import Version

from catalogue_maker.source import UnknownShape

_OF_THE_RELEASE = ("torch", "transformers")
_OF_THE_IMAGE = ("compat", "entrypoint", "python")
_OF_A_VARIANT = ("cuda", "arch_list")


def facts() -> list[dict[str, str]]:
    """The facts of the file, in its order."""
    text = resources.files("catalogue_maker").joinpath("image_facts.toml").read_text(encoding="utf-8")
    found: list[dict[str, str]] = tomllib.loads(text)["fact"]
    return found


def fill(document: dict[str, Any], kept: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The document with its gaps filled.

    Args:
        document: see `catalogue_maker.document.read`.
        kept: see `facts`.

    Raises:
        UnknownShape: a gap is left; the message says which facts are to be looked up.
    """
    mine = [fact for fact in kept if covers(fact["releases"], Version(document["version"]))]
    single = {fact["name"]: [fact["value"], fact["certainty"], fact["source"]] for fact in mine if "suffix" not in fact}
    image = {name: document["image"].get(name, single.get(name)) for name in _OF_THE_IMAGE}
    image["variants"] = document["image"].get("variants") or _variants(mine)
    filled = {
        **document,
        **{name: document.get(name, single.get(name)) for name in _OF_THE_RELEASE},
        "date": document["date"] or single.get("date", [""])[0],
        "image": image,
    }
    _check(filled)
    return filled


def covers(span: str, version: Version) -> bool:
    """Tell whether a release lies in a span, both ends included."""
    first, _, last = span.partition("..")
    return Version(first) <= version <= Version(last or first)


def _variants(mine: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    suffixes = sorted({fact.get("suffix", "") for fact in mine if fact["name"] in _OF_A_VARIANT})
    found: list[dict[str, Any]] = [{"suffix": suffix} for suffix in suffixes]
    for fact in mine:
        if fact["name"] in _OF_A_VARIANT:
            one = found[suffixes.index(fact.get("suffix", ""))]
            one[fact["name"]] = [fact["value"], fact["certainty"], fact["source"]]
    return found


def _check(filled: Mapping[str, Any]) -> None:
    missing = [name for name in (*_OF_THE_RELEASE, "date") if not filled[name]]
    missing += [name for name in (*_OF_THE_IMAGE, "variants") if not filled["image"][name]]
    missing += [name for one in filled["image"]["variants"] for name in _OF_A_VARIANT if name not in one]
    if missing:
        raise UnknownShape(
            f"the sources of vLLM {filled['version']} do not say {', '.join(sorted(set(missing)))}; look it up and "
            "write it into catalogue_maker/image_facts.toml with its certainty and its source"
        )
