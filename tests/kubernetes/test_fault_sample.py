from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import crowd, matrix
from tests.faults.matrix import Fault
from tests.faults.site import site

# With this one each fault meets a request.
_SEED = 8


def test_production_is_restored_whatever_ends_a_run(
    lab: Any, tmp_path: Path, say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever ends a run, in whatever phase, with whatever fault of the cluster: production is as before."""
    injections = matrix.cover(_SEED, whole=matrix.every())

    with site(lab, tmp_path) as production:
        results = crowd.run([production], injections, keep=tmp_path_factory.mktemp("faults"), say=say)

    say("; ".join(crowd.closing(results)))
    assert [crowd.line(each) for each in results if not each.restored or each.untidy] == []
    assert len([each for each in results if each.injected]) == len(injections)
    assert {each.injection.fault for each in results if each.faulted} == set(Fault) - {Fault.NONE}
