"""Figures of many streams at once: what is steady, and what is filling up and draining."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.canary_answers import WORK
from tests.simulated_engine import Engine, SimulatedTransport
from tests.simulated_script import Script
from vllm_qualify.checks import prompts, stream_load
from vllm_qualify.checks.stream_load import StreamLoad
from vllm_qualify.client.exchanges import Chunk, StreamSample, Usage
from vllm_qualify.client.openai import OpenAiClient

TOKENS = 20


def stream(sent: float, *, first: float = 0.5, gap: float = 0.1, each: int = 1) -> StreamSample:
    """A proper stream of 20 tokens in equal pieces."""
    chunks = tuple(
        Chunk(at=first + gap * place, tokens=tokens, content="x", last=tokens == TOKENS)
        for place, tokens in enumerate(range(each, TOKENS + 1, each))
    )
    return StreamSample(
        status=200,
        chunks=chunks,
        finish_reason="length",
        usage=Usage(prompt=9, completion=TOKENS),
        done=True,
        seconds=chunks[-1].at,
        sent=sent,
    )


def loaded(*samples: StreamSample, streams: int = 2) -> StreamLoad:
    """What these came to."""
    return StreamLoad(streams=streams, samples=samples)


TWO_WAVES = (stream(0.0), stream(0.0, first=1.0), stream(2.4), stream(2.9))


def test_steady_is_from_the_last_first_token_to_the_first_end_without_a_next() -> None:
    """Two streams of two requests: the second one's first token comes at 1.0 s, the first one is over at 4.8 s."""
    assert loaded(*TWO_WAVES).steady == pytest.approx((1.0, 2.4 + 0.5 + 1.9))


def test_a_stream_alone_is_steady_from_its_first_token_to_its_end() -> None:
    """One stream fills nothing up and drains nothing."""
    assert loaded(stream(0.0), streams=1).steady == pytest.approx((0.5, 2.4))


def test_streams_that_never_ran_together_have_no_steady_part() -> None:
    """One was over before the other had a token."""
    assert loaded(stream(0.0), stream(0.0, first=9.0)).rates() == []


def test_no_stream_has_no_figures() -> None:
    """Nothing was asked."""
    load = loaded()

    assert (load.steady, load.rates(), load.lag, load.seconds) == (None, [], None, 0.0)


@pytest.mark.parametrize("each", [1, 2, 5])
def test_streams_in_step_have_their_exact_rate_in_every_slice(each: int) -> None:
    """However pieces are bundled: 8 streams of 10 pieces a second make that rate, and no edge counts a step twice."""
    samples = [stream(2.5 * wave, each=each) for wave in range(4) for _ in range(8)]
    decoding = [replace(sample, sent=0.0) for sample in samples[:8]]

    rates = StreamLoad(streams=8, samples=tuple(decoding)).rates(slices=2)

    assert rates == pytest.approx([8 * each * 10.0] * 2)


@given(st.integers(1, 7), st.integers(1, 9))
def test_slices_add_up_to_the_whole(streams: int, slices: int) -> None:
    """The rates of the slices, but of those without a token, lie around the rate of the whole."""
    samples = tuple(
        stream(wave * 2.4 + place / 64, first=0.5 + place / 32) for wave in range(3) for place in range(streams)
    )
    load = StreamLoad(streams=streams, samples=samples)

    (whole,), rates = load.rates(slices=1), load.rates(slices=slices)

    assert 0 < len(rates) <= slices
    assert min(rates) - 1e-9 <= whole <= max(rates) + 1e-9


def test_times_are_those_of_the_definitions() -> None:
    """TTFT counts from sending; ITL is the gap before a piece over its tokens."""
    load = loaded(stream(3.0, first=0.7, each=2, gap=0.2), streams=1)

    assert load.first_tokens == [0.7]
    assert load.inter_tokens == pytest.approx([0.1] * 9)


def test_goodput_counts_requests_that_meet_both_limits() -> None:
    """One is slow to start, one slow to go on, two are good, in 4.8 s."""
    samples = (stream(0.0), stream(0.0, first=1.5, gap=0.05), stream(0.0, gap=0.2), stream(2.4))

    goodput = loaded(*samples).goodput(first_token_seconds=1.0, inter_token_seconds=0.15)

    assert goodput == pytest.approx(2 / 4.8)


def client(script: Script) -> OpenAiClient:
    """A client of a simulated engine."""
    return OpenAiClient("http://engine", transport=SimulatedTransport(Engine(script)))


def test_a_server_at_its_pace_is_measured_at_it() -> None:
    """40 tokens a second of each of 8 streams are 320, whatever it takes to fill them up."""
    load = stream_load.measure(client(Script(chunks=(), gap_seconds=1 / 40)), WORK, model="canary", streams=8)

    assert load.rates() == pytest.approx([320.0] * stream_load.SLICES, rel=0.05)
    assert len(load.samples) == 8 * stream_load.REQUESTS_EACH
    assert load.counters.generated == 8 * stream_load.REQUESTS_EACH * prompts.MEASURED_TOKENS


def test_no_prompt_is_asked_twice() -> None:
    """A prompt that the prefix cache holds would make the first token too fast."""
    asking = client(Script(chunks=(), gap_seconds=1 / 40))

    stream_load.measure(asking, WORK, model="canary", streams=3)

    asked = asking._transport._engine.requests  # type: ignore[attr-defined]
    assert len({str(body["messages"]) for body in asked}) == len(asked) == 3 + 3 * stream_load.REQUESTS_EACH


def test_a_server_that_refuses_the_salt_is_asked_without() -> None:
    """The warm-up shows it; what is measured then holds no salt."""
    asking = client(Script(chunks=(), status=400))

    stream_load.measure(asking, WORK, model="canary", streams=2)

    asked = asking._transport._engine.requests  # type: ignore[attr-defined]
    assert ["cache_salt" in body for body in asked] == [True] * 2 + [False] * 8


@pytest.mark.parametrize(("most", "steps"), [(1, [1]), (8, [1, 2, 4, 8]), (12, [1, 2, 4, 8, 12])])
def test_a_sweep_doubles_up_to_its_end(most: int, steps: list[int]) -> None:
    """Each number of streams once, the last one too."""
    loads = stream_load.sweep(client(Script(chunks=(), gap_seconds=1 / 40)), WORK, model="canary", most=most)

    assert [load.streams for load in loads] == steps


def test_a_sweep_ends_where_something_is_wrong() -> None:
    """More streams would mend nothing."""
    loads = stream_load.sweep(client(Script(status=500)), WORK, model="canary", most=8)

    assert [load.streams for load in loads] == [1]
