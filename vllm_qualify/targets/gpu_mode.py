"""The way from the suite of the modes to the operator's own command, and what is looked at before it is relied on."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vllm_qualify.checks import gpu_mode as judge
from vllm_qualify.config import GpuMode, Settings
from vllm_qualify.core.records import Finding, Judgement, Outcome
from vllm_qualify.core.rules import RuleResult, entry
from vllm_qualify.gpu import mode_command
from vllm_qualify.gpu.mode_command import SwitchFailed
from vllm_qualify.kube import manifest_files
from vllm_qualify.targets.base import Mode, Target, Unavailable
from vllm_qualify.targets.candidate import Candidate

ANSWERS = entry("gpu-mode/answers", "gpu-mode does not answer", "the command that switches the modes answers")


@runtime_checkable
class SwitchedByCommand(Protocol):
    """A target whose modes the operator's own command may switch."""

    @property
    def gpu_mode(self) -> GpuMode | None:
        """That command; ``None`` where Deployments are scaled directly."""


def copies(target: Target, settings: Settings) -> Judgement:
    """Compare what the command applies with the repository's manifests.

    Raises:
        Unavailable: the machine of the command cannot be asked.
    """
    command = _command(target)
    if isinstance(command, Judgement):
        return command
    if not command.folder:
        return _not_shown("gpu_mode.folder is not set in qualify.toml, so there is nothing to compare")
    texts = _texts(settings)
    if not texts:
        return _not_shown("both modes use kustomize folders, so the command copies no file")
    try:
        return judge.copies(mode_command.compared(command, texts))
    except SwitchFailed as failure:
        raise Unavailable(f"the manifests copied by gpu-mode cannot be read: {failure}") from failure


def switched(candidate: Candidate, target: Target, mode: Mode) -> Judgement:
    """Hear from the command itself whether it switched, while the candidate serves in the mode.

    Raises:
        Blocked: the candidate does not serve in it.
        Unavailable: the command cannot be asked.
    """
    command = _command(target)
    if isinstance(command, Judgement):
        return command
    candidate.serving(mode)
    try:
        return judge.switched(mode_command.status(command), mode=mode.value)
    except SwitchFailed as failure:
        raise Unavailable(f"gpu-mode cannot report what serves: {failure}") from failure


def beforehand(command: GpuMode, settings: Settings) -> tuple[Finding, ...]:
    """What stands in the way of switching by the command, found while production still serves."""
    try:
        mode_command.status(command)
        return mode_command.compared(command, _texts(settings))
    except SwitchFailed as failure:
        return (_unanswered(command, failure),)


def _unanswered(command: GpuMode, failure: SwitchFailed) -> Finding:
    result = RuleResult(
        subject=" ".join(command.command),
        path="gpu_mode.command",
        expected="status names what serves",
        actual=str(failure),
        remedy="fix it, or remove [gpu_mode] from qualify.toml so that the Deployments are scaled directly",
    )
    return ANSWERS.finding(result)


def _command(target: Target) -> GpuMode | Judgement:
    command = target.gpu_mode if isinstance(target, SwitchedByCommand) else None
    if command is None:
        return _not_shown(f"on the {target.name} target, the command of [gpu_mode] switches nothing")
    return command


def _texts(settings: Settings) -> dict[str, str]:
    """The repository's manifests by name of file; what kustomize renders is no file that anybody copies."""
    manifests = [mode.manifest for mode in settings.modes.named.values()]
    read = {manifest.name: manifest_files.rendered(manifest) for manifest in manifests}
    return {name: one.text for name, one in read.items() if not one.kustomized}


def _not_shown(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=reason)
