"""One failed request is no verdict: it is looked whether the engine lives, asked again, and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.plugin.scripted import Script, ScriptedDeployment
from vllm_qualify.checks import Death, Hang
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, Chunk, StreamSample, Usage
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.targets.base import Mode, Unavailable
from vllm_qualify.targets.fate import Fate

ASK = ChatRequest(model="no-such-model", prompt="Hello", max_tokens=1)
GOOD = Judgement(outcome=Outcome.PASSED, message="fine")
BAD = Judgement(outcome=Outcome.FAILED, message="no answer")
DEATH = Death(reason="exit code 1")
HUNG = Hang(reason="/health has not answered for 60 s", seconds=60.0)
BACK = Hang(reason="it was late", seconds=31.0, over=True)


class Scripted(ScriptedDeployment):
    """A deployment whose requests fail in turn, and of which is found in turn what is said here."""

    def __init__(self, kinds: Sequence[FailureKind] = (), ends: Sequence[Death | Hang | None] = ()) -> None:
        super().__init__(Script())
        self.start(Mode.ML)
        self.kinds, self.ends, self.models_asked = list(kinds), list(ends), list[str]()
        chat, health = self.client.chat, self.client.health
        many = self.client.many
        self.client.many = lambda requests, *, streams: tuple(  # type: ignore[method-assign]
            replace(sample, **self._fault()) for sample in many(requests, streams=streams)
        )
        self.client.chat = lambda request: replace(chat(request), **self._fault())  # type: ignore[method-assign]
        self.client.health = lambda: replace(health(), **self._fault())  # type: ignore[method-assign]

    def end(self, *, model: str = "") -> Death | Hang | None:
        self.models_asked.append(model)
        return self.ends.pop(0) if self.ends else None

    def _fault(self) -> dict[str, object]:
        return {"status": 0, "seconds": 180.0, "failure": Failure(kind=self.kinds.pop(0))} if self.kinds else {}


def fate(*kinds: FailureKind, ends: Sequence[Death | Hang | None] = ()) -> tuple[Fate, Scripted]:
    """What becomes of an engine with such faults."""
    deployment = Scripted(kinds, ends)
    return Fate(deployment, model="ml"), deployment


@pytest.mark.parametrize("kind", [FailureKind.RESET, FailureKind.CLOSED, FailureKind.REFUSED, FailureKind.UNREACHABLE])
def test_a_request_that_met_no_answer_is_asked_again_of_an_engine_that_lives(kind: FailureKind) -> None:
    """The second answer counts, and the case says what the first one met."""
    made, _ = fate(kind)

    reply = made.client.chat(ASK)
    judgement = made.judged(GOOD, during="a")

    assert (reply.status, reply.resent) == (404, Failure(kind=kind))
    assert judgement.outcome is Outcome.PASSED
    assert judgement.message == f"fine; 1 request was sent again on a new connection, after: {kind.value}"
    assert made.judged(GOOD, during="b") == GOOD


def test_a_probe_that_was_late_is_asked_again() -> None:
    """It only reads."""
    made, _ = fate(FailureKind.TIMEOUT)

    reply = made.client.health()

    assert (reply.status, reply.failure, reply.resent) == (200, None, Failure(kind=FailureKind.TIMEOUT))


@pytest.mark.parametrize("end", [DEATH, HUNG])
def test_of_an_engine_that_does_not_live_nothing_is_asked_again(end: Death | Hang) -> None:
    """What was found in the middle of the case is told at its end, without another look."""
    made, deployment = fate(FailureKind.RESET, ends=[end])

    reply = made.client.chat(ASK)
    judgement = made.judged(BAD, during="CLASSIFY/labels")

    assert reply.failure is not None
    assert len(deployment.models_asked) == 1
    assert judgement.outcome is (Outcome.FAILED if end is DEATH else Outcome.INCONCLUSIVE)
    assert made.lost.startswith(f"the engine {'died' if end is DEATH else 'hung'} in CLASSIFY/labels: ")


def test_a_hang_costs_its_limit_once() -> None:
    """From then on nothing is asked or looked at until the next start."""
    made, deployment = fate(FailureKind.RESET, FailureKind.RESET, ends=[HUNG])

    replies = [made.client.chat(ASK), made.client.chat(ASK), made.client.health(), made.client.models()]
    made.judged(BAD, during="a")

    assert {reply.failure for reply in replies} == {Failure(kind=FailureKind.RESET)}
    assert (len(deployment.kinds), deployment.models_asked) == (1, [""])
    assert made.judged(GOOD, during="b") == GOOD


def test_a_hang_that_ended_blocks_nothing() -> None:
    """The case has a warning, the next one has none."""
    made, _ = fate(FailureKind.RESET, ends=[BACK, None])

    assert made.client.chat(ASK).status == 404
    judgement = made.judged(GOOD, during="a")

    assert (judgement.outcome, made.lost) == (Outcome.WARNED, "")
    assert "the engine hung for 31 s and came back" in judgement.message
    assert made.judged(GOOD, during="b") == GOOD


def test_an_engine_that_came_back_and_died_has_died() -> None:
    """What is found last counts."""
    made, _ = fate(FailureKind.RESET, ends=[BACK, DEATH])

    made.client.chat(ASK)

    assert made.judged(GOOD, during="a").outcome is Outcome.FAILED


def test_after_a_wait_in_vain_the_engine_must_complete_a_token() -> None:
    """A server answers for its health although the engine behind it stands still."""
    made, deployment = fate(FailureKind.TIMEOUT, ends=[HUNG])

    reply = made.client.chat(ASK)

    assert reply.failure == Failure(kind=FailureKind.TIMEOUT)
    assert made.judged(BAD, during="a").outcome is Outcome.INCONCLUSIVE
    assert deployment.models_asked == ["ml"]


def test_a_request_that_is_answered_the_second_time_was_held_up() -> None:
    """The engine stood still and came back: a warning, and no failure."""
    made, deployment = fate(FailureKind.TIMEOUT)

    reply = made.client.chat(ASK)
    judgement = made.judged(GOOD, during="a")

    assert (reply.status, deployment.models_asked) == (404, ["ml", ""])
    assert judgement.outcome is Outcome.WARNED
    assert judgement.message.endswith("the engine stood still for 180 s in the middle of an answer and came back")


def test_a_request_that_never_comes_while_the_engine_computes_others_has_failed() -> None:
    """Twice in vain with a completion between: it is this request that is too much."""
    made, deployment = fate(FailureKind.TIMEOUT, FailureKind.TIMEOUT)

    made.client.chat(ASK)

    assert made.judged(BAD, during="a").outcome is Outcome.FAILED
    assert deployment.models_asked == ["ml", ""]


@pytest.mark.parametrize(("end", "outcome"), [(HUNG, Outcome.INCONCLUSIVE), (None, Outcome.FAILED)])
def test_a_stream_that_fell_silent_is_not_asked_again(end: Hang | None, outcome: Outcome) -> None:
    """Its beginning was an answer; whether the engine hangs decides whose failure it is."""
    made, deployment = fate(ends=[end])
    broken = StreamSample(status=200, failure=Failure(kind=FailureKind.TIMEOUT), seconds=180.0)
    deployment.client.stream = lambda _: broken  # type: ignore[method-assign]

    assert made.client.stream(ASK) == broken
    assert made.judged(BAD, during="a").outcome is outcome
    assert deployment.models_asked[0] == "ml"


def test_many_streams_are_asked_again_together() -> None:
    """One alone would be no stream of many: the engine lives, all are asked once more, and it is told what was met."""
    made, deployment = fate(FailureKind.RESET)

    samples = made.client.many([ASK] * 3, streams=3)

    assert [sample.failure for sample in samples] == [None] * 3
    assert [sample.resent for sample in samples] == [Failure(kind=FailureKind.RESET), None, None]
    assert (len(deployment.client.engine.requests), deployment.models_asked, made.lost) == (6, [""], "")
    assert "1 request was sent again" in made.judged(GOOD, during="a").message


def test_many_streams_that_meet_no_answer_twice_have_failed() -> None:
    """The second time counts, and nobody asks a third time."""
    made, _ = fate(*[FailureKind.RESET] * 6)

    samples = made.client.many([ASK] * 3, streams=3)

    assert [sample.failure for sample in samples] == [Failure(kind=FailureKind.RESET)] * 3
    assert made.judged(BAD, during="a").outcome is Outcome.FAILED


@pytest.mark.parametrize(("streams", "outcome"), [(1, Outcome.WARNED), (2, Outcome.PASSED)])
def test_a_stream_that_waits_for_others_is_not_held_up(streams: int, outcome: Outcome) -> None:
    """Alone, a first token after 30 s is a stall; among many it may have stood in line."""
    made, deployment = fate()
    late = StreamSample(status=200, chunks=(Chunk(at=30.0, tokens=1, content="x"),), seconds=30.0)
    deployment.client.many = lambda requests, *, streams: (late,) * len(requests)  # type: ignore[method-assign]  # noqa: ARG005
    made.client.many([ASK], streams=streams)
    made.judged(GOOD, during="a")

    made.client.many([ASK] * 2, streams=streams)

    assert made.judged(GOOD, during="b").outcome is outcome


def test_an_engine_that_died_among_many_streams_is_asked_nothing_more() -> None:
    """It is looked at once, and the death is told once."""
    made, deployment = fate(FailureKind.CLOSED, FailureKind.CLOSED, ends=[DEATH])

    made.client.many([ASK] * 2, streams=2)
    after = made.client.many([ASK] * 2, streams=2)

    assert [sample.failure for sample in after] == [Failure(kind=FailureKind.CLOSED)] * 2
    assert len(deployment.models_asked) == 1
    assert made.judged(BAD, during="a").outcome is Outcome.FAILED


def test_a_request_that_is_dropped_twice_by_an_engine_that_lives_has_failed() -> None:
    """Twice on new connections is what the server does; it is the judge's to say what that means."""
    made, _ = fate(FailureKind.CLOSED, FailureKind.CLOSED)

    reply = made.client.chat(ASK)

    assert (reply.failure, reply.resent) == (Failure(kind=FailureKind.CLOSED),) * 2
    assert made.judged(BAD, during="a").outcome is Outcome.FAILED


