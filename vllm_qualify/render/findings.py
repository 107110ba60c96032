"""Findings as text: those that stand in the way first. Pure; for the terminal and for the reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vllm_qualify.records import Certainty, Finding, Severity

_WORDS = {Severity.BLOCK: "STOP", Severity.WARN: "warn", Severity.NOTE: "note"}
_ORDER = tuple(_WORDS)


def told(findings: Iterable[Finding]) -> str:
    """All findings, a few lines each; one line when there are none."""
    found = sorted(findings, key=lambda finding: (_ORDER.index(finding.severity), finding.id))
    if not found:
        return "looked at the cluster and the manifests: nothing to remark"
    return "\n".join(line for finding in found for line in _lines(finding))


def sentence(finding: Finding) -> str:
    """What was found, in one line."""
    certainty = "" if finding.certainty is Certainty.CERTAIN else f" ({finding.certainty.value})"
    where = f"{finding.subject} {finding.path}".strip()
    seen = finding.actual or "is not so"
    wanted = f"; expected {finding.expected}" if finding.expected else ""
    return f"{finding.id} {finding.title}{certainty}: {where}: {seen}{wanted}"


def _lines(finding: Finding) -> Iterator[str]:
    word = "waived" if finding.waived else _WORDS[finding.severity]
    yield f"{word} {sentence(finding)}"
    if finding.waived:
        yield f"     waived: {finding.waived}"
    elif finding.remedy:
        yield f"     what to do: {finding.remedy}"
