"""One candidate during its turn: what serves, what was already measured, and what can no longer be asked.

The suites get this through a fixture. It remembers, because one start is asked about by several requirements.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from vllm_qualify.checks import prompts, stream_load, token_counters
from vllm_qualify.checks import warm_up as decoding
from vllm_qualify.checks.answers import Answer
from vllm_qualify.checks.decoded_rounds import DecodedRounds
from vllm_qualify.checks.integrity import marks, probes
from vllm_qualify.checks.integrity.marks import Marked
from vllm_qualify.checks.integrity.soak import SoakRun
from vllm_qualify.checks.prompts import Sum
from vllm_qualify.checks.stream_load import StreamLoad
from vllm_qualify.client.exchanges import ChatReply
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.processor_times import ProcessorTimes
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.started_candidate import StartedCandidate

_GPU_AVERAGES_SECONDS = 1.0
"""Over which NVML averages how busy a GPU was, at most (nvml.h, ``nvmlUtilization_t``)."""


class Candidate(StartedCandidate):
    """A candidate, and everything that the suites ask of it; ``StartedCandidate`` has what it is made of."""

    def classified(self, *, constrained: bool) -> tuple[Answer, ...]:
        """The answers to all documents, asked once."""
        if constrained not in self._answers:
            client = self.serving(Mode.ML)
            self._answers[constrained] = prompts.classify(client, self.work, model=self.model, constrained=constrained)
            self._memory.append(self._deployment.memory())
        return self._answers[constrained]

    def marked(self) -> tuple[tuple[Marked, ...], tuple[bool, ...]]:
        """Documents with a mark of their own, and whether the answer to each named it when it was asked alone."""
        asked = marks.marked(self.work.documents)
        return asked, marks.alone(self.work.documents, self.classified(constrained=True), asked)

    def right(self) -> tuple[Marked, ...]:
        """Those of the marked documents that were answered right alone."""
        return tuple(one for one, right in zip(*self.marked(), strict=True) if right)

    def soak(self, *, seconds: float) -> SoakRun:
        """Steady load for so long, and what memory and rate did under it."""
        client, right = self.serving(Mode.ML), self.right()
        look = self._deployment.memory
        return probes.soaked(client, self.work, right, model=self.model, seconds=seconds, memory=look)

    def remember(self) -> None:
        """Make sure that there are answers to compare with after the switch; a lost engine has none to give."""
        with contextlib.suppress(Blocked):
            self.classified(constrained=False)

    def classified_again(self) -> tuple[Sequence[Answer], Sequence[Answer]]:
        """The first documents before the switch to the reasoning model, and after the switch back."""
        client = self.serving(Mode.ML)
        before = self._answers.get(False, ())[: prompts.COMPARED]
        after = prompts.classify(client, self.work.head(prompts.COMPARED), model=self.model, constrained=False)
        return before, after

    def control(self) -> tuple[Answer, Answer]:
        """The negative control of the constraint."""
        return prompts.control(self.serving(Mode.ML), self.work, model=self.model)

    def invalid_schema(self) -> ChatReply:
        """What comes back for a schema that is none."""
        return prompts.invalid_schema(self.serving(Mode.ML), self.work, model=self.model)

    def decode(self, *, rounds: int) -> DecodedRounds:
        """Measured streams, with the growth of the server's own counters, the warm-up, and the GPU around them."""
        client = self.serving(Mode.ML)
        # What a GPU computes when nothing was asked for as long as it averages over is somebody else's.
        self._deployment.idle(_GPU_AVERAGES_SECONDS)
        looks = [self._deployment.memory()]
        at_work = self._deployment.processor()
        warm_up, requests = decoding.warm_up(client, self.work, model=self.model)
        before = client.metrics()
        look = self._deployment.memory
        measured = prompts.decode(client, requests, rounds=rounds, after_round=lambda: looks.append(look()))
        self._memory.extend(looks)
        return DecodedRounds(
            rounds=measured,
            counters=token_counters.growth(before, client.metrics()),
            warm_up=warm_up,
            idle=looks[0],
            looks=tuple(looks[1:]),
            foreign_processor=self._foreign_since(at_work),
        )

    def loaded(self, *, streams: int) -> StreamLoad:
        """What so many streams at once bring."""
        client, at_work = self.serving(Mode.ML), self._deployment.processor()
        load = stream_load.measure(client, self.work, model=self.model, streams=streams)
        return replace(load, foreign_processor=self._foreign_since(at_work))

    def _foreign_since(self, before: ProcessorTimes | None) -> float | None:
        """The share of the processors that others took since then; ``None`` where nobody can tell."""
        now = self._deployment.processor()
        return None if before is None or now is None else now.foreign_since(before)

    def swept(self, *, most: int) -> Sequence[StreamLoad]:
        """The same of 1, 2, 4 ... streams."""
        return [*stream_load.sweep(self.serving(Mode.ML), self.work, model=self.model, most=most)]

    def reasoned(self) -> tuple[Sum, ChatReply]:
        """A sum that was not asked yet, and what the reasoning model made of it."""
        question = self.work.sums[1]
        return question, prompts.reason(self.serving(Mode.R1), question, model=self.model)
