"""All rules in one table, in the order in which a start would meet them; the ids are stable. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.preflight import (
    attention_rules,
    caller_rules,
    compat_rules,
    cuda_rules,
    engine_rules,
    entry_rules,
    flag_rules,
    gpu_code_rules,
    memory_rules,
    model_rules,
    parallel_rules,
    partner_rules,
    pod_rules,
    remedies,
    tag_rules,
)
from vllm_qualify.preflight.finding import Answer, Ruling, not_known, told
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import UnknownValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        id: its stable name.
        title: what must hold, in one sentence.
        check: answers it, whatever the facts; it raises nothing but `commands.UnknownValue`, which becomes an answer.
    """

    id: str
    title: str
    check: Callable[[Question], Iterator[Answer]]


def _rule(id: str, title: str, check: Callable[[Question], Iterator[Answer]]) -> Rule:  # noqa: A002  # The table's word.
    return Rule(id=id, title=title, check=check)


_TRY = "let the probe look, or try it"

RULES = (
    _rule("P01", "the catalogue knows the image and its release", tag_rules.release_known),
    _rule("P02", "the release has an image with this tag", tag_rules.variant_built),
    _rule("P03", "the driver knows the image's major release of CUDA", cuda_rules.major),
    _rule("P04", "the driver knows the image's minor release of CUDA", cuda_rules.minor),
    _rule("P05", "the node meets what the image requires of it", cuda_rules.requirement),
    _rule("P06", "the image leaves the driver of the host in front", compat_rules.image_side),
    _rule("P07", "the node's toolkit leaves the driver of the host in front", compat_rules.node_side),
    _rule("P08", "no variable puts the compatibility library in front", compat_rules.asked_for),
    _rule("P09", "the image has code for the GPU", gpu_code_rules.architectures),
    _rule("P10", "release and GPU are able to the quantization", model_rules.quantization),
    _rule("P11", "the GPU is able to the numbers that are asked for", model_rules.precision),
    _rule("P28", "GPU and attention backend take the KV cache's numbers", attention_rules.numbers),
    _rule("P31", "there are as many GPUs as asked for, and the model can be shared", parallel_rules.shared),
    _rule("P12", "the memory holds a request of the full length", memory_rules.fits),
    _rule("P27", "what is taken beside the share of the memory has room", memory_rules.beside),
    _rule("P13", "the model allows the length", memory_rules.length),
    _rule("P14", "the release implements the model's architecture", model_rules.architecture),
    _rule("P15", "transformers is new enough for the model", model_rules.transformers),
    _rule("P16", "the entrypoint takes the model as it is named", entry_rules.model_argument),
    _rule("P17", "the release has every option", flag_rules.known),
    _rule("P18", "the release takes every value", flag_rules.values),
    _rule("P19", "no word stands alone", flag_rules.words),
    _rule("P20", "no option is on its way out", flag_rules.deprecated),
    _rule("P26", "options that act only together stand together", partner_rules.partners),
    _rule("P29", "the release has the attention backend", attention_rules.names),
    _rule("P30", "the release has the engine that is asked for", engine_rules.engine),
    _rule("P21", "the release reads every variable", pod_rules.variables),
    _rule("P22", "no probe is faster than the load budget", pod_rules.probes),
    _rule("P23", "callers' fields keep their meaning", caller_rules.fields),
    _rule("P24", "the metrics keep their names", caller_rules.metrics),
    _rule("P25", "the sampling defaults stay", caller_rules.defaults),
)


def findings(question: Question, *, rules: Sequence[Rule] = RULES) -> tuple[Ruling, ...]:
    """Everything that the rules say of an image; a note says that a rule holds, and no remedy contradicts another.

    Args:
        question: the image and what is known around it.
        rules: the table.
    """

    def judge(asked: Question) -> tuple[Ruling, ...]:
        answers = ((rule, answer) for rule in rules for answer in _answers(rule, asked))
        return tuple(_ruling(rule, answer, asked) for rule, answer in _told_once(answers))

    return remedies.consistent(question, judge(question), judge)


def _answers(rule: Rule, question: Question) -> Iterator[Answer]:
    """What a rule says, until it asks for what is not known."""
    try:
        yield from rule.check(question)
    except UnknownValue as unknown:
        yield not_known(unknown.name, str(unknown), unknown=unknown.unknown, remedy=unknown.remedy)


def _told_once(answers: Iterable[tuple[Rule, Answer]]) -> Iterator[tuple[Rule, Answer]]:
    """The answers; what is not known stands in the way once, and beside the other rules that need it as a note."""
    known: set[str] = set()
    for rule, answer in answers:
        if answer.unknown in known:
            said = f"not looked at: {answer.path} is not known"
            yield rule, Answer(severity=Severity.NOTE, certainty=answer.certainty, actual=said, path=answer.path)
            continue
        known |= {answer.unknown} - {""}
        yield rule, answer


def _ruling(rule: Rule, answer: Answer, question: Question) -> Ruling:
    unverified = answer.severity is Severity.BLOCK and answer.certainty is Certainty.POSSIBLE
    return Ruling(
        id=rule.id,
        severity=answer.severity,
        title=rule.title,
        subject=str(question.image),
        path=answer.path,
        expected=answer.expected,
        actual=answer.actual,
        remedy=answer.remedy or told(answer.ways) or (_TRY if unverified else ""),
        certainty=answer.certainty,
        source=answer.source,
        ways=answer.ways,
        unknown=answer.unknown,
    )
