"""What the server says that it used, held against what came and against its own counters. Pure.

Bills, quotas and the tokens per second of every client hang on ``usage``.
"""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.client.exchanges import ChatReply, StreamSample
from vllm_qualify.core.records import Judgement, Observation, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSeen:
    """One request asked whole and streamed.

    Attributes:
        whole: its answer in one piece.
        streamed: the same, streamed.
        generated: tokens that the server counted as generated meanwhile; ``None`` where it has no such counter.
    """

    whole: ChatReply
    streamed: StreamSample
    generated: float | None = None


def judge(seen: UsageSeen) -> Judgement:
    """``usage`` must be the same for the same answer, never less than the pieces, and what the server itself counts."""
    whole, streamed = seen.whole.usage, seen.streamed.usage
    said = tuple(
        Observation(name=name, value=value, unit="tokens")
        for name, value in (
            ("usage-whole", whole.completion if whole else None),
            ("usage-streamed", streamed.completion if streamed else None),
            ("pieces", len(seen.streamed.token_chunks)),
            ("tokens-by-server", seen.generated),
        )
        if value is not None
    )
    outcome, message = _verdict(seen)
    return Judgement(outcome=outcome, message=message, observations=said)


def _verdict(seen: UsageSeen) -> tuple[Outcome, str]:
    whole, streamed, pieces = seen.whole.usage, seen.streamed.usage, len(seen.streamed.token_chunks)
    if whole is None or streamed is None:
        problems = (*seen.whole.problems, *seen.streamed.problems)
        return Outcome.INCONCLUSIVE, f"there is no usage to look at: {'; '.join(problems)}"
    if whole.prompt != streamed.prompt:
        return Outcome.FAILED, f"the same prompt has {whole.prompt} tokens whole and {streamed.prompt} streamed"
    if seen.whole.content == seen.streamed.content and whole.completion != streamed.completion:
        said = f"{whole.completion} tokens whole and {streamed.completion} streamed"
        return Outcome.FAILED, f"the same answer has {said}"
    if pieces > streamed.completion:
        return Outcome.FAILED, f"{pieces} pieces with tokens came; usage says {streamed.completion} tokens"
    return _against_counter(whole.completion + streamed.completion, seen.generated)


def _against_counter(used: int, counted: float | None) -> tuple[Outcome, str]:
    if counted is None:
        return Outcome.PASSED, f"usage says {used} tokens, streamed or not; the server has no counter to compare with"
    if counted < used:
        return Outcome.FAILED, f"usage says {used} tokens; the server's own counter grew by {counted:.0f}"
    if counted > used:
        return (
            Outcome.INCONCLUSIVE,
            f"usage says {used} tokens, the counter {counted:.0f}: someone else used the server",
        )
    return Outcome.PASSED, f"usage says {used} tokens, streamed or not, and so does the server's own counter"
