from __future__ import annotations

import pytest

from vllm_qualify.checks import gpu_mode as judge
from vllm_qualify.core.records import Outcome
from vllm_qualify.gpu import mode_status
from vllm_qualify.gpu.mode_status import GpuModeStatus, ModeStatus

TEXT = "# why\nspec:\n  replicas: 0\n  image: new\n"


@pytest.mark.parametrize(
    ("copy", "outcome", "said"),
    [
        (TEXT, Outcome.PASSED, "the same manifests"),
        (
            TEXT.replace("new", "old"),
            Outcome.FAILED,
            "/f/a.yaml:4: it has 'image: old' where the repository's file has 'i",
        ),
        ("# why\nspec:\n  replicas: 0\n", Outcome.FAILED, "ends where the repository's file has 'image: new'"),
        (f"{TEXT}  more: 1\n", Outcome.FAILED, "has 'more: 1' where the repository's file ends"),
        (TEXT.replace("why", "because"), Outcome.WARNED, "/f/a.yaml:1: it has '# because'"),
        (None, Outcome.FAILED, "/f/a.yaml: it is missing; copy the repository's a.yaml to /f/a.yaml"),
    ],
)
def test_a_stale_copy_fails_in_one_line(copy: str | None, outcome: Outcome, said: str) -> None:
    """What would be applied differs: file, line, both texts and the remedy stand in the message."""
    found = mode_status.stale({} if copy is None else {"a.yaml": copy}, {"a.yaml": TEXT}, folder="/f")

    judgement = judge.copies(found)

    assert judgement.outcome is outcome
    assert said in judgement.message
    assert "\n" not in judgement.message


@pytest.mark.parametrize(
    ("status", "outcome", "said"),
    [
        (GpuModeStatus(mode="r1", ml=ModeStatus(), r1=ModeStatus(replicas=1)), Outcome.PASSED, "says r1"),
        (
            GpuModeStatus(mode="both", ml=ModeStatus(), r1=ModeStatus()),
            Outcome.FAILED,
            "says both after the switch to r1",
        ),
        (
            GpuModeStatus(mode="r1", ml=ModeStatus(pods=1, deployment="ml/vllm-server"), r1=ModeStatus()),
            Outcome.FAILED,
            "1 pods of ml/vllm-server are still there",
        ),
    ],
)
def test_the_commands_own_word_is_held_against_the_switch(status: GpuModeStatus, outcome: Outcome, said: str) -> None:
    """It must name the mode, and nothing of the other may be left."""
    judgement = judge.switched(status, mode="r1")

    assert judgement.outcome is outcome
    assert said in judgement.message
