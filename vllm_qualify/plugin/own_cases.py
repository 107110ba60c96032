"""What has to hold of each case of the operator's own suites, so that it can be judged. Nothing is run for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pytest

from vllm_qualify.core import suggestions
from vllm_qualify.core.requirements import BY_ID
from vllm_qualify.plugin import cases
from vllm_qualify.plugin.option_table import Level

_LONGEST_ID = 120
_ASKS = frozenset({"candidate", "compared"})


def faults(items: Sequence[pytest.Item], *, declared: Sequence[str]) -> Iterator[str]:
    """Everything that is wrong, one line a problem, which begins as a compiler's does.

    Args:
        items: the cases, in each turn.
        declared: the ids of the operator's own requirements.
    """
    first: dict[tuple[str, str], pytest.Item] = {}
    for item in items:
        for wrong in _faults(item, declared):
            yield f"{_place(item)}: {wrong}"
        name = cases.id_of(item)
        other = first.setdefault((cases.image_of(item), name), item)
        if cases.requirement_of(item) and other.nodeid != item.nodeid:
            yield f"{_place(item)}: is {name}, as {_place(other)} is; give one of the two another name"


def _place(item: pytest.Item) -> str:
    line = item.location[1]
    return f"{item.path}:{line + 1}" if line is not None else str(item.path)


def _faults(item: pytest.Item, declared: Sequence[str]) -> Iterator[str]:
    name = getattr(item, "originalname", item.name)
    marker = item.get_closest_marker("requirement")
    given = marker.args[0] if marker is not None and marker.args else None
    if not isinstance(given, str):
        known = f"one of {', '.join(declared)}" if declared else "an id that [requirements] in qualify.toml declares"
        yield f"{name} has no requirement; mark it with @pytest.mark.requirement(...), naming {known}"
    elif given not in declared:
        yield f"{name}: {_undeclared(given, declared)}"
    if not isinstance(item, pytest.Function):
        yield f"{name} is not a function of Python, so nothing can be judged by it"
        return
    if not _ASKS & set(item.fixturenames):
        yield f"{name} asks no candidate; take the fixture candidate, or compared for what is held against the baseline"
    if missing := _missing(item):
        yield f"{name} takes {', '.join(missing)}, and there is no such fixture"
    yield from (f"{name}: {wrong}" for wrong in _markers(item))
    if len(cases.id_of(item)) > _LONGEST_ID:
        yield f"{name} and its parameters have more than {_LONGEST_ID} characters; give them shorter names"


def _undeclared(given: str, declared: Sequence[str]) -> str:
    if given in BY_ID:
        return f"{given} is a shipped requirement, whose cases are the same everywhere; declare one of your own"
    near = suggestions.nearest(given, declared)
    way = f"did you mean {near}?" if near else f"add [requirements.{given}] with its sentence to qualify.toml"
    return f"the requirement {given!r} is not declared; {way}"


def _missing(item: pytest.Function) -> list[str]:
    """The fixtures that nothing brings; a run would come to know when production is down."""
    known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - no public part of pytest tells it.
    return [name for name in item.fixturenames if name not in known and name not in {"request", *_parameters(item)}]


def _parameters(item: pytest.Function) -> Sequence[str]:
    return [*item.callspec.params] if hasattr(item, "callspec") else []


def _markers(item: pytest.Item) -> Iterator[str]:
    """What is wrong with the marks that a run reads."""
    levels = [level.value for level in Level]
    level, cost, only_with = map(item.get_closest_marker, ("level", "cost", "only_with"))
    if level is not None and level.args[:1] not in [(one,) for one in levels]:
        yield f"its level is {_shown(level)}; expected one of {', '.join(levels)}"
    if cost is not None and not _is_cost(cost):
        yield f"its cost is {_shown(cost)}; expected a number of seconds"
    if only_with is not None and not _is_option(item.config, only_with):
        yield f"it only runs with {_shown(only_with)}, and there is no such option"


def _shown(marker: pytest.Mark) -> str:
    return repr(marker.args[0]) if marker.args else "not given"


def _is_cost(marker: pytest.Mark) -> bool:
    value = marker.args[0] if marker.args else None
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _is_option(config: pytest.Config, marker: pytest.Mark) -> bool:
    name = marker.args[0] if marker.args else None
    return isinstance(name, str) and config.getoption(name, default=_NOTHING) is not _NOTHING


_NOTHING = object()
