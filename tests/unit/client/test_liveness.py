"""What decides whether an engine lives: its end, its own word, its answer, or silence beyond the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.client import liveness
from vllm_qualify.client.exchanges import Chunk, HttpReply, StreamSample
from vllm_qualify.client.failures import OUR_WAY, Failure, FailureKind
from vllm_qualify.client.liveness import COMPLETION, EngineCondition, EngineState, Look

WELL = HttpReply(status=200)
DEAD = HttpReply(status=503)
PROXIED = HttpReply(status=503, body="upstream connect error or disconnect/reset before headers")
BROKEN = HttpReply(status=500, body="Internal Server Error")
LIMIT = 60.0


def failed(kind: FailureKind, detail: str = "") -> HttpReply:
    """A probe without an answer."""
    return HttpReply(failure=Failure(kind=kind, detail=detail))


RESET = failed(FailureKind.RESET)
LATE = failed(FailureKind.TIMEOUT)


def seen(*looks: tuple[float, HttpReply | str], asked: str = liveness.HEALTH) -> EngineCondition:
    """What looks at such times come to; a word is how it ended."""
    made = [
        Look(at=at, ended=what) if isinstance(what, str) else Look(at=at, reply=what, asked=asked) for at, what in looks
    ]
    return liveness.judge(made, since=0.0, limit_seconds=LIMIT)


def test_an_engine_that_answers_well_lives() -> None:
    """There is nothing to tell of it."""
    assert seen((0.1, WELL)) == EngineCondition(state=EngineState.ALIVE)


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind is not FailureKind.UNREADABLE])
def test_one_failed_probe_says_nothing(kind: FailureKind) -> None:
    """Reset, refused, closed or late: it is asked again, and once it answers it lives."""
    assert seen((0.1, failed(kind))).state is EngineState.UNSURE
    assert seen((0.1, failed(kind)), (0.6, WELL)).state is EngineState.ALIVE


@pytest.mark.parametrize("before", [(), ((0.1, RESET),), ((0.1, DEAD),), ((0.1, WELL),)])
def test_the_end_of_the_process_is_a_death(before: tuple[tuple[float, HttpReply], ...]) -> None:
    """Whatever was answered until then."""
    found = seen(*before, (0.7, "exit code 137"))

    assert (found.state, found.reason) == (EngineState.DIED, "exit code 137")


def test_an_engine_that_says_that_it_is_dead_is_believed_in_the_end() -> None:
    """It is given a moment to end by itself; one that does not is dead by its own word."""
    assert seen((0.1, DEAD)).state is EngineState.UNSURE
    assert seen((0.1, DEAD), (4.0, DEAD)).state is EngineState.UNSURE
    assert seen((0.1, DEAD), (4.0, WELL)).state is EngineState.ALIVE
    assert seen((0.1, RESET), (1.0, DEAD), (6.0, DEAD)).state is EngineState.DIED
    assert seen((0.1, DEAD), (3.0, RESET), (6.0, DEAD)).state is EngineState.UNSURE


def test_a_503_of_somebody_on_the_way_is_no_word_of_the_engine() -> None:
    """A proxy's page is not vLLM's empty answer."""
    assert seen((0.1, PROXIED), (10.0, PROXIED)).state is EngineState.UNSURE


def test_silence_beyond_the_limit_is_a_hang_and_no_death() -> None:
    """What was silent, for how long and what runs is said."""
    found = seen((10.0, LATE), (20.0, LATE), (61.0, LATE))

    assert found.state is EngineState.HUNG
    assert found.reason == "/health has not answered for 61 s (no data arrived in time); the process runs"


def test_a_hang_that_ends_has_its_length() -> None:
    """It lives, and was silent for so long."""
    found = seen((10.0, LATE), (20.0, LATE), (31.0, WELL))

    assert (found.state, found.seconds) == (EngineState.ALIVE, 31.0)
    assert found.reason == "/health first failed: no data arrived in time"


def test_a_server_that_goes_on_answering_otherwise_is_unhealthy() -> None:
    """It answers, so it does not hang; it runs, so it did not die."""
    found = seen((0.1, BROKEN), (61.0, BROKEN))

    assert found.state is EngineState.UNHEALTHY
    assert "but HTTP 500: 'Internal Server Error'; the process runs" in found.reason


def test_what_our_own_way_lost_says_nothing_of_the_engine() -> None:
    """Neither hung nor dead: it was not reached."""
    ours = failed(FailureKind.CLOSED, f"{OUR_WAY} ended")

    assert seen((0.1, ours), (61.0, ours)).state is EngineState.UNREACHED
    assert seen((0.1, LATE), (61.0, ours)).state is EngineState.HUNG


def test_a_completion_that_never_comes_is_a_hang_although_the_server_is_well() -> None:
    """A refusal is an answer; a late one was a hang, and a server error is none."""
    assert seen((61.0, LATE), asked=COMPLETION).reason.startswith("a completion of one token has not answered for 61 s")
    assert seen((0.1, HttpReply(status=400)), asked=COMPLETION).state is EngineState.ALIVE
    assert seen((31.0, WELL), asked=COMPLETION).seconds == 31.0
    assert seen((0.1, BROKEN), asked=COMPLETION).state is EngineState.UNSURE


REPLIES = st.sampled_from([WELL, DEAD, PROXIED, BROKEN, RESET, LATE, failed(FailureKind.REFUSED)])


@given(steps=st.lists(st.tuples(st.floats(0.01, 20.0), REPLIES), min_size=1, max_size=12))
def test_while_it_runs_only_its_own_word_is_a_death(steps: list[tuple[float, HttpReply]]) -> None:
    """No order of failures in any time makes a death; before the limit nothing but that is decided against it."""
    at, looks = 0.0, []
    for seconds, reply in steps:
        at += seconds
        looks.append((at, reply))
        found = seen(*looks)

        assert found.state is not EngineState.DIED or reply is DEAD
        assert at >= LIMIT or found.state in {EngineState.ALIVE, EngineState.UNSURE, EngineState.DIED}
        if found.state is not EngineState.UNSURE:
            return


@pytest.mark.parametrize("kind", FailureKind)
def test_what_may_be_asked_again(kind: FailureKind) -> None:
    """Whatever got no answer at all; what was answered in part, too long or unreadably is an answer."""
    answered = {FailureKind.DEADLINE, FailureKind.TOO_LARGE, FailureKind.UNREADABLE}

    assert liveness.repeatable(Failure(kind=kind)) is (kind not in answered)


def test_a_stream_that_stood_still_is_noticed() -> None:
    """Between two pieces, or before the first; only the first stream after a start may wait for that."""
    between = StreamSample(chunks=(Chunk(at=1.0, content="a"), Chunk(at=32.0, content="b"), Chunk(at=32.1)))
    before = StreamSample(chunks=(Chunk(at=0.1), Chunk(at=31.0, content="a"), Chunk(at=31.1, content="b")))

    assert [liveness.stalled_stream(between, first=first) for first in (True, False)] == [31.0, 31.0]
    assert [liveness.stalled_stream(before, first=first) for first in (True, False)] == [0.0, 30.9]
    assert liveness.stalled_stream(StreamSample(), first=False) == 0.0


def test_a_whole_answer_is_held_against_the_pace_of_those_before() -> None:
    """A long answer takes long; a short one that takes as long was held up. A few answers show no pace."""
    paces = [0.1] * 5

    assert liveness.stalled_answer(31.0, tokens=10, paces=paces) == pytest.approx(28.0)
    assert liveness.stalled_answer(31.0, tokens=300, paces=paces) == 0.0
    assert liveness.stalled_answer(31.0, tokens=10, paces=paces[:4]) == 0.0
