"""Rules of the model: its architecture, its quantization and its numbers against the release and the GPU. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from vllm_qualify import catalogue
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, drop_flag, one_change, write_flag
from vllm_qualify.core.rules import RuleResult, row, weakest
from vllm_qualify.preflight.models import ModelFacts
from vllm_qualify.preflight.phrases import listed
from vllm_qualify.preflight.question import Question

# The release of transformers that first knows a kind of model; recalled from its release notes.
_FIRST_TRANSFORMERS = {
    "gemma3": "4.50.0",
    "gemma3_text": "4.50.0",
    "glm4": "4.51.3",
    "gpt_oss": "4.55.0",
    "llama4": "4.51.0",
    "mistral3": "4.50.0",
    "qwen2": "4.37.0",
    "qwen2_5_vl": "4.49.0",
    "qwen3": "4.51.0",
    "qwen3_moe": "4.51.0",
    "qwen3_next": "4.57.0",
}
# What may be written for a checkpoint of a method; each of them has a faster spelling of its own.
_SPELLINGS = {
    "awq": frozenset({"auto_awq", "awq", "awq_marlin", "cpu_awq", "inc", "ipex", "moe_wna16"}),
    "gptq": frozenset({"auto_gptq", "gptq", "gptq_bitblas", "gptq_marlin", "inc", "ipex", "marlin", "moe_wna16"}),
}
_QUANTIZATION = "--quantization"
_CLAUSE = re.compile(r"(?P<operator>[<>=!~]{1,3})\s*(?P<version>[\w.*+!-]+)")


def architecture(question: Question) -> Iterator[RuleResult]:
    """P14: the release has an implementation of the model's architecture (E35)."""
    release, model = question.release, question.model
    if release is None:
        return
    if model is None and question.command is not None:
        # Raises where the model is named by a value that is not known.
        _ = question.command.model
    if model is None or not model.architectures:
        said = "not checked: the model's architecture is not known; give its config.json"
        yield RuleResult(severity=Severity.NOTE, certainty=Certainty.POSSIBLE, actual=said)
        return
    names = listed(model.architectures)
    if release.architectures & set(model.architectures):
        said = f"v{release.version} has {names}"
        yield RuleResult(severity=Severity.NOTE, actual=said, certainty=model.certainty, source="the model registry")
        return
    # Since --model-impl there is a way through transformers' own implementation, where its version knows the model.
    fallback = "--model-impl" in release.flags
    yield RuleResult(
        certainty=weakest(Certainty.PROBABLE if fallback else Certainty.CERTAIN, _named(model)),
        actual=f"v{release.version} cannot serve {model.name or 'the model'}: it does not have {names} (E35)",
        source="the model registry",
        remedies=_first_with(model),
    )


def transformers(question: Question) -> Iterator[RuleResult]:
    """P15: the image's transformers is new enough for the model (E34)."""
    release, model = question.release, question.model
    if release is None or model is None:
        return
    first = _FIRST_TRANSFORMERS.get(model.model_type, "")
    if not first:
        return
    accepted = release.transformers
    if _least(accepted.value) >= Version(first):
        return
    newest = _most(accepted.value)
    if newest is not None and newest <= Version(first):
        severity, certainty = Severity.BLOCK, Certainty.PROBABLE
    elif release.architectures & set(model.architectures):
        # The release brings the model itself, so whoever built the image took a transformers that knows it.
        severity, certainty = Severity.NOTE, Certainty.PROBABLE
    else:
        severity, certainty = Severity.WARN, Certainty.POSSIBLE
    yield RuleResult(
        severity=severity,
        certainty=certainty,
        actual=f"{model.model_type} needs transformers {first}, the release accepts {accepted.value} (E34)",
        source=accepted.source,
        remedies=(one_change(ChangeKind.RELEASE, "use a newer release"),),
    )


