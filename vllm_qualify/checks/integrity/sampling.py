"""By which sampling parameters a server answers who names none: they come from the model's files since 0.8. Pure.

The words are those of vLLM 0.8.5 to 0.32.0: the chat endpoint names them up to 0.12, the model's configuration from
0.15 on (entrypoints/openai/serving_chat.py; config/model.py, ``get_diff_sampling_param``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from vllm_qualify.client.exchanges import ChatReply, quote
from vllm_qualify.core import foreign
from vllm_qualify.core.records import Judgement, Observation, Outcome

NEUTRAL: Mapping[str, float] = {"temperature": 1.0, "top_p": 1.0}
"""What vLLM takes where neither the request nor the model's files say anything."""

_TOLD = re.compile(
    r"(?:Using default chat sampling params from [^:]+: |sampling parameters have been overridden by [^:]+: `)"
    r"(\{[^}]*\})"
)
_KNOWN = frozenset({
    "frequency_penalty", "max_tokens", "min_p", "presence_penalty", "repetition_penalty", "temperature", "top_k",
    "top_p",
})  # fmt: skip


def defaults(log: Iterable[str]) -> dict[str, float]:
    """What the log says of the last start in it; empty where the usual of the API holds."""
    found: dict[str, float] = {}
    for line in log:
        if match := _TOLD.search(line):
            found = _read(match[1])
    return found


def effective(told: Mapping[str, float]) -> dict[str, float]:
    """What a request without parameters is sampled by."""
    return dict(NEUTRAL) | dict(told)


def _read(text: str) -> dict[str, float]:
    try:
        told = foreign.mapping(ast.literal_eval(text))
    except (MemoryError, RecursionError, SyntaxError, ValueError):
        return {}
    return {name: value for name, value in told.items() if name in _KNOWN and isinstance(value, (int, float))}


def judge(told: Mapping[str, float], silent: ChatReply, named: Sequence[ChatReply]) -> Judgement:
    """A request without parameters must be answered as one that names the defaults, with the same seed.

    Args:
        told: the defaults by the log.
        silent: the answer to a request that named none.
        named: the answers to the same request, twice, with them written out.
    """
    by = effective(told)
    said = ", ".join(f"{name} {value:g}" for name, value in sorted(by.items()))
    seen = tuple(Observation(name=name, value=float(value)) for name, value in sorted(by.items()))
    source = "the model's generation_config" if told else "vLLM's own"
    outcome, message = _verdict(f"requests without sampling parameters get {said} ({source})", silent, named)
    material = {"sampling_defaults": by}
    return Judgement(outcome=outcome, message=message, observations=seen, material=material)


def _verdict(said: str, silent: ChatReply, named: Sequence[ChatReply]) -> tuple[Outcome, str]:
    if broken := [reply.problems[0] for reply in (silent, *named) if reply.problems]:
        return Outcome.INCONCLUSIVE, f"a request without sampling parameters, or with them, got no answer: {broken[0]}"
    if len({reply.content for reply in named}) > 1:
        return Outcome.PASSED, f"{said}; the same seed does not give the same answer here, so this could not be tried"
    if silent.content != named[0].content:
        return Outcome.WARNED, (
            f"{said}, by its log; but with the same seed the answer without them is {quote(silent.content)}, "
            f"with them {quote(named[0].content)}"
        )
    return Outcome.PASSED, said
