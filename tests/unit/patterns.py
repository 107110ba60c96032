"""Finds every regular expression of the package by itself, with the ways in which each is applied; for the tests."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import vllm_qualify

# Where a pattern is only ever held against a beginning or a whole, nothing is looked for at every place of a text.
_AT_ONE_PLACE = frozenset({"fullmatch", "match"})
_ASKED = frozenset({"findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A pattern of the package.

    Attributes:
        place: the module, and the name or the line there.
        pattern: compiled.
        ways: the methods by which it is applied; all texts are searched where that cannot be told.
    """

    place: str
    pattern: re.Pattern[Any]
    ways: frozenset[str]


def modules() -> Iterator[ModuleType]:
    """Every module of the package."""
    for one in pkgutil.walk_packages(vllm_qualify.__path__, "vllm_qualify."):
        if not one.name.endswith("__main__"):
            yield importlib.import_module(one.name)


def every() -> list[Found]:
    """All patterns, each once for each way of applying it."""
    found: dict[tuple[Any, ...], Found] = {}
    seen: dict[int, Any] = {}
    for module in modules():
        for one in (*_held(module, seen), *_written(module)):
            found.setdefault((one.pattern.pattern, one.pattern.flags, one.ways), one)
    return list(found.values())


def unreadable() -> list[str]:
    """Calls that hand a pattern to ``re`` which only the running program knows: nothing could hold it to anything."""
    return [
        f"{module.__name__}:{call.lineno}"
        for module in modules()
        for call in _calls(module)
        if call.func.attr in _ASKED and not isinstance(call.args[0], ast.Constant)  # type: ignore[attr-defined]
    ]


def _held(module: ModuleType, seen: dict[int, Any]) -> Iterator[Found]:
    """What the names of a module hold, however deep; what other modules have imported from there counts once."""
    plain = any(isinstance(value, re.Pattern) for value in vars(module).values())
    asked = _asked(module) if plain else {}
    for name, value in vars(module).items():
        if isinstance(value, ModuleType) or (inspect.isclass(value) and value.__module__ != module.__name__):
            continue
        ways = asked[name] if isinstance(value, re.Pattern) else frozenset()
        at_one_place = ways if ways and ways <= _AT_ONE_PLACE else frozenset({"search"})
        for pattern in [value] if isinstance(value, re.Pattern) else _patterns(value, seen):
            yield Found(place=f"{module.__name__}.{name}", pattern=pattern, ways=at_one_place)


def _patterns(value: Any, seen: dict[int, Any]) -> Iterator[re.Pattern[Any]]:
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        for inner in (*value.keys(), *value.values()):
            yield from _patterns(inner, seen)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for inner in value:
            yield from _patterns(inner, seen)
    elif inspect.isclass(value):
        yield from _patterns([one for one in vars(value).values() if isinstance(one, (re.Pattern, tuple))], seen)
    elif dataclasses.is_dataclass(value):
        yield from _patterns([getattr(value, field.name) for field in dataclasses.fields(value)], seen)
        yield from _patterns([getattr(value, name) for name in _properties(type(value))], seen)


def _properties(kind: type) -> list[str]:
    """The properties that compile what the fields hold as text."""
    held = ((name, one) for name, one in vars(kind).items() if isinstance(one, property))
    return [name for name, one in held if "Pattern" in str(inspect.signature(one.fget).return_annotation)]  # type: ignore[arg-type]


def _asked(module: ModuleType) -> defaultdict[str, frozenset[str]]:
    """What is done with each name; a use that is none of the methods counts as searching."""
    ways: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    methods = {id(one.value): one.attr for one in _nodes(module) if isinstance(one, ast.Attribute)}
    for one in _nodes(module):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
            ways[one.id] |= {methods.get(id(one), "search")}
    return ways


def _written(module: ModuleType) -> Iterator[Found]:
    """What is written out in calls of ``re`` within functions."""
    for call in _calls(module):
        first = call.args[0]
        if not isinstance(first, ast.Constant):
            continue
        name: str = call.func.attr  # type: ignore[attr-defined]
        way = frozenset({name if name in _AT_ONE_PLACE else "search"})
        flags = [one.attr for one in ast.walk(call) if isinstance(one, ast.Attribute) and one.attr.isupper()]
        pattern = re.compile(first.value, sum(int(getattr(re, flag)) for flag in set(flags)))  # type: ignore[call-overload]
        yield Found(place=f"{module.__name__}:{call.lineno}", pattern=pattern, ways=way)


def _calls(module: ModuleType) -> Iterator[ast.Call]:
    for one in _nodes(module) if "re." in inspect.getsource(module) else ():
        called = one.func if isinstance(one, ast.Call) and one.args else None
        if isinstance(called, ast.Attribute) and called.attr in _ASKED and ast.unparse(called.value) == "re":
            yield one  # type: ignore[misc]  # What is called stands in a call.


@functools.cache
def _nodes(module: ModuleType) -> tuple[ast.AST, ...]:
    """Everything that a module is written with; looked at twice, and read once."""
    return tuple(ast.walk(ast.parse(inspect.getsource(module))))
