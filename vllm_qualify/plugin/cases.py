"""One pytest item as a case: its requirement, id and sentence."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from vllm_qualify.plugin.open_cases import OpenCase

CASE: pytest.StashKey[OpenCase] = pytest.StashKey()


def requirement_of(item: pytest.Item) -> str:
    """The id that the item's marker names; ``""`` for an item that is no case."""
    marker = item.get_closest_marker("requirement")
    return str(marker.args[0]) if marker is not None and marker.args else ""


def image_of(item: pytest.Item) -> str:
    """The candidate that the item was parametrized with; ``""`` for none."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("image", "")) if callspec is not None else ""


def compares(item: pytest.Item) -> bool:
    """The case holds what was measured in one turn against another, and asks nobody."""
    return "compared" in getattr(item, "fixturenames", ())


def looks(item: pytest.Item) -> int:
    """In how many turns of the baseline a case is asked as well; production is not asked twice what cannot drift."""
    marker = item.get_closest_marker("beside")
    if marker is None or compares(item):
        return 0
    return 1 if marker.kwargs.get("once") else 2


def id_of(item: pytest.Item) -> str:
    """The requirement, the function's name and its parameters: ``LOAD/first-token``."""
    return f"{requirement_of(item)}/{'-'.join((_name(item), *_parameters(item)))}"


def sentence_of(item: pytest.Item) -> str:
    """What must hold, as its docstring says."""
    said = inspect.getdoc(getattr(item, "function", None)) or _name(item).replace("-", " ")
    return " ".join(said.split())


def _name(item: pytest.Item) -> str:
    return str(getattr(item, "originalname", item.name)).removeprefix("test_").replace("_", "-")


def _parameters(item: pytest.Item) -> Iterator[str]:
    """What tells a parametrized case from its siblings: plain values as they are, others by their place."""
    callspec: Any = getattr(item, "callspec", None)
    for name, value in callspec.params.items() if callspec is not None else ():
        if name != "image":
            plain = isinstance(value, (bool, float, int, str))
            yield _ODD.sub("-", str(value))[:_LONGEST] if plain else f"{name}{callspec.indices[name]}"


_ODD = re.compile(r"[^A-Za-z0-9.]+")
_LONGEST = 40
