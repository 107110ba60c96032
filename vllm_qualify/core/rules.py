"""What a rule is, and what it answers; house, preflight, route and cluster rules are rows of this one kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, ParamSpec

from vllm_qualify.core import remedies
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import Remedy

Asked = ParamSpec("Asked")
"""What a rule's check is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule says of one thing that it looked at; its rule makes a finding of it.

    Attributes:
        actual: the evidence, in numbers.
        severity: where it differs from the rule's; a note says that the rule holds, or what cannot matter.
        certainty: how far it may be trusted. What would stand in the way and is only possible cannot be verified from
            the facts that are known; then ``remedy`` is how to find out.
        brief: in place of the rule's short name.
        title: in place of the rule's title.
        subject: what it is about.
        path: the field, the option or the variable.
        expected: what should be there.
        remedy: what to do next; empty: what ``remedies`` say, else the rule's rationale.
        source: where the facts come from.
        remedies: what would remove it, one as good as the other.
        unknown: what is not known, so that the rule cannot tell; told in full once, then in short.
    """

    actual: str
    severity: Severity | None = None
    certainty: Certainty = Certainty.CERTAIN
    brief: str = ""
    title: str = ""
    subject: str = ""
    path: str = ""
    expected: str = ""
    remedy: str = ""
    source: str = ""
    remedies: tuple[Remedy, ...] = ()
    unknown: str = ""


_OF_A_RESULT = tuple(each.name for each in fields(RuleResult))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: all about it that does not depend on what it looks at.

    Attributes:
        id: its stable name, by which it is waived.
        brief: what is wrong where it does not hold, in a few words.
        title: what must hold, in one sentence.
        severity: whether it stands in the way where it does not hold.
        rationale: why the rule is there; ``""`` where its findings say that themselves.
        doubtful: its short name says by itself that it is not known.
    """

    id: str
    brief: str
    title: str
    severity: Severity = Severity.BLOCK
    rationale: str = ""
    doubtful: bool = False

    def finding(self, result: RuleResult, *, subject: str = "") -> Finding:
        """The finding that a result makes.

        Args:
            result: what the rule says.
            subject: what it is about, where the result does not say so.
        """
        said: dict[str, Any] = {name: getattr(result, name) for name in _OF_A_RESULT}
        usual = f"write what is expected: {self.rationale}" if self.rationale else ""
        own = {
            "severity": result.severity or self.severity,
            "title": result.title or self.title,
            "subject": result.subject or subject,
            "remedy": result.remedy or remedies.told(result.remedies) or usual,
            "brief": self._briefly(result),
        }
        return Finding(id=self.id, **said | own)

    def _briefly(self, result: RuleResult) -> str:
        if result.unknown:
            return f"{result.path} is not known"
        # What cannot be verified is no statement that it is so.
        doubt = result.certainty is Certainty.POSSIBLE and not self.doubtful
        return f"{'perhaps ' if doubt else ''}{result.brief or self.brief}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRule(Rule, Generic[Asked]):
    """A rule of a table that is gone through.

    Attributes:
        check: answers it, whatever it is given.
    """

    check: Callable[Asked, Iterator[RuleResult]]


def entry(id: str, brief: str, title: str, severity: Severity = Severity.BLOCK) -> Rule:  # noqa: A002  # As in a row.
    """Build a rule whose results are made by whoever looks at several things at once."""
    return Rule(id=id, brief=brief, title=title, severity=severity)


def row(
    id: str,  # noqa: A002  # The word of the table; the built-in is not needed here.
    brief: str,
    title: str,
    check: Callable[Asked, Iterator[RuleResult]],
    *,
    severity: Severity = Severity.BLOCK,
    rationale: str = "",
    doubtful: bool = False,
) -> CheckedRule[Asked]:
    """Build a row of a table of rules."""
    return CheckedRule(
        id=id, brief=brief, title=title, check=check, severity=severity, rationale=rationale, doubtful=doubtful
    )


def waived(findings: Iterable[Finding], waivers: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings, with the operator's reason on those that do not matter to him.

    Args:
        findings: of any rules.
        waivers: reasons by the ids of rules; what an object of a manifest waives itself keeps its own.
    """
    return tuple(
        replace(one, waived=waivers[one.id]) if one.id in waivers and not one.waived else one for one in findings
    )


def not_known(name: str, found: str, *, unknown: str, remedy: str) -> RuleResult:
    """Say that a rule cannot tell, because it needs what nobody knows.

    Args:
        name: the option or the variable that it asks for.
        found: what is not known, in one sentence.
        unknown: the same for all rules that need it.
        remedy: how it can be told.
    """
    return RuleResult(
        severity=Severity.BLOCK,
        certainty=Certainty.POSSIBLE,
        actual=found,
        path=name,
        remedy=remedy,
        unknown=unknown,
    )


def unverified(actual: str, remedy: str) -> RuleResult:
    """Say that what would stand in the way is possible, and how to find out."""
    return RuleResult(certainty=Certainty.POSSIBLE, actual=actual, remedy=remedy)


def weakest(*certainties: Certainty) -> Certainty:
    """The certainty of a conclusion from facts of these certainties."""
    order = tuple(Certainty)
    return max(certainties, key=order.index, default=Certainty.CERTAIN)
