"""The decode rate is held against a band only where the band holds and the figures allow it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vllm_qualify.checks.decoded_rounds import DecodedRounds
from vllm_qualify.checks.throughput import judge
from vllm_qualify.checks.token_counters import TokenCounters
from vllm_qualify.checks.warm_up import WarmUp
from vllm_qualify.client.exchanges import Chunk, ClientLag, StreamSample, Usage
from vllm_qualify.config.settings import ThroughputBudget
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.gpu.reading import Gpu, GpuReading

GPU = "NVIDIA GeForce RTX 3060"
BAND = ThroughputBudget(low=30.0, high=50.0, gpu=GPU)
STEADY = (39.8, 40.0, 40.2, 39.9, 40.1)


def sample(rate: float, *, tokens: int = 101) -> StreamSample:
    """A proper stream that decodes at the rate: the first token at 0.5 s, the others from there."""
    end = 0.5 + (tokens - 1) / rate
    return StreamSample(
        status=200,
        chunks=(Chunk(at=0.5, tokens=1, content="a"), Chunk(at=end, tokens=tokens, content="b", last=True)),
        finish_reason="length",
        usage=Usage(prompt=9, completion=tokens),
        done=True,
        seconds=end,
    )


def rounds(*scales: float) -> list[list[StreamSample]]:
    """Rounds of five steady requests, each round scaled."""
    return [[sample(rate * scale) for rate in STEADY] for scale in scales]


def judged(
    measured: list[list[StreamSample]], *, gpu: str = GPU, band: ThroughputBudget | None = BAND, **more: object
) -> Judgement:
    """A judgement of streams of 101 tokens."""
    return judge(DecodedRounds(rounds=measured, **more), max_tokens=101, band=band, gpu=gpu)


def test_steady_rate_inside_the_band_passes() -> None:
    """The figure is the median of the round medians, with its interval and spread in the message."""
    judgement = judged(rounds(1.0, 1.01, 0.99))

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message.startswith("40.0 tokens/s (rounds: 39 to 41, CV 0.921 %)")


def test_figures_are_exact() -> None:
    """Rate, interval, first token and end-to-end are those of the formulas, in their units."""
    seen = {one.name: one for one in judged(rounds(1.0, 1.0, 1.0)).observations}

    assert seen["decode-rate"].value == pytest.approx(40.0)
    assert (seen["decode-rate-low"].value, seen["decode-rate-high"].value) == pytest.approx((40.0, 40.0))
    assert seen["first-token-median"].value == 0.5
    assert seen["end-to-end-rate"].value == pytest.approx(101 / (0.5 + 100 / 40.0))
    assert (seen["decode-rate"].unit, str(seen["decode-rate"].limit)) == ("tokens/s", "30 to 50")


@pytest.mark.parametrize("gpu", [GPU, ""])
def test_no_rate_is_shown_below_zero(gpu: str) -> None:
    """Rounds so scattered that their interval would go under zero show it cut there, in message and observation."""
    judgement = judged(rounds(1.0, 2.0, 0.5), gpu=gpu)
    seen = {one.name: one.value for one in judgement.observations}

    assert "(rounds: 0 to 123, CV" in judgement.message
    assert (seen["decode-rate-low"], seen["decode-rate-high"]) == (0.0, pytest.approx(122.6, abs=0.1))


@pytest.mark.parametrize(
    ("scales", "outcome", "reason"),
    [
        ((0.6, 0.6, 0.6), Outcome.FAILED, "below the minimum"),
        ((1.5, 1.5, 1.5), Outcome.WARNED, "suspect, above the band"),
        ((1.0, 1.2, 0.8), Outcome.INCONCLUSIVE, "too noisy, the limit is 5 %"),
        ((0.74, 0.73, 0.76), Outcome.INCONCLUSIVE, "below the minimum, but within the noise"),
        ((0.76, 0.78, 0.75), Outcome.WARNED, "marginal"),
        ((0.2, 0.25, 0.3), Outcome.FAILED, "below the minimum"),
    ],
)
def test_rates_outside_the_band(scales: tuple[float, ...], outcome: Outcome, reason: str) -> None:
    """Proof is needed to fail, steadiness to pass; a rate that is too good is suspect."""
    judgement = judged(rounds(*scales))

    assert judgement.outcome is outcome
    assert reason in judgement.message


@pytest.mark.parametrize("gpu", ["", "NVIDIA GeForce RTX 3060 Ti", "NVIDIA GeForce RTX 3060 Laptop GPU", "NVIDIA H100"])
@pytest.mark.parametrize("scales", [(1.0, 1.0, 1.0), (0.1, 0.1, 0.1), (1.0, 2.0, 0.5)])
def test_elsewhere_the_figure_is_only_shown(gpu: str, scales: tuple[float, ...]) -> None:
    """On another card or none, fast, slow or noisy, the band decides nothing and the figure is told."""
    judgement = judged(rounds(*scales), gpu=gpu)

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert "tokens/s" in judgement.message
    assert "the band of 30 to 50 holds for NVIDIA GeForce RTX 3060" in judgement.message


def test_without_a_band_the_figure_is_only_shown() -> None:
    """No band decides nothing either."""
    judgement = judged(rounds(1.0, 1.0, 1.0), band=None)

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert judgement.message.endswith("; no band is set")


@pytest.mark.parametrize("gpu", [GPU, "RTX 3060", "nvidia rtx 3060"])
def test_one_card_has_several_names(gpu: str) -> None:
    """The vendor's words around the name do not make another card."""
    assert judged(rounds(1.0, 1.0, 1.0), gpu=gpu).outcome is Outcome.PASSED


