"""Which of the workloads that run vLLM serves every day, and which one reasons. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vllm_qualify.cli.first_settings.workloads import FoundWorkload
from vllm_qualify.config.lookup import GUESSED

Ask = Callable[[str, Sequence[str], str], str]
"""Asks a person: the question, what may be answered, and what is taken for an empty answer, which is all of it where
nobody is there."""

# As vLLM's documentation has them (docs.vllm.ai, "Reasoning Outputs").
_PARSERS = (
    ("deepseek-r1", "deepseek_r1"),
    ("qwq", "deepseek_r1"),
    ("magistral", "mistral"),
    ("qwen3", "qwen3"),
    ("glm-4.5", "glm45"),
    ("granite", "granite"),
)


def nobody(question: str, choices: Sequence[str], default: str) -> str:  # noqa: ARG001 - an `Ask` without a terminal.
    """Answer as an empty line would."""
    return default


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModes:
    """The workloads of the two modes.

    Attributes:
        ml: the everyday mode; ``None`` where nothing may serve.
        r1: the reasoning mode.
        ml_why: how sure the choice is, as a comment.
        r1_why: likewise.
        others: what else runs vLLM.
    """

    ml: FoundWorkload | None = None
    r1: FoundWorkload | None = None
    ml_why: str = ""
    r1_why: str = ""
    others: tuple[FoundWorkload, ...] = ()

    @property
    def both(self) -> tuple[FoundWorkload, ...]:
        """Those that there are."""
        return tuple(one for one in (self.ml, self.r1) if one is not None)


def chosen(found: Sequence[FoundWorkload], *, ask: Ask = nobody) -> FoundModes:
    """Choose the modes.

    Args:
        found: all workloads that may serve.
        ask: is asked where several are as likely.
    """
    running = [one for one in found if one.runs_vllm] or list(found)
    if not running:
        return FoundModes()
    everyday = [one for one in running if not one.reasons] or running
    ml, ml_why = _everyday(sorted(everyday, key=lambda one: one.replicas == 0), ask)
    reasoning = [one for one in running if one.reasons and one is not ml]
    r1 = next((one for one in reasoning if one.manifest.namespace == ml.manifest.namespace), None)
    return FoundModes(
        ml=ml,
        r1=r1,
        ml_why=ml_why,
        r1_why=f"{GUESSED}{r1.manifest.kind} {r1.manifest.name} is named for reasoning" if r1 else "",
        others=tuple(one for one in running if one not in (ml, r1)),
    )


def reasoning_parser(model: str) -> str:
    """The parser for the reasoning of a model; ``""`` where none is known."""
    return next((parser for word, parser in _PARSERS if word in model.lower()), "")


def _everyday(likely: Sequence[FoundWorkload], ask: Ask) -> tuple[FoundWorkload, str]:
    first, *rest = likely
    named = f"{first.manifest.kind} {first.manifest.name}"
    if not rest:
        return first, named if first.runs_vllm else f"{GUESSED}{named} is the only workload that asks for a GPU"
    names = [str(one) for one in likely]
    answer = ask("Which of these serves every day?", names, "")
    if answer in names:
        one = likely[names.index(answer)]
        return one, f"{one.manifest.kind} {one.manifest.name}, as answered"
    does = "run vLLM" if first.runs_vllm else "ask for a GPU"
    return first, f"{GUESSED}{named} is the first of {len(likely)} workloads that {does}"
