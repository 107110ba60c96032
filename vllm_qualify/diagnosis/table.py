"""All known symptoms in one table; the ids are stable. Within a line, the more specific symptom stands first."""

from __future__ import annotations

from vllm_qualify.diagnosis import at_start, at_work, before_start, memory, on_the_gpu, wrappers
from vllm_qualify.diagnosis.symptom import Symptom

SYMPTOMS: tuple[Symptom, ...] = (
    *on_the_gpu.SYMPTOMS,
    *memory.SYMPTOMS,
    *at_start.SYMPTOMS,
    *at_work.SYMPTOMS,
    *before_start.SYMPTOMS,
    *wrappers.SYMPTOMS,
)
