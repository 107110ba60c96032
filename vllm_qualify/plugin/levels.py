"""How much of the suites a run asks: the level of each case and what it costs, and the list of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from vllm_qualify.core.requirements import Requirement, rank
from vllm_qualify.plugin import cases, progress
from vllm_qualify.plugin.option_table import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase:
    """A case as the list shows it.

    Attributes:
        seconds: what it takes on a GPU, roughly; ``None`` where nobody has said.
        only_with: the option without which it is left out; ``""`` for none.
    """

    id: str
    level: Level
    seconds: float | None
    only_with: str
    sentence: str


class LevelHooks:
    """Leaves out the cases of a deeper level than was asked for."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect them; a list shows all."""
        depth = {level: number for number, level in enumerate(Level)}
        deepest = depth[Level(config.option.checks)]
        deeper = [item for item in items if depth[level_of(item)] > deepest]
        if deeper and not config.option.list_checks:
            gone = set(deeper)
            items[:] = [item for item in items if item not in gone]
            config.hook.pytest_deselected(items=deeper)


class ListHooks:
    """Lists the cases in the place of running them.

    Args:
        own: the operator's own requirements, in their order.
    """

    def __init__(self, own: Sequence[Requirement] = ()) -> None:
        self._own = own

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Print the list, and run nothing."""
        progress.say(session.config, "\n".join(table(listed(session.items, own=self._own))))
        return True


def level_of(item: pytest.Item) -> Level:
    """The level that its marker names."""
    marker = item.get_closest_marker("level")
    return Level(marker.args[0]) if marker is not None else Level.DEFAULT


def listed(items: Iterable[pytest.Item], *, own: Sequence[Requirement] = ()) -> tuple[ListedCase, ...]:
    """Every case once, by requirement, what is measured before what compares it, whatever candidates there are."""
    known: dict[str, ListedCase] = {}
    for item in sorted(items, key=cases.compares):
        if cases.requirement_of(item):
            name, cost = cases.id_of(item), item.get_closest_marker("cost")
            only_with = item.get_closest_marker("only_with")
            known[name] = ListedCase(
                id=name,
                level=level_of(item),
                seconds=float(cost.args[0]) if cost is not None else None,
                only_with=str(only_with.args[0]) if only_with is not None else "",
                sentence=cases.sentence_of(item),
            )
    return tuple(sorted(known.values(), key=lambda case: rank(case.id.partition("/")[0], own)))


def table(rows: Iterable[ListedCase]) -> Iterator[str]:
    """The list as lines of text."""
    rows = list(rows)
    width = max((len(row.id) for row in rows), default=0)
    yield f"{len(rows)} cases; --checks quick, default or full says how many of them a run asks"
    yield f"{'case':{width}}  {'level':7}  {'seconds':>7}  what must hold"
    for row in rows:
        seconds = "" if row.seconds is None else f"{row.seconds:.3g}"
        only_with = f" (only with {row.only_with})" if row.only_with else ""
        yield f"{row.id:{width}}  {row.level.value:7}  {seconds:>7}  {row.sentence}{only_with}"
