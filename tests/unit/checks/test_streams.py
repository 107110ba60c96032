"""Many streams at once are shown, with all that a comparison needs; only a faulty one fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vllm_qualify.checks import streams
from vllm_qualify.checks.comparison import series
from vllm_qualify.checks.stream_load import StreamLoad
from vllm_qualify.checks.token_counters import TokenCounters
from vllm_qualify.client.exchanges import Chunk, ClientLag, StreamSample, Usage
from vllm_qualify.config.settings import ThroughputSettings
from vllm_qualify.core.records import CaseRecord, Judgement, Outcome

TOKENS = 101


def stream(sent: float, *, lag: float = 0.0001) -> StreamSample:
    """A proper stream: the first token at 0.5 s, then 20 tokens a second."""
    chunks = tuple(Chunk(at=0.5 + place / 20, tokens=place + 1, content="x") for place in range(TOKENS))
    return StreamSample(
        status=200,
        chunks=chunks,
        finish_reason="length",
        usage=Usage(prompt=9, completion=TOKENS),
        done=True,
        seconds=chunks[-1].at,
        sent=sent,
        lag=ClientLag(beats=100, median=lag, p99=lag),
    )


def load(*, lag: float = 0.0001, counters: TokenCounters | None = None) -> StreamLoad:
    """Two streams of two requests."""
    samples = tuple(stream(sent, lag=lag) for sent in (0.0, 0.0, 5.5, 5.5))
    return StreamLoad(streams=2, samples=samples, counters=counters or TokenCounters(generated=404.0, cached=0.0))


def values(judgement: Judgement) -> dict[str, object]:
    """What was observed."""
    return {one.name: one.value for one in judgement.observations}


def test_the_figures_are_shown_and_judged_by_nobody() -> None:
    """Throughput of the steady part, TTFT, ITL and lag, each by its formula and in its unit."""
    judgement = streams.judge(load(), max_tokens=TOKENS)

    seen = values(judgement)
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert seen["throughput"] == pytest.approx(40.0, rel=0.15)
    assert (seen["first-token-median"], seen["first-token-p90"]) == (0.5, 0.5)
    assert (seen["inter-token-median"], seen["inter-token-p90"]) == pytest.approx((0.05, 0.05))
    assert (seen["client-lag-p99"], seen["streams"], seen["requests"]) == (pytest.approx(0.1), 2, 4)
    assert judgement.message.startswith("2 streams at once: 4")
    assert "late" not in judgement.message


def test_a_comparison_finds_what_it_needs() -> None:
    """Rates and first tokens as series, the share of foreign tokens and the lag over the ITL as conditions."""
    judgement = streams.judge(load(counters=TokenCounters(generated=505.0)), max_tokens=TOKENS)
    case = CaseRecord(
        image="i",
        requirement="THROUGHPUT",
        id="THROUGHPUT/streams",
        sentence="s",
        outcome=judgement.outcome,
        material=judgement.material,
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )

    rates, first = series.series(case, series.THROUGHPUT), series.series(case, series.FIRST_TOKEN)
    assert rates is not None
    assert first is not None
    assert len(rates.rounds) == 6
    assert first.values == (0.5,) * 4
    assert series.conditions(case).foreign_tokens == pytest.approx(0.2)
    assert series.conditions(case).lag == pytest.approx(0.0001 / 0.05)


def test_a_client_that_is_late_itself_says_so() -> None:
    """5 ms beside 50 ms between two tokens are more than a twentieth."""
    judgement = streams.judge(load(lag=0.005), max_tokens=TOKENS)

    assert "the client itself was late by 5 ms (p99)" in judgement.message


def test_a_faulty_stream_fails() -> None:
    """Whatever the others brought; the message holds the first fault, and nothing is there to be compared."""
    proper = load()
    cut = replace(proper.samples[1], done=False)
    judgement = streams.judge(replace(proper, samples=(proper.samples[0], cut)), max_tokens=TOKENS)

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message == ("of 2 requests of 2 streams at once 1 were faulty; the first: no [DONE] at the end")
    assert judgement.material == {}


def test_too_few_tokens_are_a_fault() -> None:
    """A server that ends early would look fast."""
    assert streams.judge(load(), max_tokens=TOKENS + 1).outcome is Outcome.FAILED


def test_streams_without_a_steady_part_are_inconclusive() -> None:
    """Where everything came in one read there is no time to divide by."""
    at_once = [
        replace(one, chunks=(Chunk(at=0.5, tokens=TOKENS, content="x", last=True),), seconds=0.5)
        for one in load().samples
    ]

    judgement = streams.judge(StreamLoad(streams=4, samples=tuple(at_once)), max_tokens=TOKENS)

    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert values(judgement)["first-token-median"] == 0.5


def test_a_sweep_shows_each_number_of_streams() -> None:
    """Rate, goodput and the tails of TTFT and ITL, each with the number of its streams."""
    one = StreamLoad(streams=1, samples=(stream(0.0), stream(5.5)))
    judgement = streams.judge_sweep([one, load()], max_tokens=TOKENS, limits=ThroughputSettings())

    seen = values(judgement)
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert (seen["goodput-1"], seen["goodput-2"]) == pytest.approx((2 / 11, 4 / 11))
    assert (seen["first-token-p90-1"], seen["inter-token-p90-2"]) == pytest.approx((0.5, 0.05))
    assert "1 streams: " in judgement.message
    assert judgement.message.endswith("(good: TTFT within 2 s, ITL within 0.1 s)")


def test_a_faulty_step_of_a_sweep_fails_it() -> None:
    """It is told at how many streams."""
    broken = replace(load(), samples=(StreamSample(status=500, body="dead"),))
    judgement = streams.judge_sweep([load(), broken], max_tokens=TOKENS, limits=ThroughputSettings())

    assert judgement.outcome is Outcome.FAILED
    assert "of 2 streams at once" in judgement.message
