"""Findings as text: those that stand in the way first. Pure; for the terminal and for the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.reports import text

WAIVED = "waived"
_WORDS = {Severity.BLOCK: "STOP", Severity.WARN: "warn", Severity.NOTE: "note"}
_NOUNS = {Severity.BLOCK.value: "blocker", Severity.WARN.value: "warning", Severity.NOTE.value: "note"}
_ORDER = tuple(_WORDS)


def told(findings: Iterable[Finding]) -> str:
    """All findings, a few lines each; one line when there are none."""
    found = ordered(findings)
    if not found:
        return "checked production and what is around it: no findings"
    return "\n".join(line for finding in found for line in lines(finding))


def sentence(finding: Finding) -> str:
    """What was found, in one line."""
    certainty = "" if finding.certainty is Certainty.CERTAIN else f" ({finding.certainty.value})"
    seen = finding.actual or "does not hold"
    wanted = f"; expected {finding.expected}" if finding.expected else ""
    return f"{finding.id} {finding.title}{certainty}: {place(finding)}: {seen}{wanted}"


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first; what somebody waived comes last, however grave it would be."""
    return tuple(sorted(findings, key=lambda one: (bool(one.waived), _ORDER.index(one.severity), one.id, place(one))))


def standing(finding: Finding) -> str:
    """How a finding counts: its severity, or that it was waived."""
    return WAIVED if finding.waived else finding.severity.value


def word(finding: Finding) -> str:
    """The same in the word that people read."""
    return WAIVED if finding.waived else _WORDS[finding.severity]


def place(finding: Finding) -> str:
    """What it is about, and the field within that."""
    return f"{finding.subject} {finding.path}".strip()


def counted(findings: Iterable[Finding]) -> str:
    """How many there are of each kind: ``2 warnings, 1 note and 1 waived``; ``""`` for none."""
    counts = Counter(map(standing, ordered(findings)))
    return text.listing(
        f"{count} {WAIVED}" if kind == WAIVED else text.counted(count, _NOUNS[kind]) for kind, count in counts.items()
    )


def lines(finding: Finding) -> Iterator[str]:
    """One finding: what was found, then what to do or why it does not matter."""
    yield f"{word(finding)} {sentence(finding)}"
    if finding.waived:
        yield f"     waived: {finding.waived}"
    elif finding.remedy:
        yield f"     what to do: {finding.remedy}"
