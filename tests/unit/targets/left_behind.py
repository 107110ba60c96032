"""What a run that was killed leaves on the cluster; for tests of whoever puts it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.targets.home import Home
from vllm_qualify.kube import objects
from vllm_qualify.kube.snapshot import Snapshot

Object = dict[str, Any]
BESIDE = ("Deployment", "vllm-qualify-ml")


def away(home: Home) -> Snapshot:
    """A run was killed while R1 of its candidate served."""
    ml, r1 = home.candidate(), home.candidate("vllm-r1")
    kept = home.kept(ml, r1)
    home.leave(kept)
    home.api.put(objects.with_replicas(ml, 0), manager="vllm-qualify")
    home.api.controller.settle()
    home.api.put(r1, manager="vllm-qualify")
    home.api.controller.settle()
    home.api.written.clear()
    return kept


def killed(home: Home) -> None:
    """A run was killed after it took production down."""
    wanted = objects.with_replicas(home.candidate(), 0)
    home.leave(home.kept(wanted))
    home.api.put(wanted, manager="vllm-qualify")
    home.api.controller.settle()
    home.api.written.clear()


def edited(**fields: Any) -> Callable[[Object], None]:
    """A change of somebody's to the spec."""

    def change(obj: Object) -> None:
        obj["spec"].update(fields)

    return change
