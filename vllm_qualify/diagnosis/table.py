"""All known symptoms in one table; the ids are stable. Within a line, the more specific symptom stands first."""

from __future__ import annotations

from vllm_qualify.core.remedies import Remedy
from vllm_qualify.diagnosis import (
    at_start,
    at_work,
    before_start,
    checkpoints,
    kernels,
    memory,
    on_the_gpu,
    secondary_errors,
    surroundings,
)
from vllm_qualify.diagnosis.symptom import Symptom

SYMPTOMS: tuple[Symptom, ...] = (
    *on_the_gpu.SYMPTOMS,
    *memory.SYMPTOMS,
    *kernels.SYMPTOMS,
    *checkpoints.SYMPTOMS,
    *at_start.SYMPTOMS,
    *surroundings.SYMPTOMS,
    *at_work.SYMPTOMS,
    *before_start.SYMPTOMS,
    *secondary_errors.SYMPTOMS,
)


def remedies(cause: str) -> tuple[Remedy, ...]:
    """What helps against a cause, as data; the words for people stand in its diagnosis.

    Args:
        cause: its id, as a journal of any release has it.
    """
    return next((one.remedies for one in SYMPTOMS if one.id == cause), ())
