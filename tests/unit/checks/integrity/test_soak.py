"""A soak is judged by the slopes over its whole time."""

from __future__ import annotations

import pytest

from vllm_qualify.checks.integrity import soak
from vllm_qualify.checks.integrity.soak import SoakRound, SoakRun
from vllm_qualify.client.exchanges import Chunk, StreamSample, Usage
from vllm_qualify.core.records import Outcome
from vllm_qualify.gpu.reading import MIB, Gpu, GpuReading


def run(
    *,
    rounds: int = 12,
    fall: float = 0.0,
    gpu: float = 0.0,
    memory: float = 0.0,
    fault: str = "",
    right: int = 8,
) -> SoakRun:
    """Rounds of ten seconds, in which rate and memory change by so much in all behind the warm-up."""
    steps = rounds - 1 - soak.WARM_UP
    shares = [max(0, place - soak.WARM_UP) / steps if steps else 0.0 for place in range(rounds)]
    return SoakRun(
        rounds=tuple(
            SoakRound(
                seconds=10.0,
                rate=300 * (1 - fall * share),
                faults=(fault,) if fault and share == 1 else (),
                gpu_mib=9000 + gpu * share,
                process_mib=2000 + memory * share,
            )
            for share in shares
        ),
        asked=8,
        right=right,
    )


@pytest.mark.parametrize(
    ("soaked", "outcome", "message"),
    [
        (run(), Outcome.PASSED, "GPU memory +0 MiB, memory +0 MiB"),
        (run(fall=0.09, gpu=200, memory=200), Outcome.PASSED, "changed by -9 %"),
        (run(fall=0.2), Outcome.FAILED, "the rate fell by 20 %; the limit is 10 %"),
        (run(gpu=300), Outcome.FAILED, "GPU memory grew by 300 MiB; the limit is 256 MiB"),
        (run(memory=1000), Outcome.FAILED, "memory grew by 1,000 MiB"),
        (run(fault="no finish_reason"), Outcome.FAILED, "1 streams were faulty; the first: no finish_reason"),
        (run(right=7), Outcome.FAILED, "1 of 8 documents that were right before it are wrong after it"),
        (run(rounds=6), Outcome.INCONCLUSIVE, "too few rounds"),
        (run(rounds=11), Outcome.INCONCLUSIVE, "120 s were planned"),
        (SoakRun(rounds=()), Outcome.INCONCLUSIVE, "too few rounds"),
    ],
)
def test_outcomes(soaked: SoakRun, outcome: Outcome, message: str) -> None:
    """Limits are inside; what is not seen for long enough decides nothing."""
    got = soak.judge(soaked, wanted_seconds=120)

    assert got.outcome is outcome
    assert message in got.message


def test_one_slow_round_is_no_trend() -> None:
    """A slope is over the whole time, so the last round alone does not decide."""
    rounds = [SoakRound(seconds=10.0, rate=300.0) for _ in range(20)]
    rounds[-1] = SoakRound(seconds=10.0, rate=200.0)

    assert soak.judge(SoakRun(rounds=tuple(rounds)), wanted_seconds=200).outcome is Outcome.PASSED


def test_a_round_is_as_long_as_its_longest_stream() -> None:
    """Its rate is that of all streams together; memory is read where it is told."""
    chunk = Chunk(at=1.0, tokens=4, content="a", last=True)
    proper = StreamSample(
        status=200, chunks=(chunk,), finish_reason="length", usage=Usage(prompt=9, completion=4), done=True, seconds=2.0
    )
    short = StreamSample(status=503, body="busy", sent=1.0, seconds=3.0)
    card = GpuReading(gpus=(Gpu(index=0, name="a", memory_used_mib=700),), source="nvml")

    got = soak.round_of([proper, short], tokens=4, memory=card, metrics={"process_resident_memory_bytes": 50.0 * MIB})

    assert (got.seconds, got.rate, got.gpu_mib, got.process_mib) == (4.0, 1.0, 700.0, 50.0)
    assert got.faults == ("HTTP 503: 'busy'",)
    assert soak.round_of([proper], tokens=5, memory=card, metrics={}).faults == ("4 tokens came; expected 5",)
