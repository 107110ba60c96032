"""TOOLS: tools are called in the form that clients read, where the manifest names a parser, or a canary is served."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import tool_calling
from vllm_qualify.checks.tool_probes import ToolWay
from vllm_qualify.config import Settings
from vllm_qualify.config import loading as settings_files
from vllm_qualify.core.records import Judgement
from vllm_qualify.plugin.recorder import Conclude
from vllm_qualify.targets.tool_session import ToolSession

pytestmark = [pytest.mark.requirement("TOOLS"), pytest.mark.beside]


@pytest.fixture(name="conclude")
def conclude_as_used(tools: ToolSession, settings: Settings, conclude: Conclude) -> Conclude:
    """Takes the judgement of a case, which fails no candidate for what only a canary calls."""
    used = not tools.canary or settings_files.serving(settings.modes.ml).flag("--tool-call-parser") is not None

    def take(judgement: Judgement) -> None:
        conclude(judgement if used else tool_calling.unused(judgement))

    return take


@pytest.mark.cost(2)
def test_auto(tools: ToolSession, conclude: Conclude) -> None:
    """Free to choose, the model calls the tool that the question is about."""
    conclude(tool_calling.auto(tools.answer(ToolWay.AUTO), tools.work))


@pytest.mark.cost(2)
def test_required(tools: ToolSession, conclude: Conclude) -> None:
    """With tool_choice required, a call comes."""
    conclude(tool_calling.forced(tools.answer(ToolWay.REQUIRED), tools.work))


@pytest.mark.cost(2)
def test_named(tools: ToolSession, conclude: Conclude) -> None:
    """With tool_choice naming a tool, that one is called."""
    conclude(tool_calling.forced(tools.answer(ToolWay.NAMED), tools.work))


@pytest.mark.cost(2)
def test_parallel(tools: ToolSession, conclude: Conclude) -> None:
    """Two calls in one answer come apart, each under an id of its own."""
    conclude(tool_calling.parallel(tools.answer(ToolWay.PARALLEL), tools.work))


@pytest.mark.cost(1)
def test_no_arguments(tools: ToolSession, conclude: Conclude) -> None:
    """A tool without parameters is called with an empty object."""
    conclude(tool_calling.no_arguments(tools.answer(ToolWay.NO_ARGUMENTS), tools.work))


@pytest.mark.cost(4)
def test_streamed(tools: ToolSession, conclude: Conclude) -> None:
    """Put together from a stream, calls and finish reason are those of the whole answer."""
    conclude(tool_calling.streamed(tools.pairs(), tools.work))


@pytest.mark.cost(0)
def test_arguments(tools: ToolSession, conclude: Conclude) -> None:
    """Whole, the arguments of every call are JSON, valid by the schema of its tool."""
    conclude(tool_calling.arguments(tools.answers(), tools.work))


@pytest.mark.cost(0)
def test_finish_reason(tools: ToolSession, conclude: Conclude) -> None:
    """An answer that calls tools says so in its finish reason."""
    conclude(tool_calling.finish_reason(tools.answers()))


@pytest.mark.cost(0)
def test_content(tools: ToolSession, conclude: Conclude) -> None:
    """Nothing of the syntax of calls is left in the content."""
    conclude(tool_calling.content(tools.answers()))
