"""What a machine can qualify on, for programs; ``doctor.schema.json`` describes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.core import redaction
from vllm_qualify.doctor.machine_check import MachineCheck
from vllm_qualify.reports import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorDocument:
    """What one machine has, and what it lacks.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        ready: whether a run with these settings can begin on this machine.
        checks: everything that was looked at, in the order in which it is printed; targets come last.
    """

    schema: Literal[1] = 1
    ready: bool
    checks: tuple[MachineCheck, ...]


def document(checks: Iterable[MachineCheck], *, ready: bool) -> dict[str, Any]:
    """The report as plain values, before they become text; without secrets.

    Args:
        checks: everything that was looked at.
        ready: a run with these settings can begin here.
    """
    made = DoctorDocument(ready=ready, checks=tuple(checks))
    values: dict[str, Any] = plain.of(made, redaction.shown)
    return values
