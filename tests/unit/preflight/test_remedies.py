"""What one rule suggests holds before the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vllm_qualify import preflight
from vllm_qualify.core.records import Finding
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.preflight import PredictedVerdict, Question, ToolkitMode

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
OVERRIDE, DRIVER, HOOK, TAG = ChangeKind.ENVIRONMENT, ChangeKind.DRIVER, ChangeKind.NODE, ChangeKind.TAG
RTX = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit="1.18.0")


def kinds(ruling: Finding) -> list[list[ChangeKind]]:
    """What each remedy changes."""
    return [[change.kind for change in remedy.changes] for remedy in ruling.remedies]


@pytest.mark.parametrize(
    ("rule", "tag", "left"),
    [
        ("P06", "v0.15.1", [[OVERRIDE]]),
        ("P07", "v0.15.1", [[OVERRIDE]]),
        ("P07", "v0.14.1", [[OVERRIDE], [DRIVER], [HOOK]]),
        ("P07", "v0.20.0", [[DRIVER]]),
        ("P03", "v0.20.0", [[DRIVER], [TAG]]),
    ],
)
def test_no_suggestion_that_another_rule_makes_pointless(
    found: Rulings, rule: str, tag: str, left: list[list[ChangeKind]]
) -> None:
    """Neither a release that meets error 804 by the toolkit, nor an override where the driver is too old, is told."""
    (ruling,) = found(rule, tag)

    assert kinds(ruling) == left
    assert "v0.17.0" not in ruling.remedy
    assert ruling.remedy == ", or ".join(" and ".join(map(str, one.changes)) for one in ruling.remedies)


def test_without_the_toolkits_hook_another_release_helps(found: Rulings) -> None:
    """What is pointless on one node is right on another: there only the image itself is at fault."""
    (ruling,) = found("P06", "v0.15.1", node=replace(RTX, compat_hook=False))

    assert kinds(ruling) == [[OVERRIDE], [ChangeKind.RELEASE]]
    assert "take v0.17.0 or newer" in ruling.remedy


@pytest.mark.parametrize("node", [replace(RTX, driver="575.57.08"), replace(RTX, compat_hook=False)])
def test_what_is_suggested_helps(ask: Ask, node: preflight.NodeFacts) -> None:
    """With the driver, or without the hook, as the rule suggests, v0.14.1 should work as it is."""
    assert preflight.verdict(preflight.findings(ask("v0.14.1", node=node))).verdict is PredictedVerdict.SHOULD_WORK


def test_what_only_may_be_so_makes_nothing_pointless(found: Rulings) -> None:
    """Of somebody else's image the CUDA is a guess, so that the override is told beside the driver."""
    (ruling,) = found("P07", "registry.lab:5000/mine/server:v0.20.0")

    assert [OVERRIDE] in kinds(ruling)


def test_an_unrelated_trouble_makes_nothing_pointless(found: Rulings) -> None:
    """A length that does not fit stands in the way of every suggestion alike, and none of them is dropped for it."""
    args = ("serve", "Qwen/Qwen3-8B-AWQ", "--max-model-len", "4000000", "--quantization", "awq_marlin")
    (ruling,) = found("P07", "v0.14.1", command=("vllm",), args=args)

    assert kinds(ruling) == [[OVERRIDE], [DRIVER], [HOOK]]


def test_changes_of_one_way_are_made_together(found: Rulings) -> None:
    """In legacy mode the check is lifted together with the override, or 804 would follow."""
    (ruling,) = found("P05", "v0.12.0", node=replace(RTX, toolkit="1.17.8", mode=ToolkitMode.LEGACY))

    assert kinds(ruling) == [[OVERRIDE, OVERRIDE], [DRIVER]]
