"""INTEGRITY: the silent faults, which come with HTTP 200 and all the same are not the answer to what was asked."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from vllm_qualify.checks import integrity
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("INTEGRITY"), pytest.mark.beside(once=True)]


@pytest.mark.cost(2)
def test_usage(candidate: Candidate, conclude: Conclude) -> None:
    """The token counts of usage agree, streamed or not, with each other and with the server's own counter."""
    client = candidate.serving(Mode.ML)

    conclude(integrity.usage.judge(integrity.probes.usage(client, candidate.work, model=candidate.model)))


@pytest.mark.cost(4)
def test_prefix_cache(candidate: Candidate, conclude: Conclude) -> None:
    """The same request is answered the same before and after another one with the same long head."""
    client, right = candidate.serving(Mode.ML), candidate.right()

    conclude(
        integrity.prefix_cache.judge(integrity.long_prompts.aba(client, candidate.work, right, model=candidate.model))
    )


@pytest.mark.cost(4)
def test_mixing(candidate: Candidate, conclude: Conclude) -> None:
    """Of 32 marked documents at once, no answer names another one's mark, and each names its own."""
    client, (asked, alone) = candidate.serving(Mode.ML), candidate.marked()

    conclude(
        integrity.mixing.judge(
            asked, alone, integrity.probes.together(client, candidate.work, asked, model=candidate.model)
        )
    )


@pytest.mark.cost(1)
def test_heartbeat(candidate: Candidate, conclude: Conclude) -> None:
    """After a crowd of requests, /health says 200 and a lone request is answered as fast as before."""
    client = candidate.serving(Mode.ML)

    conclude(
        integrity.limits.heartbeat(*integrity.probes.behind_a_crowd(client, candidate.work, model=candidate.model))
    )


@pytest.mark.cost(5)
def test_long_context(candidate: Candidate, conclude: Conclude) -> None:
    """Documents that are right alone are answered right in prompts of 2k and 5k tokens."""
    client, right = candidate.serving(Mode.ML), candidate.right()
    lengths = integrity.long_context.usual

    conclude(
        integrity.long_context.judge(
            integrity.long_prompts.long_answers(client, candidate.work, right, model=candidate.model, lengths=lengths)
        )
    )


@pytest.mark.level("full")
@pytest.mark.cost(60)
def test_longest_context(candidate: Candidate, conclude: Conclude) -> None:
    """Documents that are right alone are answered right in prompts of 8k tokens and near the model's length."""
    client, right = candidate.serving(Mode.ML), candidate.right()
    lengths = integrity.long_context.longest

    conclude(
        integrity.long_context.judge(
            integrity.long_prompts.long_answers(client, candidate.work, right, model=candidate.model, lengths=lengths)
        )
    )


@pytest.mark.cost(0)
def test_too_long(candidate: Candidate, conclude: Conclude) -> None:
    """A prompt of one token more than the model's length is refused with HTTP 400, and the engine lives on."""
    conclude(integrity.limits.too_long(integrity.probes.too_long(candidate.serving(Mode.ML), model=candidate.model)))


@pytest.mark.cost(1)
def test_cancelled(candidate: Candidate, conclude: Conclude) -> None:
    """A request whose caller hangs up in the middle of the stream frees its place."""
    client, pause = candidate.serving(Mode.ML), functools.partial(candidate.idle, Mode.ML)

    conclude(
        integrity.limits.cancelled(
            integrity.probes.cancelled(client, candidate.work, model=candidate.model, pause=pause)
        )
    )


@pytest.mark.cost(2)
def test_sampling_defaults(candidate: Candidate, conclude: Conclude) -> None:
    """Requests without sampling parameters get the defaults that the server's log names."""
    client, told = candidate.serving(Mode.ML), integrity.sampling.defaults(candidate.log())

    silent, named = integrity.probes.sampled(
        client, candidate.work, model=candidate.model, defaults=integrity.sampling.effective(told)
    )
    conclude(integrity.sampling.judge(told, silent, named))


@pytest.mark.cost(0)
def test_speculative(candidate: Candidate, manifest_words: Sequence[str], conclude: Conclude) -> None:
    """Where speculative decoding is switched on, some of what is drafted is accepted."""
    wanted = integrity.features.speculates(manifest_words)

    conclude(integrity.features.speculative(candidate.serving(Mode.ML).metrics(), wanted=wanted))


@pytest.mark.cost(0)
def test_lora(candidate: Candidate, manifest_words: Sequence[str], conclude: Conclude) -> None:
    """The LoRA adapters of the manifest are listed, and answer under their names."""
    names = integrity.features.adapters(manifest_words)

    conclude(integrity.features.lora(names, *integrity.probes.adapters(candidate.serving(Mode.ML), names)))


@pytest.mark.cost(0)
def test_pooling(candidate: Candidate, manifest_words: Sequence[str], conclude: Conclude) -> None:
    """Where the manifest serves embeddings or scores, the same input gives the same and another input another."""
    task = integrity.features.pooling_task(manifest_words)
    client = candidate.serving(Mode.ML)

    conclude(
        integrity.features.pooling(
            task, integrity.probes.pooled(client, candidate.work, model=candidate.model, task=task)
        )
    )


@pytest.mark.cost(2)
def test_degenerate(candidate: Candidate, conclude: Conclude) -> None:
    """No answer so far is empty, loops, or holds replacement characters."""
    integrity.probes.describe(candidate.serving(Mode.ML), candidate.work, model=candidate.model)

    conclude(integrity.degenerate.judge(candidate.said()))
