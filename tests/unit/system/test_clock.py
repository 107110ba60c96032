"""The clock of everything that must not stand still while the machine is suspended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.system import clock
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.local.target import LocalTarget


def test_it_is_the_one_that_goes_on_in_suspend(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of sleep is an hour, which the clock of ``time.monotonic`` does not know of."""
    seconds = {time.CLOCK_MONOTONIC: 100.0, time.CLOCK_BOOTTIME: 3700.0}
    monkeypatch.setattr(time, "clock_gettime", seconds.__getitem__)

    assert clock.seconds() == 3700.0


@pytest.mark.parametrize("kind", [Kubectl, LocalTarget, Namespace])
def test_targets_go_by_it(kind: Callable[..., Any]) -> None:
    """Deadlines, the outage that is reported, and what --max-downtime allows."""
    defaults = {one.name: one.default for one in fields(kind)}  # type: ignore[arg-type]

    assert defaults["clock"] is clock.seconds
