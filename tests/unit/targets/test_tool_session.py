"""What a candidate is asked to call depends on the model that it serves."""

from __future__ import annotations

from dataclasses import replace

from tests.canary_answers import WORK
from tests.plugin.scripted import Script, ScriptedDeployment
from vllm_qualify.checks import tool_calling
from vllm_qualify.checks.tool_probes import OWN_MODEL, ToolWay
from vllm_qualify.core import images
from vllm_qualify.core.records import Outcome
from vllm_qualify.targets.base import Mode, StartAttempt
from vllm_qualify.targets.candidate import Candidate
from vllm_qualify.targets.tool_session import ToolSession


class CanaryDeployment(ScriptedDeployment):
    """Says that it serves a canary."""

    def start(self, mode: Mode, *, cold: bool = False) -> StartAttempt:
        """Start it."""
        return replace(super().start(mode, cold=cold), canary=True)


def session(deployment: ScriptedDeployment) -> ToolSession:
    """The calls of a candidate that is run so."""
    image = images.parse("vllm/vllm-openai:v0.12.0")
    return ToolSession(Candidate(image, deployment=deployment, work=WORK, keep_log={}.__setitem__))


def test_a_canary_alone_is_asked_for_the_calls_that_it_was_taught() -> None:
    """Of another model the right calls are not known, only their form."""
    assert session(CanaryDeployment(Script())).work is WORK.tools
    assert session(ScriptedDeployment(Script())).work is OWN_MODEL
    assert WORK.tools.trained


def test_the_right_calls_of_a_canary_pass() -> None:
    """In every way that they are asked for."""
    asked = session(CanaryDeployment(Script()))

    judged = [
        tool_calling.auto(asked.answer(ToolWay.AUTO), asked.work),
        tool_calling.forced(asked.answer(ToolWay.REQUIRED), asked.work),
        tool_calling.forced(asked.answer(ToolWay.NAMED), asked.work),
        tool_calling.parallel(asked.answer(ToolWay.PARALLEL), asked.work),
        tool_calling.no_arguments(asked.answer(ToolWay.NO_ARGUMENTS), asked.work),
        tool_calling.streamed(asked.pairs(), asked.work),
        tool_calling.arguments(asked.answers(), asked.work),
        tool_calling.finish_reason(asked.answers()),
        tool_calling.content(asked.answers()),
    ]

    assert [each.message for each in judged if each.outcome is not Outcome.PASSED] == []
