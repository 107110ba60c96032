"""Podman and Docker for all tests here, each on a machine of its own that this worker starts and ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from lab import machine
from tests.containers import engine_hosts
from tests.containers.engine_hosts import Engine

_HERE = Path(__file__).parent
# What measures rates beside production comes first and waits for minutes, several at once; the faults take most of the
# processors' time, by which rates would suffer, so they come last. A module, and a word of the parameters.
_ORDER = (("test_real_image", ""), ("test_story", "running"), ("test_story", "Compose"), ("test_story", ""))
_LAST = "test_faults"


class _ByParameters(LoadScopeScheduling):
    """Tests of a module with the same parameters look at the same runs, so one worker has them."""

    def _split_scope(self, nodeid: str) -> str:
        return f"{nodeid.partition('::')[0]}[{nodeid.partition('[')[2]}"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Let a run that takes minutes keep no other from another worker."""
    return _ByParameters(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where an engine cannot run, one line says so for all its tests, instead of one for each."""
    items.sort(key=_rank)
    for program in (engine_hosts.PODMAN, engine_hosts.DOCKER):
        if reason := engine_hosts.missing(program):
            first, *others = [one for one in items if _HERE in one.path.parents and _program(one) == program] or [None]
            if first is not None:
                first.add_marker(pytest.mark.skip(f"{len(others) + 1} tests of {program} were not run: {reason}"))
                config.hook.pytest_deselected(items=others)
                items[:] = [item for item in items if item not in others]


def _rank(item: pytest.Item) -> int:
    parameters = item.name.partition("[")[2]
    places = (n for n, (module, word) in enumerate(_ORDER) if item.path.stem == module and word in parameters)
    return next(places, len(_ORDER) + (item.path.stem == _LAST))


def _program(item: pytest.Item) -> str:
    """The engine that a test needs; one without is of the machines that both run on."""
    case = getattr(item, "callspec", None)
    params: dict[str, str] = case.params if case is not None else {}
    return params.get("engine") or params.get("program") or engine_hosts.PODMAN


@pytest.fixture(scope="session", params=[engine_hosts.PODMAN, engine_hosts.DOCKER])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine that serves nobody but this worker; killed with it."""
    made = engine_hosts.started(request.param, f"{request.param}-{os.getpid()}", say=engine_hosts.say)
    yield made
    machine.remove(made.machine)


@pytest.fixture
def empty(engine: Engine) -> Iterator[Engine]:
    """The engine without a container; what a test leaves is removed before the next."""
    yield engine
    engine.clear()
