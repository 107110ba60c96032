"""Judges of the operator's own ``gpu-mode``: it applies what the repository holds, and what it says is so. Pure.

For suite r1_mode.
"""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.core.records import Finding, Judgement, Observation, Outcome, Severity
from vllm_qualify.gpu.mode_status import GpuModeStatus


def copies(findings: Sequence[Finding]) -> Judgement:
    """The manifests in the folder of ``gpu-mode`` must be the repository's, or it switches to something else.

    Args:
        findings: what ``gpu_mode.stale`` found.
    """
    seen = (Observation(name="stale-copies", value=len(findings)),)
    if not findings:
        said = "gpu-mode applies the same manifests as the repository"
        return Judgement(outcome=Outcome.PASSED, message=said, observations=seen)
    stale = [finding for finding in findings if finding.severity is not Severity.NOTE and not finding.waived]
    if not stale:
        said = _told(findings)
        message = f"gpu-mode applies the same, but its copies differ: {said}"
        return Judgement(outcome=Outcome.WARNED, message=message, observations=seen)
    said = _told(stale)
    message = f"gpu-mode applies manifests that differ from the repository's: {said}"
    return Judgement(outcome=Outcome.FAILED, message=message, observations=seen)


def switched(status: GpuModeStatus, *, mode: str) -> Judgement:
    """After a switch the command itself must say so, and nothing of the other mode may be left on the GPU.

    Args:
        status: what the command says.
        mode: ``ml`` or ``r1``.
    """
    other = status.ml if mode == "r1" else status.r1
    seen = (Observation(name="mode", value=status.mode), Observation(name="pods-of-the-other", value=other.pods))
    if status.mode != mode:
        message = f"gpu-mode status says {status.mode} after the switch to {mode}"
        return Judgement(outcome=Outcome.FAILED, message=message, observations=seen)
    if other.pods:
        message = f"gpu-mode status says {mode}, and {other.pods} pods of {other.deployment} are still there"
        return Judgement(outcome=Outcome.FAILED, message=message, observations=seen)
    return Judgement(outcome=Outcome.PASSED, message=f"gpu-mode status says {mode}", observations=seen)


def _told(findings: Sequence[Finding]) -> str:
    return "; ".join(f"{each.subject}: {each.brief}; {each.remedy}" for each in findings)
