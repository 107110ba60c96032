"""Where the time of a start went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import startup_phases
from vllm_qualify.checks.startup_phases import CompileCaches, StartTimes, StartupPhase

LOGS = Path(__file__).parents[1] / "data" / "logs"
LOG = (LOGS / "v0.15.1-healthy.log").read_text().splitlines()
H200 = (LOGS / "v0.25.1-h200-first-start.log").read_text().splitlines()
"""A first start on a GPU, in eager mode: 104 s pass between two lines while kernels are compiled just in time."""
STARTED = datetime(2026, 11, 23, 14, 40, 28, tzinfo=UTC)
READY = datetime(2026, 11, 23, 14, 41, 22, 400000, tzinfo=UTC)
FIRST = READY + timedelta(seconds=5)


def test_a_real_start_is_split() -> None:
    """The real log of v0.15.1 from a full cache gives every phase but the download, none of them negative."""
    found = startup_phases.phases(LOG, started=STARTED, ready=READY, first_token=FIRST)
    loading = [name for name, _ in startup_phases.MARKS if name != "download"]

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

    found = startup_phases.phases(lines, started=STARTED, ready=READY, first_token=FIRST)

    assert {phase.name: phase.seconds for phase in found}["download"] == 15.0
    assert {phase.name: phase.seconds for phase in found}["weights"] == 5.0


def test_a_log_without_marks_still_adds_up() -> None:
    """A release whose log says nothing known gives two phases."""
    found = startup_phases.phases(["no time stamp", ""], started=STARTED, ready=READY, first_token=FIRST)

    assert [(phase.name, phase.seconds) for phase in found] == [("ready", 54.4), ("first token", 5.0)]


STAMP = "2026-11-23T14:40:{:02d}.000000+00:00 "


def log(*lines: tuple[int, str]) -> list[str]:
    """Lines at seconds of one minute."""
    return [STAMP.format(second) + text for second, text in lines]


def names(lines: list[str]) -> list[tuple[str, float]]:
    """Phases of a start at second 30 that is ready at second 50."""
    at = STARTED.replace(second=30)
    found = startup_phases.phases(
        lines, started=at, ready=at + timedelta(seconds=20), first_token=at + timedelta(seconds=21)
    )
    return [(phase.name, phase.seconds) for phase in found]


def test_a_missing_mark_joins_the_next_phase() -> None:
    """When a release no longer says that it loaded weights, the time goes to the next mark."""
    lines = log((32, "vLLM API server version 1"), (40, "init engine (profile) took 1 s"), (41, "Loading weights took"))

    assert names(lines) == [("imports", 2.0), ("KV cache and warm-up", 8.0), ("ready", 10.0), ("first token", 1.0)]


def test_marks_outside_the_start_do_not_count() -> None:
    """What an earlier start or a later reload printed is not of this start."""
    lines = log((10, "vLLM API server version 1"), (55, "Loading weights took"))

    assert names(lines) == [("ready", 20.0), ("first token", 1.0)]


def test_kernels_compiled_just_in_time_are_told_apart() -> None:
    """On the H200 they took 104 s of the first start of v0.25.1, between two lines that say nothing of it."""
    started = datetime.fromisoformat("2026-11-26T11:10:51+00:00")
    ready = datetime.fromisoformat("2026-11-26T11:13:26.338683+00:00")

    found = startup_phases.phases(H200, started=started, ready=ready, first_token=ready)
    seconds = {phase.name: phase.seconds for phase in found}

    assert seconds[startup_phases.KERNELS] == pytest.approx(104.2, abs=0.1)
    assert seconds[startup_phases.AUTOTUNING] == pytest.approx(0.02, abs=0.01)
    assert seconds["KV cache and warm-up"] == pytest.approx(4.5, abs=0.1)
    assert sum(seconds.values()) == pytest.approx((ready - started).total_seconds())


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("INFO [monitor.py:34] torch.compile takes 6.00 s in total", startup_phases.COMPILE),
        ("INFO [monitor.py:53] torch.compile took 6.00 s in total", startup_phases.COMPILE),
        (
            "[backbone] torch.compile and initial profiling/warmup run together took 6.00 s in total",
            startup_phases.COMPILE,
        ),
        ("INFO [gpu_model_runner.py:1686] Graph capturing finished in 6 secs, took 0.31 GiB", startup_phases.GRAPHS),
        (
            "INFO [model_runner.py:95] Encoder graph capturing finished in 6 secs, took 0 GiB (4 graphs)",
            startup_phases.GRAPHS,
        ),
        ("INFO [kernel_warmup.py:190] JIT kernel warmup finished in 6.00s.", startup_phases.KERNELS),
    ],
)
def test_what_the_log_times_itself_is_taken_out_of_its_phase(line: str, name: str) -> None:
    """The words of 0.8.5 to 0.32.0; the phase around it keeps what is left."""
    lines = log((32, "Loading weights took 1 s"), (44, line), (45, "init engine (profile) took 13 s"))

    assert names(lines) == [
        ("engine process", 2.0),
        ("KV cache and warm-up", 7.0),
        (name, 6.0),
        ("ready", 5.0),
        ("first token", 1.0),
    ]


@pytest.mark.parametrize(
    ("opens", "closes", "name"),
    [
        (
            "[Autotuner]: Autotuning process starts ...",
            "[Autotuner]: Autotuning process ends",
            startup_phases.AUTOTUNING,
        ),
        ("flashinfer.jit: Loading JIT ops: sampling", "Finished loading JIT ops: sampling", startup_phases.KERNELS),
        ("GPU KV cache size: 3,509,056 tokens", "Kernel JIT monitor activated; monitored", startup_phases.KERNELS),
        (
            "Warming up model for the compilation...",
            "saved AOT compiled function to /root/.cache/x",
            startup_phases.COMPILE,
        ),
        (
            "Warming up model for the compilation...",
            "Directly load AOT compilation from path /x",
            startup_phases.COMPILE,
        ),
    ],
)
def test_what_lies_between_two_lines_is_taken_out_of_its_phase(opens: str, closes: str, name: str) -> None:
    """Without the second of them nothing is known of it."""
    around = (32, "Loading weights took 1 s"), (45, "init engine (profile) took 13 s")

    both = dict(names(log(around[0], (36, opens), (41, closes), around[1])))
    one = dict(names(log(around[0], (36, opens), around[1])))

    assert (both[name], both["KV cache and warm-up"]) == (5.0, 8.0)
    assert one["KV cache and warm-up"] == 13.0


def test_what_two_workers_do_at_once_counts_once() -> None:
    """With tensor parallelism every worker says what it took; what lies inside another stretch is no second one."""
    lines = log(
        (33, "GPU KV cache size: 1 tokens"),
        (40, "(Worker_TP0) Graph capturing finished in 4 secs, took 1 GiB"),
        (41, "(Worker_TP1) Graph capturing finished in 4 secs, took 1 GiB"),
        (43, "Kernel JIT monitor activated"),
        (44, "init engine (profile) took 13 s"),
    )

    assert dict(names(lines)) == {
        "KV cache and warm-up": 4.0,
        startup_phases.KERNELS: 5.0,
        startup_phases.GRAPHS: 5.0,
        "ready": 6.0,
        "first token": 1.0,
    }


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["Directly load the compiled graph(s) for compile range (1, 8192) from the cache, took 0.5 s"], "filled"),
        (["[backbone] Directly load AOT compilation from path /root/.cache/vllm/torch_compile_cache/x"], "filled"),
        (["Cache the graph of compile range (1, 8192) for later use"], "empty"),
        (["Compiling a graph for dynamic shape takes 21.61 s"], "empty"),
        (["saved AOT compiled function to /root/.cache/vllm/x"], "empty"),
        (["Compiling model again due to a load failure from /root/.cache/vllm/x, reason: [Errno 2]"], "empty"),
        (["Directly load the compiled graph(s) for shape 1", "Compiling a graph for shape 8 takes 2 s"], "empty"),
        (["Using cache directory: /root/.cache/vllm/torch_compile_cache/x for vLLM's torch.compile"], "unknown"),
        (H200, "unknown"),
        (LOG, "unknown"),
    ],
)
def test_the_log_tells_what_the_cache_of_torch_compile_held(lines: list[str], found: str) -> None:
    """By the words of 0.8.5 to 0.32.0; in eager mode there are none."""
    assert startup_phases.compile_caches(lines) is CompileCaches(found)


def test_a_load_knows_what_a_cache_could_have_saved() -> None:
    """Graphs are captured at every start, and a pull is not counted at all."""
    load = StartTimes(
        phases=(
            StartupPhase(name="pull", seconds=100.0, counted=False),
            StartupPhase(name="weights", seconds=5.0),
            StartupPhase(name=startup_phases.COMPILE, seconds=20.0),
            StartupPhase(name=startup_phases.KERNELS, seconds=30.0),
            StartupPhase(name=startup_phases.GRAPHS, seconds=7.0),
        )
    )

    assert (load.seconds, load.compiling_seconds) == (62.0, 50.0)


INNER = [
    "2026-11-23T14:41:05+00:00 torch.compile took 9.00 s in total",
    "2026-11-23T14:41:06+00:00 GPU KV cache size: 1 tokens",
    "2026-11-23T14:41:09+00:00 Graph capturing finished in 2 secs",
    "2026-11-23T14:41:10+00:00 Kernel JIT monitor activated",
    "2026-11-23T14:41:12+00:00 JIT kernel warmup finished in 500s.",
]


@given(st.lists(st.sampled_from(LOG + INNER), max_size=60))
def test_phases_always_add_up(lines: list[str]) -> None:
    """Whatever lines are missing or doubled, the phases sum up to the whole and none is negative."""
    found = startup_phases.phases(sorted(lines), started=STARTED, ready=READY, first_token=FIRST)

    assert abs(sum(phase.seconds for phase in found) - 59.4) < 1e-6
    assert min(phase.seconds for phase in found) >= 0
