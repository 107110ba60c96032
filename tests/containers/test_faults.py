from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.containers import engine_hosts, fault_matrix, injections

_SEED = 14


@pytest.mark.parametrize("program", [engine_hosts.PODMAN, engine_hosts.DOCKER])
def test_production_is_restored_whatever_happens(program: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever ends a run, in whatever step, whatever else happens: production serves under its id, nothing is left."""
    whole = fault_matrix.every([program])
    chosen = fault_matrix.chosen(whole, seed=_SEED)
    keep: Path = tmp_path_factory.mktemp("faults")

    results = injections.do_all(chosen, name=f"faults-{os.getpid()}", keep=keep)

    assert [str(one) for one in results if one.problems or not one.injected] == []
    assert {one.injection.trouble for one in results} == {one.trouble for one in whole}
