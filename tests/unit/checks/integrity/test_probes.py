"""The probes ask the simulated engine what the judges need, and honest answers pass all of them."""

from __future__ import annotations

import pytest

from tests.canary_answers import WORK
from tests.simulated_engine import MODEL_LENGTH, Engine, SimulatedTransport
from tests.simulated_script import taught
from vllm_qualify.checks.integrity import (
    limits,
    marks,
    mixing,
    probes,
    soak,
    usage,
)
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.core.records import Outcome
from vllm_qualify.gpu.reading import NOT_USED, GpuReading

RIGHT = marks.marked(WORK.documents)


@pytest.fixture
def engine() -> Engine:
    """An honest engine."""
    return Engine(taught({}, model="m"))


@pytest.fixture
def client(engine: Engine) -> OpenAiClient:
    """A client of it."""
    return OpenAiClient("http://engine", transport=SimulatedTransport(engine))


def test_one_token_too_many_is_sent_as_numbers(engine: Engine, client: OpenAiClient) -> None:
    """The prompt has exactly one token more than the model's length, whatever its tokenizer."""
    got = probes.too_long(client, model="m")

    assert len(engine.requests[0]["prompt"]) == MODEL_LENGTH + 1
    assert limits.too_long(got).outcome is Outcome.PASSED


def test_a_stream_is_cancelled_in_the_middle(client: OpenAiClient) -> None:
    """It had begun, was cut off, and the server was looked at behind it."""
    got = probes.cancelled(client, WORK, model="m", pause=lambda *, seconds: seconds)

    assert (got.reply.failure is not None, got.running) == (True, (0.0,))
    assert limits.cancelled(got).outcome is Outcome.PASSED


def test_usage_is_held_against_the_counter(client: OpenAiClient) -> None:
    """Both answers lie between the two looks."""
    assert usage.judge(probes.usage(client, WORK, model="m")).outcome is Outcome.PASSED


def test_sampling_parameters_are_left_out_and_written_out(engine: Engine, client: OpenAiClient) -> None:
    """The first request names none, the others name the defaults; all have the same seed."""
    probes.sampled(client, WORK, model="m", defaults={"temperature": 0.6, "max_tokens": 9})

    assert ["temperature" in asked for asked in engine.requests] == [False, True, True]
    assert {asked["seed"] for asked in engine.requests} == {20}
    assert {asked["max_tokens"] for asked in engine.requests} == {24}


def test_adapters_are_asked_where_there_are_any(engine: Engine, client: OpenAiClient) -> None:
    """A listed one is asked by its name, none where the manifest names none."""
    assert probes.adapters(client, ()) == ((), {})

    listed, answers = probes.adapters(client, ("m", "sql"))

    assert (listed, list(answers), len(engine.requests)) == (("m",), ["m"], 1)


@pytest.mark.parametrize(("task", "asked"), [("embed", True), ("score", True), ("classify", False), ("", False)])
def test_pooling_is_asked_by_task(client: OpenAiClient, task: str, asked: bool) -> None:  # noqa: FBT001 - a parameter of the test.
    """Embeddings and scores have endpoints that are asked; other tasks do not."""
    assert (probes.pooled(client, WORK, model="m", task=task) is not None) is asked


def test_all_are_asked_at_once_and_come_back_in_their_order(engine: Engine, client: OpenAiClient) -> None:
    """Each answer is that to its own document."""
    got = probes.together(client, WORK, RIGHT, model="m")

    assert len(engine.requests) == len(RIGHT) == 32
    assert mixing.judge(RIGHT, (True,) * len(RIGHT), got).outcome is Outcome.PASSED


def test_the_pulse_is_felt_before_and_behind_a_crowd(engine: Engine, client: OpenAiClient) -> None:
    """Three lone requests, sixteen at once, one more."""
    got = probes.behind_a_crowd(client, WORK, model="m")

    assert [asked["max_tokens"] for asked in engine.requests] == [1] * 3 + [16] * 16 + [1]
    assert limits.heartbeat(*got).outcome is Outcome.PASSED


def test_the_soak_lasts_as_long_as_it_is_to(client: OpenAiClient) -> None:
    """Rounds of eight streams of 128 tokens, each 3.2 s at 40 tokens a second, until a minute is full."""
    got = probes.soaked(client, WORK, RIGHT, model="m", seconds=60, memory=lambda: GpuReading(problem=NOT_USED))

    assert len(got.rounds) == 19
    assert (got.asked, got.right) == (8, 8)
    assert soak.judge(got, wanted_seconds=60).outcome is Outcome.PASSED


def test_a_soak_ends_where_nothing_is_answered() -> None:
    """A dead engine is not kept under load for the rest of the time."""
    engine = Engine(taught({"CRASH_AFTER": "8"}, model="m"))
    client = OpenAiClient("http://engine", transport=SimulatedTransport(engine))

    got = probes.soaked(client, WORK, (), model="m", seconds=60, memory=lambda: GpuReading(problem=NOT_USED))

    assert len(got.rounds) == 2
    assert soak.judge(got, wanted_seconds=60).outcome is Outcome.FAILED
