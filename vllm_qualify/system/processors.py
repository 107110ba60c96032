"""What the processors of this machine have done, and how much of it for us."""

from __future__ import annotations

import contextlib

import psutil

from vllm_qualify.core.processor_times import ProcessorTimes
from vllm_qualify.system import clock

_IDLE = ("idle", "iowait", "guest", "guest_nice")
"""Of psutil.cpu_times; guests are counted as users as well."""


def times() -> ProcessorTimes:
    """Look at them now; what a hypervisor took away counts as somebody else's."""
    counted = psutil.cpu_times()._asdict()
    return ProcessorTimes(
        at=clock.seconds(),
        processors=psutil.cpu_count() or 1,
        busy=sum(spent for name, spent in counted.items() if name not in _IDLE),
        own=_own(),
    )


def _own() -> float:
    """This process, its descendants, and those of them that ended."""
    found = 0.0
    myself = psutil.Process()
    for process in (myself, *myself.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            spent = process.cpu_times()
            found += spent.user + spent.system + spent.children_user + spent.children_system
    return found
