from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import crowd, matrix
from tests.faults.site import site

# With this one ten of eleven actors find something to write.
_SEED = 8


def test_production_is_restored_whoever_else_writes(
    lab: Any, tmp_path: Path, say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whoever writes to the namespace beside a run that comes to its end, or is killed: production is as before."""
    injections = matrix.cover(_SEED, whole=matrix.actors())

    with site(lab, tmp_path) as production:
        results = crowd.run([production], injections, keep=tmp_path_factory.mktemp("faults"), say=say)

    say("; ".join(crowd.closing(results)))
    assert [crowd.line(each) for each in results if not each.restored or each.untidy] == []
    assert len([each for each in results if each.injected]) == len(injections)
    # One who waits for seconds, or for a pod, may come too late on a fast machine.
    assert sum(each.hits > 0 for each in results) > len(results) / 2
