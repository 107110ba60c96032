from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import crowd, matrix
from tests.faults.matrix import Actor
from tests.faults.site import Site, own, site

_SEED = 5
_FAULTS, _ACTORS = 24, 24


@pytest.fixture
def sites(lab: Any, tmp_path: Path) -> Iterator[list[Site]]:
    """Production twice: in the lab that is there, and in one beside it, since a run mostly waits."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(site(lab, tmp_path)), stack.enter_context(own(f"{lab.lab.name}-faults"))]


def test_production_is_restored_whatever_ends_a_run(
    sites: list[Site], say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever ends a run, in whatever phase, with whatever fault, whoever else writes: production is as before."""
    faults = matrix.sample(_SEED, _FAULTS, whole=matrix.every())
    injections = (*faults, *matrix.sample(_SEED, _ACTORS, whole=matrix.actors()))

    results = crowd.run(sites, injections, keep=tmp_path_factory.mktemp("faults"), say=say)
    for line in crowd.closing(results):
        say(line)

    assert [crowd.line(each) for each in results if not each.restored or each.untidy] == []
    assert len([each for each in results if each.injected]) == len(injections)
    assert any(each.faulted for each in results)
    assert any(each.hits for each in results if each.injection.actor is not Actor.NONE)