@pytest.mark.parametrize("gpu", [GPU, ""])
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (sample(40.0, tokens=100), "100 tokens came; expected exactly 101"),
        (replace(sample(40.0), done=False), "no [DONE] at the end"),
        (StreamSample(status=500, body="dead"), "HTTP 500: 'dead'"),
    ],
)
def test_one_improper_stream_fails_everywhere(gpu: str, bad: StreamSample, reason: str) -> None:
    """A broken stream or a wrong token count is a failure even where no band applies."""
    measured = rounds(1.0, 1.0, 1.0)
    measured[1][2] = bad

    judgement = judged(measured, gpu=gpu)

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message == f"1 of 15 streams were faulty; the first: {reason}"


@pytest.mark.parametrize(
    ("measured", "sizes"),
    [([], "none"), (rounds(1.0, 1.0), "5, 5"), ([*rounds(1.0, 1.0), rounds(1.0)[0][:4]], "5, 5, 4")],
)
def test_too_few_requests_show_nothing(measured: list[list[StreamSample]], sizes: str) -> None:
    """Fewer than three rounds or five requests are not judged."""
    judgement = judged(measured)

    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert judgement.message == f"requests in the rounds: {sizes}; needs at least 5 in each of 3"


def test_tokens_in_one_read_show_nothing() -> None:
    """A proxy that holds streams back, be it one in six, leaves no time to measure."""
    held = replace(sample(40.0), chunks=(Chunk(at=3.0, tokens=101, content="ab", last=True),))

    for measured in ([[held] * 5] * 3, [[held, *one] for one in rounds(1.0, 1.0, 1.0)]):
        judgement = judged(measured)

        assert judgement.outcome is Outcome.INCONCLUSIVE
        assert "came in one read" in judgement.message


@pytest.mark.parametrize(
    ("counters", "outcome"),
    [
        (TokenCounters(cached=0.01, generated=15 * 101), Outcome.PASSED),
        (TokenCounters(cached=0.02), Outcome.INCONCLUSIVE),
        (TokenCounters(generated=15 * 101 * 1.02), Outcome.INCONCLUSIVE),
        (TokenCounters(), Outcome.PASSED),
    ],
)
def test_warm_cache_and_foreign_load_leave_it_open(counters: TokenCounters, outcome: Outcome) -> None:
    """Prompts from the cache, or tokens that were not ours, take the figure its meaning."""
    assert judged(rounds(1.0, 1.0, 1.0), counters=counters).outcome is outcome


def test_foreign_load_excuses_slowness_and_a_warm_cache_does_not() -> None:
    """Who shares the engine is slowed by it; a cache only makes faster, so a rate below the floor stands."""
    slow = rounds(0.5, 0.5, 0.5)

    assert judged(slow, counters=TokenCounters(generated=9999.0)).outcome is Outcome.INCONCLUSIVE
    assert judged(slow, counters=TokenCounters(cached=0.5)).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("scales", "outcome", "reason"),
    [
        ((1.0, 1.01, 0.99), Outcome.PASSED, "RTX 3060"),
        ((0.5, 0.6, 0.7), Outcome.INCONCLUSIVE, "still rising from round to round, the rate had not settled after 12"),
        ((0.5, 0.5, 0.5), Outcome.FAILED, "below the minimum"),
        ((0.52, 0.5, 0.48), Outcome.FAILED, "below the minimum"),
        ((1.2, 1.0, 0.8), Outcome.INCONCLUSIVE, "too noisy, the limit is 5 %; the rate had not settled after 12"),
    ],
)
def test_an_unsettled_warm_up_counts_where_it_explains_the_figure(
    scales: tuple[float, ...], outcome: Outcome, reason: str
) -> None:
    """A rate that still rises is not yet slow, noise has a reason; a steady rate stands by itself."""
    judgement = judged(rounds(*scales), warm_up=WarmUp(requests=12))

    assert judgement.outcome is outcome
    assert reason in judgement.message