def quantization(question: Question) -> Iterator[RuleResult]:
    """P10: the release knows the method, the GPU is able to it, and the option does not contradict the model."""
    release, model, command = question.release, question.model, question.command
    asked = ((command.value(_QUANTIZATION, "-q") if command else None) or "").lower()
    own = model.quantization if model else ""
    method = asked or own
    if not method or method == "none" or release is None:
        return
    if asked and own and asked != own and asked not in _SPELLINGS.get(own, frozenset()):
        said = f"{_QUANTIZATION} {asked} contradicts the model, which is {own} (E22)"
        yield _stop(said, Certainty.PROBABLE, write_flag(_QUANTIZATION, own), drop_flag(_QUANTIZATION))
    if method not in release.quantizations:
        if not asked:
            said = f"v{release.version} does not know the model's quantization {method} (E23)"
            yield _stop(
                said,
                Certainty.PROBABLE,
                one_change(ChangeKind.RELEASE, "use another release"),
            )
        return
    least, able = release.quantizations[method], question.node.compute_capability
    if least is None or least < 0 or able is None:
        return
    if able[0] * 10 + able[1] < least:
        said = f"{method} needs compute capability {least // 10}.{least % 10}, the GPU has {able[0]}.{able[1]} (E24)"
        slower = (
            own in {"awq", "gptq"} and method != own and able[0] * 10 + able[1] >= (release.quantizations.get(own) or 0)
        )
        yield _stop(said, Certainty.CERTAIN, *((write_flag(_QUANTIZATION, own),) if slower else ()))
    if method in release.deprecated_quantizations and (
        command is None or not command.has("--allow-deprecated-quantization")
    ):
        name = "--allow-deprecated-quantization"
        said = f"v{release.version} refuses {method} as deprecated (E25)"
        yield _stop(said, Certainty.PROBABLE, one_change(ChangeKind.FLAG, f"add {name}", name=name))


def precision(question: Question) -> Iterator[RuleResult]:
    """P11: the GPU and the quantization can compute in the numbers that are asked for (E26, E27)."""
    model, command, able = question.model, question.command, question.node.compute_capability
    asked = ((command.value("--dtype") if command else None) or "auto").lower()
    half = write_flag("--dtype", "half")
    method = ((command.value(_QUANTIZATION, "-q") if command else None) or "").lower()
    if able is not None and able < (8, 0):
        said = f"bfloat16 needs compute capability 8.0, the GPU has {able[0]}.{able[1]} (E27)"
        if asked == "bfloat16":
            yield _stop(said, Certainty.CERTAIN, half, path="--dtype")
        elif asked == "auto" and model is not None and model.dtype == "bfloat16":
            yield RuleResult(
                severity=Severity.WARN, certainty=Certainty.POSSIBLE, actual=said, path="--dtype", remedies=(half,)
            )
    if method == "awq" and asked in {"bfloat16", "float32", "float"}:
        yield _stop(f"awq computes in float16, not in {asked} (E26)", Certainty.PROBABLE, half, path="--dtype")


def _named(model: ModelFacts) -> Certainty:
    """The class of an architecture is the same for all models of its kind, so a card is as good as the file."""
    return Certainty.CERTAIN if model.certainty is not Certainty.POSSIBLE else Certainty.POSSIBLE


def _first_with(model: ModelFacts) -> tuple[Remedy, ...]:
    """The first release that has the architecture."""
    having = (one.version for one in catalogue.releases() if one.architectures & set(model.architectures))
    first = next(having, None)
    return (one_change(ChangeKind.RELEASE, f"take v{first} or newer", value=str(first)),) if first else ()


def _least(specifiers: str) -> Version:
    return max((_version(bound) for bound in _bounds(specifiers, ">=", ">", "==")), default=Version("0"))


def _most(specifiers: str) -> Version | None:
    return min((_version(bound) for bound in _bounds(specifiers, "<", "<=")), default=None)


def _bounds(specifiers: str, *operators: str) -> Iterator[str]:
    """The versions behind some operators of PEP 440; packaging's own reader loads slower than all rules answer."""
    for clause in specifiers.split(","):
        if (match := _CLAUSE.fullmatch(clause.strip())) and match["operator"] in operators:
            yield match["version"]


def _version(text: str) -> Version:
    try:
        return Version(text.removesuffix(".*"))
    except InvalidVersion:
        return Version("0")


def _stop(actual: str, certainty: Certainty, *remedies: Remedy, path: str = _QUANTIZATION) -> RuleResult:
    return RuleResult(certainty=certainty, actual=actual, path=path, remedies=remedies)


NUMBERS = (
    row("P10", "quantization", "release and GPU support the quantization", quantization),
    row("P11", "number format", "the GPU supports the requested number format", precision),
)


IMPLEMENTATION = (
    row("P14", "model not implemented", "the release implements the model's architecture", architecture),
    row("P15", "transformers too old", "transformers is new enough for the model", transformers),
)