def test_an_answer_that_was_held_up_is_a_warning() -> None:
    """Its tokens do not explain how long it took."""
    made, deployment = fate()
    usage = Usage(prompt=1, completion=10)
    seconds = iter([1.0] * 5 + [31.0])
    deployment.client.chat = lambda _: ChatReply(  # type: ignore[method-assign]
        status=200, finish_reason="stop", usage=usage, seconds=next(seconds)
    )
    for _ in range(6):
        made.client.chat(ASK)

    judgement = made.judged(GOOD, during="a")

    assert (judgement.outcome, judgement.message) == (
        Outcome.WARNED,
        "fine; the engine stood still for 28 s in the middle of an answer and came back",
    )


def test_counters_that_were_not_read_are_read_again() -> None:
    """Half of a comparison would say that somebody else used the server."""
    made, deployment = fate()
    sums = iter([{}, {"vllm:generation_tokens_total": 4.0}])
    deployment.client.metrics = lambda: next(sums)  # type: ignore[method-assign]

    assert made.client.metrics() == {"vllm:generation_tokens_total": 4.0}


def test_an_engine_that_is_no_longer_ours_is_asked_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why is told to every case that comes later."""
    made, deployment = fate(FailureKind.RESET)

    def gone(*, model: str = "") -> None:
        raise Unavailable(f"somebody else changed it{model}")

    monkeypatch.setattr(deployment, "end", gone)
    made.client.chat(ASK)

    assert (made.lost, made.interference) == ("somebody else changed it",) * 2


def test_what_was_asked_while_somebody_interfered_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither good nor bad is held for the image's; it is told once, and only of a case that says something."""
    made, deployment = fate()

    def gone() -> None:
        raise Unavailable("somebody else changed it")

    monkeypatch.setattr(deployment, "verify", gone)
    with pytest.raises(Unavailable):
        made.verify()

    assert [made.judged(GOOD, during="DEPLOY/x").outcome for _ in range(2)] == [Outcome.BROKEN, Outcome.PASSED]
