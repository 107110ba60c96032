"""The calls of tools that a candidate made, each asked for once and read by several cases; for suite tools."""

from __future__ import annotations

from vllm_qualify.checks import tool_probes
from vllm_qualify.checks.tool_probes import OWN_MODEL, STREAMED, ToolAnswer, ToolWay, ToolWork
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.candidate import Candidate


class ToolSession:
    """What a candidate answered in each way; mutable because it remembers.

    Args:
        candidate: whose everyday mode is asked.
    """

    def __init__(self, candidate: Candidate) -> None:
        self._candidate = candidate
        self._answers: dict[ToolWay, ToolAnswer] = {}

    @property
    def work(self) -> ToolWork:
        """The tools, and what is asked: of a canary what it was taught."""
        return self._candidate.work.tools if self.canary else OWN_MODEL

    @property
    def canary(self) -> bool:
        """A canary is served, whatever production calls."""
        return self._candidate.start(Mode.ML).canary

    @property
    def parser(self) -> str:
        """The parser of tool calls that the everyday mode is started with; ``""`` for none."""
        return self._candidate.start(Mode.ML).tool_parser

    def answer(self, way: ToolWay) -> ToolAnswer:
        """The answer in one way."""
        if way not in self._answers:
            client = self._candidate.serving(Mode.ML)
            self._answers[way] = tool_probes.ask(client, self.work, way, model=self._candidate.model)
        return self._answers[way]

    def answers(self) -> tuple[ToolAnswer, ...]:
        """The answers in all ways."""
        return tuple(self.answer(way) for way in ToolWay)

    def pairs(self) -> tuple[tuple[ToolAnswer, ToolAnswer], ...]:
        """Each way that is also streamed, whole and streamed."""
        return tuple((self.answer(whole), self.answer(streamed)) for whole, streamed in STREAMED.items())
