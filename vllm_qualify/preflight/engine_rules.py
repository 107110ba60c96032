"""Rule of the two engines: does the release have the one that variables and options send it to? Pure.

From 0.8.0 to 0.10.2 V1 is the default and V0 takes what V1 cannot do, unless ``VLLM_USE_V1=1`` forbids it; 0.11.0 still
asks the same questions and has no V0 to fall back to; later releases ask no more. Read from
``EngineArgs._is_v1_supported_oracle`` (vllm/engine/arg_utils.py) of these releases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.version import Version

from vllm_qualify.catalogue import Release
from vllm_qualify.core.records import Certainty
from vllm_qualify.core.remedies import ChangeKind, Remedy, drop_flag, one_change
from vllm_qualify.core.rules import RuleResult, row
from vllm_qualify.preflight import attention
from vllm_qualify.preflight.question import Question

_SWITCH = "VLLM_USE_V1"
_NUMBER = re.compile(r"\s*[+-]?\d{1,9}\s*", re.ASCII)
_SOURCE = "vllm/engine/arg_utils.py and vllm/entrypoints/openai/api_server.py of the release"
_AMPERE = (8, 0)
_BELOW_AMPERE_UNTIL = Version("0.10.1.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feature:
    """An option that V1 does not have in a span of releases, unless its value means nothing."""

    option: str
    first: str = "0.8.0"
    last: str
    idle: frozenset[str] = frozenset()


_FEATURES = (
    _Feature(option="--collect-detailed-traces", last="0.10.1.1"),
    _Feature(option="--disable-async-output-proc", last="0.10.2"),
    _Feature(option="--enable-prompt-adapter", last="0.9.2"),
    _Feature(option="--enable-prompt-embeds", first="0.9.0", last="0.10.2"),
    _Feature(option="--kv-transfer-config", last="0.8.4"),
    _Feature(option="--logits-processor-pattern", last="0.11.0"),
    _Feature(option="--max-long-partial-prefills", last="0.11.0", idle=frozenset({"1"})),
    _Feature(option="--max-num-partial-prefills", last="0.11.0", idle=frozenset({"1"})),
    _Feature(option="--num-scheduler-steps", last="0.10.0", idle=frozenset({"1"})),
    _Feature(option="--otlp-traces-endpoint", last="0.10.1.1"),
    _Feature(option="--preemption-mode", last="0.10.2"),
    _Feature(option="--scheduler-delay-factor", last="0.10.2", idle=frozenset({"0", "0.0"})),
    _Feature(option="--scheduling-policy", last="0.9.1", idle=frozenset({"fcfs"})),
)
# Backends of that name are V0's, so that asking for one asks for V0.
_OF_V0 = {
    "0.11.0": frozenset({"DIFFERENTIAL_FLASH_ATTN", "DUAL_CHUNK_FLASH_ATTN", "IPEX", "NO_ATTENTION", "ROCM_FLASH"})
}
_XFORMERS_UNTIL = Version("0.10.2")
# FlashAttention 3 alone took fp8 in V1 then.
_FP8_UNTIL = Version("0.10.2")


def engine(question: Question) -> Iterator[RuleResult]:
    """P30: no variable and no option sends the release to an engine that it does not have (E21)."""
    release = question.release
    if release is None or _SWITCH not in release.environment:
        return
    asked = question.env.get(_SWITCH)
    if asked is not None and not _NUMBER.fullmatch(asked):
        said = f"{_SWITCH}={asked} is not a number, but v{release.version} reads it as one"
        yield _stop(said, _SWITCH, _drop_switch())
        return
    only = release.engines == ("V1",)
    if only and _SWITCH in question.env and asked is None:
        said = f"the value of {_SWITCH} is not known; v{release.version} has only V1 and fails with 0"
        yield RuleResult(certainty=Certainty.POSSIBLE, actual=said, path=_SWITCH)
    elif only and asked is not None and int(asked) == 0:
        said = f"{_SWITCH}=0 requests the engine V0, which v{release.version} does not have: it ends with an"
        yield _stop(f"{said} AssertionError without a text (assert envs.{_SWITCH}, E21)", _SWITCH, _drop_switch())
    elif release.engines[0] == "V1" and (only or (asked is not None and int(asked) != 0)):
        yield from _features(question, release, only=only)


def _features(question: Question, release: Release, *, only: bool) -> Iterator[RuleResult]:
    """What V1 does not have, where it is the only engine there is or the only one that is allowed."""
    for name, remedy in _missing(question, release):
        if only:
            said = (
                f"{name} is not supported by the engine V1, and v{release.version} has no other (assert "
                f"envs.{_SWITCH}, E21)"
            )
            yield _stop(said, name, remedy)
        else:
            said = f"{_SWITCH}=1 forbids the engine V0, which {name} needs in v{release.version} (E21)"
            yield _stop(said, name, _drop_switch(), remedy)


def _missing(question: Question, release: Release) -> Iterator[tuple[str, Remedy]]:
    version, command, own = release.version, question.command, question.node.compute_capability
    for feature in _FEATURES:
        value = command.value(feature.option) if command and feature.option in release.flags else None
        if (
            value is not None
            and value not in feature.idle
            and Version(feature.first) <= version <= Version(feature.last)
        ):
            yield (
                feature.option,
                drop_flag(feature.option),
            )
    backend = attention.asked_for(question)
    if backend in _OF_V0.get(str(version), ()) or (backend == "XFORMERS" and version <= _XFORMERS_UNTIL):
        name = attention.BACKEND_VARIABLE
        remedy = one_change(ChangeKind.ENVIRONMENT, f"drop the variable {name}", name=name)
        yield f"{name}={backend}", remedy
    fp8 = attention.kv_numbers(question).startswith("fp8") and not backend and version <= _FP8_UNTIL
    if fp8 and own is not None and not (9, 0) <= own < (11, 0):
        name = attention.KV_DTYPE
        yield f"{name} fp8 on this GPU", drop_flag(name)
    if own is not None and own < _AMPERE and version <= _BELOW_AMPERE_UNTIL:
        yield f"a GPU of compute capability {own[0]}.{own[1]}", _drop_switch()


def _drop_switch() -> Remedy:
    return one_change(ChangeKind.ENVIRONMENT, f"drop the variable {_SWITCH}", name=_SWITCH)


def _stop(actual: str, path: str, *remedies: Remedy) -> RuleResult:
    return RuleResult(actual=actual, path=path, source=_SOURCE, remedies=tuple(dict.fromkeys(remedies)))


RULES = (row("P30", "engine V0 or V1", "the release has the requested engine", engine),)
