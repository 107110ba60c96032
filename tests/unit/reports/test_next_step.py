"""The page offers the command for what qualified, and none where there is nothing to upgrade to."""

from __future__ import annotations

from dataclasses import replace

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import next_step


def test_the_newest_that_qualified_is_planned(restored: RunRecord) -> None:
    """The command names the folder of the run, for `plan` chooses as the page does."""
    step = next_step.of(restored)

    assert step is not None
    assert step.title == "Upgrade to v0.8.5.post1"
    assert step.command == f"vllm-qualify plan reports/{restored.run}"
    assert "git apply and kubectl apply" in step.note


def test_tags_without_an_order_are_named(restored: RunRecord) -> None:
    """Where `plan` could not tell the newest, the command says which, as a shell takes it."""
    good = restored.candidates[-1]
    odd = tuple(replace(good, image=image) for image in ("mine:a", "mine:b c"))

    step = next_step.of(replace(restored, candidates=odd))

    assert step is not None
    assert step.command.endswith("--image 'mine:b c'")


def test_a_stand_in_is_no_reason_to_upgrade_yet(finished: RunRecord) -> None:
    """What qualified on the CPU build has to be tried on the GPU first, and no command for a cluster is promised."""
    step = next_step.of(finished)

    assert step is not None
    assert "qualify on the GPU before you upgrade" in step.note
    assert "kubectl" not in step.note


def test_a_container_is_started_anew_by_its_own_engine(restored: RunRecord) -> None:
    """The note names the engine that the run used."""
    good = restored.candidates[-1]
    step = next_step.of(replace(restored, candidates=(replace(good, facts={"container engine": "podman"}),)))

    assert step is not None
    assert "podman compose up" in step.note


def test_nothing_is_offered_where_nothing_may_be_done(interrupted: RunRecord, lost: RunRecord) -> None:
    """None qualified; or production is not back, which comes first."""
    assert next_step.of(interrupted) is None
    assert next_step.of(lost) is None
