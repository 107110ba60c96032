from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import crowd, matrix
from tests.faults.matrix import Actor, Fault
from tests.faults.site import Site, own, site

# With this one each fault meets a request, and ten of eleven actors find something to write.
_SEED = 8


@pytest.fixture
def sites(lab: Any, tmp_path: Path) -> Iterator[list[Site]]:
    """Production twice: in the lab that is there, and in one beside it, since a run mostly waits."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(site(lab, tmp_path)), stack.enter_context(own(f"{lab.lab.name}-faults"))]


def test_production_is_restored_whatever_ends_a_run(
    sites: list[Site], say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever ends a run, in whatever phase, with whatever fault, whoever else writes: production is as before."""
    injections = (*matrix.cover(_SEED, whole=matrix.every()), *matrix.cover(_SEED, whole=matrix.actors()))

    results = crowd.run(sites, injections, keep=tmp_path_factory.mktemp("faults"), say=say)
    for line in crowd.closing(results):
        say(line)

    assert [crowd.line(each) for each in results if not each.restored or each.untidy] == []
    assert len([each for each in results if each.injected]) == len(injections)
    assert {each.injection.fault for each in results if each.faulted} == set(Fault) - {Fault.NONE}
    # One who waits for seconds, or for a pod, may come too late on a fast machine.
    among = [each for each in results if each.injection.actor is not Actor.NONE]
    assert sum(each.hits > 0 for each in among) > len(among) / 2
