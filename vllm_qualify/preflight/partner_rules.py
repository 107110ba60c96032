"""Rule of options that act only together: argparse does not check them, vLLM does so late or never. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, one_change
from vllm_qualify.core.rules import RuleResult, row
from vllm_qualify.preflight.question import Question

_PARTNERS = {"--enable-auto-tool-choice": "--tool-call-parser", "--enable-reasoning": "--reasoning-parser"}
# Until then the parser of the reasoning acts only where --enable-reasoning stands beside it.
_PARSER_ALONE = Version("0.9.0")


def partners(question: Question) -> Iterator[RuleResult]:
    """P26: options that act only together stand together."""
    release, command = question.release, question.command
    if release is None or command is None:
        return
    needed = release.version < _PARSER_ALONE
    for name, partner in _PARTNERS.items():
        if name not in release.flags or not command.given(name) or command.has(partner):
            continue
        if needed or name != "--enable-reasoning":
            yield _answer(Severity.BLOCK, f"{name} also needs {partner}", partner)
    alone = needed and command.given("--reasoning-parser") and not command.has("--enable-reasoning")
    if alone and "--enable-reasoning" in release.flags:
        said = f"in v{release.version} --reasoning-parser has no effect without --enable-reasoning"
        yield _answer(Severity.WARN, said, "--enable-reasoning")


def _answer(severity: Severity, said: str, name: str) -> RuleResult:
    remedy = one_change(ChangeKind.FLAG, f"add {name}", name=name)
    return RuleResult(severity=severity, certainty=Certainty.CERTAIN, actual=said, path=name, remedies=(remedy,))


RULES = (row("P26", "options that need another", "options that work only together are given together", partners),)
