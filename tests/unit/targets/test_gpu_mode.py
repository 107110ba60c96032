from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.config import Cluster, GpuMode, Settings
from vllm_qualify.core.records import Outcome, Severity
from vllm_qualify.targets import gpu_mode as switching
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.kubernetes import run_plan

SAYS_ML = GpuMode(command=("echo", "mode: ml\n#"))
FAILS = GpuMode(command=("false",), read=("false",))


@dataclass(frozen=True, slots=True)
class Commanded:
    """A target of which the suite needs no more than its command."""

    gpu_mode: GpuMode | None
    name: str = "kubernetes"

    def deploy(self, image: object) -> Any:
        raise AssertionError(f"nothing deploys {image} here")


@dataclass(frozen=True, slots=True)
class Uncommanded:
    """A target such as this machine."""

    name: str = "local"

    def deploy(self, image: object) -> Any:
        raise AssertionError(f"nothing deploys {image} here")


def copied(folder: Path) -> GpuMode:
    """A command whose folder holds what the repository has."""
    for mode in (Settings().modes.ml, Settings().modes.r1):
        assert mode is not None
        (folder / mode.manifest.name).write_text(mode.manifest.read_text())
    return replace(SAYS_ML, folder=str(folder))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Uncommanded(), "on the local target, the command of [gpu_mode] switches nothing"),
        (Commanded(None), "on the kubernetes target, the command of [gpu_mode] switches nothing"),
        (Commanded(SAYS_ML), "gpu_mode.folder is not set"),
    ],
)
def test_what_cannot_be_compared_is_not_applicable(target: Any, said: str) -> None:
    """The message says what is missing."""
    found = switching.copies(target, Settings())

    assert found.outcome is Outcome.NOT_APPLICABLE
    assert said in found.message


def test_equal_copies_pass_and_a_stale_one_fails(tmp_path: Path) -> None:
    """Both modes' files are read by the operator's own words."""
    command = copied(tmp_path)
    right = switching.copies(Commanded(command), Settings())
    (tmp_path / "deployment-r1.yaml").write_text("kind: Deployment\n")

    stale = switching.copies(Commanded(command), Settings())

    assert right.outcome is Outcome.PASSED
    assert stale.outcome is Outcome.FAILED
    assert "deployment-r1.yaml:1: " in stale.message


def test_a_machine_that_cannot_be_asked_is_nobodys_fault(tmp_path: Path) -> None:
    """A reader that cannot be started speaks against no image."""
    command = replace(copied(tmp_path), read=("no-such-program-here",))

    with pytest.raises(Unavailable, match=r"the manifests copied by gpu-mode cannot be read: .*no-such-program-here"):
        switching.copies(Commanded(command), Settings())


def test_a_command_that_fails_stands_in_the_way() -> None:
    """It is found before production is touched, and the remedy names both ways out."""
    [finding] = switching.beforehand(FAILS, Settings())

    assert finding.severity is Severity.BLOCK
    assert finding.id == switching.ANSWERS.id
    assert "false status ended with 1" in finding.actual
    assert "remove [gpu_mode]" in finding.remedy


def test_a_command_that_answers_does_not() -> None:
    """Without a folder there is nothing more to find."""
    assert switching.beforehand(SAYS_ML, Settings()) == ()


def test_beside_production_the_command_is_left_out() -> None:
    """It would take production down, which such a run promises not to touch."""
    settings = replace(Settings(), gpu_mode=SAYS_ML)

    assert run_plan.commanded(settings, Cluster(context="c", strategy="beside")) is None
    assert run_plan.commanded(settings, Cluster(context="c")) is SAYS_ML
