"""R1: the switch to the reasoning model and back, with the same image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks, targets
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.base import Target
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("R1"), pytest.mark.usefixtures("reasoning_mode")]


@pytest.mark.gpu_mode
@pytest.mark.usefixtures("candidate")
def test_same_manifests(target: Target, settings: Settings, conclude: Conclude) -> None:
    """The manifests that the operator's gpu-mode applies are those of the repository."""
    conclude(targets.gpu_mode.copies(target, settings))


@pytest.mark.cost(60)
def test_switch(candidate: Candidate, conclude: Conclude) -> None:
    """The same image starts in the reasoning mode."""
    candidate.remember()

    start = candidate.start(Mode.R1)

    ready = start.ready is not None
    conclude(checks.api.started(ready=ready, reason=start.reason, death=start.death, digest=start.digest))


@pytest.mark.gpu_mode
def test_says_r1(candidate: Candidate, target: Target, conclude: Conclude) -> None:
    """After the switch gpu-mode says r1, and nothing of the everyday mode is left on the GPU."""
    conclude(targets.gpu_mode.switched(candidate, target, Mode.R1))


def test_models(candidate: Candidate, conclude: Conclude) -> None:
    """/v1/models names exactly the reasoning model."""
    client = candidate.serving(Mode.R1)

    conclude(checks.api.models(client.models(), expected=candidate.model))


@pytest.mark.cost(10)
def test_reasons(candidate: Candidate, conclude: Conclude) -> None:
    """A sum is answered with a chain of reasoning, then the right number, with no tag left in the content."""
    question, reply = candidate.reasoned()

    conclude(checks.reasoning.answer(reply, expected=question.answer, parser=candidate.start(Mode.R1).parser))


def test_streams_reasoning(candidate: Candidate, conclude: Conclude) -> None:
    """Streamed, the chain of reasoning comes apart from the content as well."""
    sample = candidate.first_stream(Mode.R1)
    expected = candidate.work.sums[0].answer

    conclude(checks.reasoning.streamed(sample, expected=expected, parser=candidate.start(Mode.R1).parser))


@pytest.mark.cost(10)
def test_reasons_with_schema(candidate: Candidate, conclude: Conclude) -> None:
    """Asked with a schema, the model still reasons first, and the content is one JSON document by the schema."""
    client, start = candidate.serving(Mode.R1), candidate.start(Mode.R1)
    if start.canary:
        pytest.skip("the reasoning canary knows sums and no JSON; a schema drives it into blanks on sound releases too")
    answer, reply = checks.schema_probes.reasoned(client, candidate.work.sums[-1], model=candidate.model)

    conclude(checks.structured_output.with_reasoning(answer, reply, parser=start.parser))


@pytest.mark.cost(60)
def test_switch_back(candidate: Candidate, conclude: Conclude) -> None:
    """The everyday mode starts again."""
    start = candidate.start_again(Mode.ML)

    ready = start.ready is not None
    conclude(checks.api.started(ready=ready, reason=start.reason, death=start.death, digest=start.digest))


@pytest.mark.gpu_mode
def test_says_ml(candidate: Candidate, target: Target, conclude: Conclude) -> None:
    """After the switch back gpu-mode says ml, and nothing of the reasoning mode is left on the GPU."""
    conclude(targets.gpu_mode.switched(candidate, target, Mode.ML))


@pytest.mark.cost(4)
def test_answers_as_before(candidate: Candidate, conclude: Conclude) -> None:
    """Back in the everyday mode, the same documents turn out as before."""
    before, after = candidate.classified_again()

    conclude(checks.reasoning.back_again(before, after))
