"""All rules in one table, in the order in which a start would meet them; the ids are stable. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace

from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.rules import CheckedRule, Rule, RuleResult, not_known
from vllm_qualify.preflight import (
    advisory_rules,
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
from vllm_qualify.preflight.facts import ManifestFacts
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import UnknownValue

PreflightRule = CheckedRule[[Question]]
_TRY = "run preflight on the node, or try it"

RULES: tuple[PreflightRule, ...] = (
    *tag_rules.RULES,
    *cuda_rules.RULES,
    *compat_rules.RULES,
    *gpu_code_rules.RULES,
    *model_rules.NUMBERS,
    *attention_rules.NUMBERS,
    *parallel_rules.RULES,
    *memory_rules.RULES,
    *model_rules.IMPLEMENTATION,
    *entry_rules.RULES,
    *flag_rules.RULES,
    *partner_rules.RULES,
    *attention_rules.NAMES,
    *engine_rules.RULES,
    *pod_rules.RULES,
    *caller_rules.RULES,
    *advisory_rules.RULES,
)
"""All of them."""
_OF_THE_DRIVER = frozenset({*cuda_rules.RULES, *compat_rules.RULES, *gpu_code_rules.RULES, *pod_rules.RULES})
"""Those that look at the node's driver, at what its toolkit does about it, or at the variables of both: where a remedy
changes nothing else, only they are asked again."""
_VARIABLES = frozenset({"LD_LIBRARY_PATH", "NVIDIA_DISABLE_REQUIRE", "VLLM_ENABLE_CUDA_COMPATIBILITY"})
_BESIDE = tuple(
    each.name for each in fields(Question) if each.compare and each.init and each.name not in {"manifest", "node"}
)
_OF_A_MANIFEST = tuple(each.name for each in fields(ManifestFacts) if each.name != "env")


def findings(question: Question, *, rules: Sequence[PreflightRule] = RULES) -> tuple[Finding, ...]:
    """Everything that the rules say of an image; a note says that a rule holds, and no remedy contradicts another.

    Args:
        question: the image and what is known around it.
        rules: the table.
    """
    found = [(rule, tuple(_results(rule, question))) for rule in rules]
    # What only tells asks for nothing that may be unknown, so nothing that stands in the way depends on it.
    stopping = [(rule, said) for rule, said in found if rule.check is not advisory_rules.recorded]

    def judge(asked: Question) -> tuple[Finding, ...]:
        every = not _about_the_driver(asked, question)
        answers = (
            (rule, _results(rule, asked) if every or rule in _OF_THE_DRIVER else said) for rule, said in stopping
        )
        return _findings(asked, answers, blocking=True)

    return remedies.consistent(question, _findings(question, found), judge)


def _about_the_driver(one: Question, other: Question) -> bool:
    """Two questions differ in nothing but what the rules of the driver look at."""
    before, after = one.manifest, other.manifest
    others = [(one, other, _BESIDE), *([(before, after, _OF_A_MANIFEST)] if before is not after else ())]
    if any(getattr(first, name) is not getattr(second, name) for first, second, names in others for name in names):
        return False
    changed = {name for name, _ in before.env.items() ^ after.env.items()}
    node = replace(one.node, driver=other.node.driver, compat_hook=other.node.compat_hook)
    return changed <= _VARIABLES and node == other.node


def _findings(
    question: Question, found: Iterable[tuple[PreflightRule, Iterable[RuleResult]]], *, blocking: bool = False
) -> tuple[Finding, ...]:
    """The findings of all results, or of those alone that stand in the way."""
    told = _told_once((rule, result) for rule, said in found for result in said)
    return tuple(
        _finding(rule, result, str(question.image))
        for rule, result in told
        if not blocking or (result.severity or rule.severity) is Severity.BLOCK
    )


def _results(rule: PreflightRule, question: Question) -> Iterator[RuleResult]:
    """What a rule says, until it asks for what is not known."""
    try:
        yield from rule.check(question)
    except UnknownValue as unknown:
        yield not_known(unknown.name, str(unknown), unknown=unknown.unknown, remedy=unknown.remedy)


def _told_once(results: Iterable[tuple[Rule, RuleResult]]) -> Iterator[tuple[Rule, RuleResult]]:
    """The results; what is not known stands in the way once, and beside the other rules that need it as a note."""
    known: set[str] = set()
    for rule, result in results:
        if result.unknown in known:
            said = f"not checked: {result.path} is not known"
            yield rule, RuleResult(severity=Severity.NOTE, certainty=result.certainty, actual=said, path=result.path)
            continue
        known |= {result.unknown} - {""}
        yield rule, result


def _finding(rule: Rule, result: RuleResult, subject: str) -> Finding:
    found = rule.finding(result, subject=subject)
    return replace(found, remedy=_TRY) if found.unverified and not found.remedy else found
