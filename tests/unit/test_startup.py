"""Where the time of a start went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify import startup

LOG = (Path(__file__).parent / "data" / "logs" / "v0.15.1-healthy.log").read_text().splitlines()
STARTED = datetime(2026, 11, 23, 14, 40, 28, tzinfo=UTC)
READY = datetime(2026, 11, 23, 14, 41, 22, 400000, tzinfo=UTC)
FIRST = READY + timedelta(seconds=5)


def test_a_real_start_is_split() -> None:
    """The real log of v0.15.1 from a full cache gives every phase but the download, none of them negative."""
    found = startup.phases(LOG, started=STARTED, ready=READY, first_token=FIRST)
    loading = [name for name, _ in startup.MARKS if name != "download"]

    assert [phase.name for phase in found] == [*loading, "ready", "first token"]
    assert min(phase.seconds for phase in found) >= 0


def test_a_download_is_told_apart_from_the_load() -> None:
    """The line that ends a download parts it from reading the weights."""
    lines = log(
        (30, "INFO 11-23 14:40:30 [gpu_model_runner.py:1] Starting to load model Qwen/Qwen3-8B-AWQ..."),
        (
            45,
            "INFO 11-23 14:40:45 [weight_utils.py:281] Time spent downloading weights for Qwen/Qwen3-8B: 15.1 seconds",
        ),
        (50, "INFO 11-23 14:40:50 [default_loader.py:1] Loading weights took 4.90 seconds"),
    )

    found = startup.phases(lines, started=STARTED, ready=READY, first_token=FIRST)

    assert {phase.name: phase.seconds for phase in found}["download"] == 15.0
    assert {phase.name: phase.seconds for phase in found}["weights"] == 5.0


def test_a_log_without_marks_still_adds_up() -> None:
    """A release whose log says nothing known gives two phases."""
    found = startup.phases(["no time stamp", ""], started=STARTED, ready=READY, first_token=FIRST)

    assert [(phase.name, phase.seconds) for phase in found] == [("ready", 54.4), ("first token", 5.0)]


STAMP = "2026-11-23T14:40:{:02d}.000000+00:00 "


def log(*lines: tuple[int, str]) -> list[str]:
    """Lines at seconds of one minute."""
    return [STAMP.format(second) + text for second, text in lines]


def names(lines: list[str]) -> list[tuple[str, float]]:
    """Phases of a start at second 30 that is ready at second 50."""
    at = STARTED.replace(second=30)
    found = startup.phases(lines, started=at, ready=at + timedelta(seconds=20), first_token=at + timedelta(seconds=21))
    return [(phase.name, phase.seconds) for phase in found]


def test_a_missing_mark_joins_the_next_phase() -> None:
    """When a release no longer says that it loaded weights, the time goes to the next mark."""
    lines = log((32, "vLLM API server version 1"), (40, "init engine (profile) took 1 s"), (41, "Loading weights took"))

    assert names(lines) == [("imports", 2.0), ("KV cache and warm-up", 8.0), ("ready", 10.0), ("first token", 1.0)]


def test_marks_outside_the_start_do_not_count() -> None:
    """What an earlier start or a later reload printed is not of this start."""
    lines = log((10, "vLLM API server version 1"), (55, "Loading weights took"))

    assert names(lines) == [("ready", 20.0), ("first token", 1.0)]


@given(st.lists(st.sampled_from(LOG), max_size=60))
def test_phases_always_add_up(lines: list[str]) -> None:
    """Whatever lines are missing or doubled, the phases sum up to the whole and none is negative."""
    found = startup.phases(sorted(lines), started=STARTED, ready=READY, first_token=FIRST)

    assert abs(sum(phase.seconds for phase in found) - 59.4) < 1e-6
    assert min(phase.seconds for phase in found) >= 0
