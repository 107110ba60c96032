"""Draws, encodes and batches what is trained on, in processes of their own; called by the training loop.

Worker processes are forked before the model is made and never touch it, so that an accelerator need not wait.
"""

import math
import multiprocessing
import os
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from canary import tokenizer
from canary.prompts import Exchange

Short = Callable[[random.Random, float], Exchange]
Long = Callable[[random.Random, float, int], Exchange]

IGNORED, READ, WRITTEN, WRITTEN_FAR = 0, 1, 2, 3
"""What a token is: not learnt from, of the prompt, of the reply, of the reply after a long prompt."""

_AHEAD = 3
_STEPS_A_TASK = 4
_SHORTEST = 400
_NEAR_THE_MOST = 0.3
# Long prompts grow over the first part of the training, then any length occurs.
_GROWN_AT, _GROWN_FROM = 0.3, 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is drawn, and how it is put into batches.

    Attributes:
        tokenizer: encodes it, by the same template as the engine.
        short: draws an exchange, from how far training has come.
        long: the same among that many mails; none for a canary that knows no long prompts.
        a_mail: tokens of a mail, about.
        rows: short exchanges a step.
        tokens: most tokens that one pass of the model takes at once, padding included.
        longest: most tokens of an exchange.
        seed: of all that is drawn.
    """

    tokenizer: PreTrainedTokenizerFast
    short: Short
    long: Long | None
    a_mail: float = 1.0
    rows: int
    tokens: int
    longest: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One exchange as token ids, and what each of them is."""

    ids: list[int]
    roles: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Samples side by side, padded on the right."""

    ids: NDArray[np.int16]
    roles: NDArray[np.int8]


_source: list[Source] = []  # Of a worker: what it was forked with.


def steps(source: Source, progress: Callable[[], float]) -> Iterator[list[Batch]]:
    """Yields what to train on in each step, without end; workers draw some steps ahead.

    Args:
        source: what is drawn.
        progress: how far training has come, from 0 to 1.
    """
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    workers = max(1, len(os.sched_getaffinity(0)) - 2)
    context = multiprocessing.get_context("fork")
    with context.Pool(workers, initializer=_source.append, initargs=(source,)) as pool:
        waiting: deque[AsyncResult[list[list[Batch]]]] = deque()
        task = 0
        while True:
            while len(waiting) < _AHEAD * workers:
                waiting.append(pool.apply_async(_task, (task, progress())))
                task += 1
            yield from waiting.popleft().get()


def prompt(coder: PreTrainedTokenizerFast, exchange: Exchange) -> str:
    """Writes what the canary reads, with the given start of its reply."""
    read = coder.apply_chat_template(
        exchange.messages, tools=exchange.tools or None, tokenize=False, add_generation_prompt=True
    )
    return str(read) + exchange.given


def encode(coder: PreTrainedTokenizerFast, exchange: Exchange, *, far: bool = False) -> Sample:
    """Turns an exchange into ids, by the same template the engine will use.

    What stands in every prompt alike is not worth learning: the list of tools, and what surrounds a document.
    """
    backend = coder.backend_tokenizer
    given = backend.encode(prompt(coder, exchange), add_special_tokens=False).ids
    reply = backend.encode(f"{exchange.reply}{tokenizer.END}\n", add_special_tokens=False).ids
    known = len(given) if far else given.index(tokenizer.END_ID) if exchange.tools else 0
    roles = [IGNORED] * known + [READ] * (len(given) - known) + [WRITTEN_FAR if far else WRITTEN] * len(reply)
    return Sample(ids=given + reply, roles=roles)


def batched(samples: list[Sample], tokens: int) -> Iterator[Batch]:
    """Puts samples of like length together, in batches that are no larger than asked."""
    samples = sorted(samples, key=lambda sample: len(sample.ids))
    while samples:
        count = 1
        while count < len(samples) and (count + 1) * len(samples[count].ids) <= tokens:
            count += 1
        yield _batch(samples[:count])
        samples = samples[count:]


def _batch(samples: list[Sample]) -> Batch:
    width = len(samples[-1].ids)
    ids = np.full((len(samples), width), tokenizer.PAD_ID, dtype=np.int16)
    roles = np.full((len(samples), width), IGNORED, dtype=np.int8)
    for row, sample in enumerate(samples):
        ids[row, : len(sample.ids)] = sample.ids
        roles[row, : len(sample.roles)] = sample.roles
    return Batch(ids=ids, roles=roles)


def _task(number: int, progress: float) -> list[list[Batch]]:
    """Draws some steps, the same for the same number and progress."""
    (source,) = _source
    rng = random.Random(f"{source.seed}-train-{number}")
    return [[*_short(rng, source, progress), *_long(rng, source, progress)] for _ in range(_STEPS_A_TASK)]


def _short(rng: random.Random, source: Source, progress: float) -> Iterator[Batch]:
    drawn = (encode(source.tokenizer, source.short(rng, progress)) for _ in range(source.rows))
    return batched([sample for sample in drawn if len(sample.ids) <= source.longest], source.tokens)


def _long(rng: random.Random, source: Source, progress: float) -> Iterator[Batch]:
    """Draws as many exchanges of about one length as fit into a batch."""
    if source.long is None:
        return
    length = _length(rng, progress, source.longest)
    mails = max(0, round((length - 200) / source.a_mail))
    samples = [_fitting(rng, source, progress, mails) for _ in range(max(1, source.tokens // length))]
    yield from batched(samples, source.tokens * 5 // 4)


def _fitting(rng: random.Random, source: Source, progress: float, mails: int) -> Sample:
    """Leaves out mails where there are too many."""
    while True:
        sample = encode(source.tokenizer, source.long(rng, progress, mails), far=True)
        if (over := len(sample.ids) - source.longest) <= 0:
            return sample
        mails -= 1 + round(over / source.a_mail)


def _length(rng: random.Random, progress: float, longest: int) -> int:
    grown = min(1.0, progress / _GROWN_AT)
    most = min(longest, _GROWN_FROM) * (max(longest, _GROWN_FROM) / _GROWN_FROM) ** grown
    if rng.random() < _NEAR_THE_MOST:
        return round(rng.uniform(0.5, 1.0) * most)
    return round(math.exp(rng.uniform(math.log(min(_SHORTEST, most / 2)), math.log(most))))
