"""The judges of the API pass what is right and name what is wrong."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import Death, api
from vllm_qualify.client.exchanges import ChatReply, Chunk, HttpReply, ModelsReply, StreamSample, Usage
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.core.records import Certainty, Diagnosis, Outcome

REFUSED = Failure(kind=FailureKind.REFUSED)
DEATH = Death(
    reason="EngineDeadError",
    diagnosis=Diagnosis(cause="E01", title="logits must be float32", certainty=Certainty.CERTAIN),
)
STREAM = StreamSample(
    status=200,
    chunks=(Chunk(at=0.5, tokens=1, content="a"),),
    finish_reason="stop",
    usage=Usage(prompt=1, completion=1),
    done=True,
)


def test_started_and_ready_passes() -> None:
    """A candidate that became ready has started."""
    assert api.started(ready=True, reason="").outcome is Outcome.PASSED


def test_never_ready_fails_with_the_cause() -> None:
    """A candidate that ended by itself fails with its diagnosis."""
    judgement = api.started(ready=False, reason="exit code 1", death=DEATH)

    assert (judgement.outcome, judgement.message) == (Outcome.FAILED, "never became ready: exit code 1")
    assert judgement.diagnosis is DEATH.diagnosis


def test_silence_until_it_was_given_up_is_nobodys_failure() -> None:
    """A candidate that runs and says nothing may wait for this machine as well as for itself."""
    judgement = api.started(ready=False, reason="gave up")

    assert (judgement.outcome, judgement.message) == (Outcome.INCONCLUSIVE, "never became ready: gave up")


@pytest.mark.parametrize(
    ("reply", "outcome", "message"),
    [
        (HttpReply(status=200), Outcome.PASSED, "/health answers HTTP 200"),
        (HttpReply(status=503, body="dead"), Outcome.FAILED, "/health: HTTP 503: 'dead'"),
        (HttpReply(failure=REFUSED), Outcome.FAILED, "/health: connection refused"),
    ],
)
def test_health(reply: HttpReply, outcome: Outcome, message: str) -> None:
    """Only HTTP 200 is healthy."""
    judgement = api.health(reply)

    assert (judgement.outcome, judgement.message) == (outcome, message)


@pytest.mark.parametrize(
    ("ids", "outcome"),
    [
        (("qwen3",), Outcome.PASSED),
        (("qwen2.5",), Outcome.FAILED),
        (("qwen3", "lora"), Outcome.FAILED),
        (("qwen3-old",), Outcome.FAILED),
        ((), Outcome.FAILED),
    ],
)
def test_models_are_exactly_the_expected(ids: tuple[str, ...], outcome: Outcome) -> None:
    """Another name, a name more, a similar name or none at all is wrong."""
    assert api.models(ModelsReply(status=200, ids=ids), expected="qwen3").outcome is outcome


def test_models_says_expected_and_seen() -> None:
    """The message holds both names, for the config map is where one of them must change."""
    message = api.models(ModelsReply(status=200, ids=("qwen2.5",)), expected="qwen3").message

    assert message == "/v1/models: names 'qwen2.5'; expected exactly 'qwen3'"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (ChatReply(status=404), Outcome.PASSED),
        (ChatReply(status=200, content="hello"), Outcome.FAILED),
        (ChatReply(status=400), Outcome.FAILED),
        (ChatReply(status=500), Outcome.FAILED),
        (ChatReply(failure=REFUSED), Outcome.FAILED),
    ],
)
def test_unknown_model_must_be_404(reply: ChatReply, outcome: Outcome) -> None:
    """Any answer but 404 to an unknown model is wrong, a friendly one most of all."""
    assert api.unknown_model(reply, name="nobody").outcome is outcome


def test_stream_that_ends_properly_passes() -> None:
    """Tokens, reason and first token of a proper stream are told."""
    judgement = api.stream(STREAM)

    assert (judgement.outcome, judgement.message) == (Outcome.PASSED, "1 tokens streamed, ended by 'stop'")
    assert [seen.name for seen in judgement.observations] == ["status", "tokens", "first-token"]


def test_improper_stream_fails_with_all_it_lacks() -> None:
    """HTTP 200 alone is no success."""
    judgement = api.stream(StreamSample(status=200))

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message == "the stream: no token arrived; no finish_reason; no usage; no [DONE] at the end"


def test_restart_is_not_staying_up() -> None:
    """An engine that answers again after a restart did not stay up."""
    judgement = api.stayed_up(HttpReply(status=200), restarts=2)

    assert (judgement.outcome, judgement.message) == (
        Outcome.FAILED,
        "at the end the engine: restarted 2 times; expected 0",
    )
    assert api.stayed_up(HttpReply(status=200)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("ids", "outcome"),
    [
        (("m", "sql"), Outcome.PASSED),
        (("m",), Outcome.PASSED),
        (("sql", "m"), Outcome.FAILED),
        (("m", "other"), Outcome.FAILED),
    ],
)
def test_adapters_of_the_manifest_may_be_listed_behind_the_model(ids: tuple[str, ...], outcome: Outcome) -> None:
    """They are no other model; what the manifest does not name is."""
    reply = ModelsReply(status=200, ids=ids)

    assert api.models(reply, expected="m", adapters=("sql",)).outcome is outcome