def test_a_settled_warm_up_excuses_nothing() -> None:
    """A rate that rose after it had settled and stays below the floor is below the floor."""
    judgement = judged(rounds(0.5, 0.55, 0.6), warm_up=WarmUp(requests=3, settled=True))

    assert judgement.outcome is Outcome.FAILED


def test_the_warm_up_is_recorded() -> None:
    """How many requests there were, and whether the rate had settled."""
    seen = {one.name: one.value for one in judged(rounds(1.0), warm_up=WarmUp(requests=7, settled=True)).observations}

    assert (seen["warm-up-requests"], seen["warm-up-settled"]) == (7, True)


def test_the_rates_are_kept_for_comparisons() -> None:
    """Round by round, with what share of the server's tokens was somebody else's."""
    found = judged(rounds(1.0, 1.0, 1.1), counters=TokenCounters(generated=15 * 101 * 2))

    kept = found.material["series"]["decode-rate"]
    assert [len(one) for one in kept] == [5, 5, 5]
    assert kept[2] == pytest.approx([1.1 * rate for rate in STEADY])
    assert found.material["conditions"]["foreign_tokens"] == pytest.approx(0.5)


def test_faulty_streams_leave_nothing_to_compare() -> None:
    """A rate of a stream that is none would be compared with a rate."""
    found = judged([[*rounds(1.0)[0][:4], StreamSample(status=500)]])

    assert found.material == {}


def lagging(scale: float, lag: float) -> list[list[StreamSample]]:
    """Three rounds at a share of 40 tokens a second, read by a client that is itself so late."""
    told = ClientLag(beats=300, median=lag, p99=lag)
    return [[replace(sample(rate * scale), lag=told) for rate in STEADY] for _ in range(3)]


def test_a_low_rate_is_not_held_against_a_server_whose_client_fell_behind() -> None:
    """25 ms are more than half of the 42 ms between two tokens; what is fast enough passes all the same."""
    low, enough = judged(lagging(0.6, 0.025)), judged(lagging(1.0, 0.025))

    assert (low.outcome, enough.outcome) == (Outcome.INCONCLUSIVE, Outcome.PASSED)
    assert low.message.endswith("the client itself was late by 25 ms (p99); measure again on a machine with less to do")


def test_a_lag_that_moves_no_rate_excuses_none() -> None:
    """A client that is late by 10 ms stamps a stream of 3 s wrong by next to nothing."""
    assert judged(lagging(0.6, 0.010)).outcome is Outcome.FAILED


def test_a_lag_that_explains_nothing_changes_nothing() -> None:
    """It is shown in milliseconds, and told to whoever compares as a share of the time between two tokens."""
    judgement = judged(lagging(0.6, 0.0001))

    assert judgement.outcome is Outcome.FAILED
    assert {one.name: one.value for one in judgement.observations}["client-lag-p99"] == pytest.approx(0.1)
    assert judgement.material["conditions"]["lag"] == pytest.approx(0.0001 * 40.2 * 0.6)


def test_the_gpu_around_the_rounds_is_told_and_kept() -> None:
    """Its clock, why it was held down, and who else computed on it; comparisons read the same from the material."""
    idle = GpuReading(gpus=(Gpu(index=0, name=GPU, busy=0.3),))
    hot = GpuReading(gpus=(Gpu(index=0, name=GPU, clock_mhz=1500, throttled=("temperature",)),))

    judgement = judged(rounds(1.0, 1.0, 1.0), idle=idle, looks=(hot, hot, hot))

    seen = {one.name: one.value for one in judgement.observations}
    assert (seen["gpu-clock"], seen["gpu-throttled"], seen["gpu-load-before"]) == (1500, "temperature", 0.3)
    assert judgement.material["conditions"]["throttled"] == ("temperature",)


@pytest.mark.parametrize("gpu", ["", "NVIDIA L4"])
def test_without_a_band_a_rate_that_cannot_be_told_keeps_nobody_from_qualifying(gpu: str) -> None:
    """A client that was held up reads all tokens at once; where the figure would only be shown, there is none."""
    at_once = replace(sample(40.0), chunks=(Chunk(at=0.5, tokens=101, content="a", last=True),))

    judgement = judged([[at_once] * 5] * 3, gpu=gpu)

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert "came in one read" in judgement.message
