"""TOOLS: tools are called in the form that clients read, where the manifest names a parser, or a canary is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.core.records import Judgement
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.tool_session import ToolSession

pytestmark = [pytest.mark.requirement("TOOLS"), pytest.mark.beside]


@pytest.fixture(name="conclude")
def conclude_as_used(tools: ToolSession, settings: Settings, conclude: Conclude) -> Conclude:
    """Takes the judgement of a case, which fails no candidate for what only a canary calls."""
    from vllm_qualify.preflight import settings_subject

    used = not tools.canary or settings_subject.serving(settings.modes.ml).flag("--tool-call-parser") is not None

    def take(judgement: Judgement) -> None:
        conclude(judgement if used else checks.tool_calling.unused(judgement))

    return take


@pytest.mark.cost(2)
def test_auto(tools: ToolSession, conclude: Conclude) -> None:
    """Free to choose, the model calls the tool that the question is about."""
    conclude(checks.tool_calling.auto(tools.answer(checks.tool_probes.ToolWay.AUTO), tools.work))


@pytest.mark.cost(2)
def test_required(tools: ToolSession, conclude: Conclude) -> None:
    """With tool_choice required, a call comes."""
    conclude(checks.tool_calling.forced(tools.answer(checks.tool_probes.ToolWay.REQUIRED), tools.work))


@pytest.mark.cost(2)
def test_named(tools: ToolSession, conclude: Conclude) -> None:
    """With tool_choice naming a tool, that one is called."""
    conclude(checks.tool_calling.forced(tools.answer(checks.tool_probes.ToolWay.NAMED), tools.work))


@pytest.mark.cost(2)
def test_parallel(tools: ToolSession, conclude: Conclude) -> None:
    """Two calls in one answer come apart, each under an id of its own."""
    conclude(checks.tool_calling.parallel(tools.answer(checks.tool_probes.ToolWay.PARALLEL), tools.work))


@pytest.mark.cost(1)
def test_no_arguments(tools: ToolSession, conclude: Conclude) -> None:
    """A tool without parameters is called with an empty object."""
    conclude(checks.tool_calling.no_arguments(tools.answer(checks.tool_probes.ToolWay.NO_ARGUMENTS), tools.work))


@pytest.mark.cost(4)
def test_streamed(tools: ToolSession, conclude: Conclude) -> None:
    """Put together from a stream, calls and finish reason are those of the whole answer."""
    conclude(checks.tool_calling.streamed(tools.pairs(), tools.work))


@pytest.mark.cost(0)
def test_arguments(tools: ToolSession, conclude: Conclude) -> None:
    """Whole, the arguments of every call are JSON, valid by the schema of its tool."""
    conclude(checks.tool_calling.arguments(tools.answers(), tools.work))


@pytest.mark.cost(0)
def test_finish_reason(tools: ToolSession, conclude: Conclude) -> None:
    """An answer that calls tools says so in its finish reason."""
    conclude(checks.tool_calling.finish_reason(tools.answers()))


@pytest.mark.cost(0)
def test_content(tools: ToolSession, conclude: Conclude) -> None:
    """Nothing of the syntax of calls is left in the content."""
    conclude(checks.tool_calling.content(tools.answers()))
