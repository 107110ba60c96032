"""Rules of the command line: the release knows every option and value, and none is on its way out.

Pure. The catalogue's options are those of the real parser; the candidate's own parser still outranks this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.arguments.command_line import Group, canonical
from vllm_qualify.arguments.parser_report import Flag, ParserFacts
from vllm_qualify.catalogue import Release, flag_history
from vllm_qualify.core import suggestions
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change
from vllm_qualify.core.rules import RuleResult, not_known, row
from vllm_qualify.preflight import mappings, short_options
from vllm_qualify.preflight.phrases import listed
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import leftovers

# Names that such a plugin registers are unknown until the engine starts.
_PLUGINS = frozenset({"--reasoning-parser-plugin", "--tool-parser-plugin"})
# How a release reads the numbers of its options, by the name of the function that its parser calls.
_NUMBERS = {
    "float": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    "human_readable_int": re.compile(r"[+-]?\d+|\d+(\.\d+)?[kKmMgGtT]", re.ASCII),
    "human_readable_int_or_auto": re.compile(r"auto|[+-]?\d+|\d+(\.\d+)?[kKmMgGtT]", re.ASCII),
    "int": re.compile(r"[+-]?\d+", re.ASCII),
}


def known(question: Question) -> Iterator[RuleResult]:
    """P17: every option is one of the release's (E18)."""
    for release, parser, group in _options(question):
        if parser.find(group.flag):
            continue
        meant = parser.abbreviated(group.flag)
        if meant:
            said = f"{group.flag} is read as {meant.options[0]} only because no other option starts like it"
            text = f"write {meant.options[0]}"
            remedy = one_change(ChangeKind.FLAG, text, name=meant.options[0], value=" ".join(group.values))
            yield RuleResult(severity=Severity.WARN, actual=said, path=group.flag, remedies=(remedy,))
            continue
        name = canonical(group.flag)
        yield RuleResult(
            actual=f"v{release.version} has no option {name}{_life(name, release)} (E18){_place(group)}",
            path=name,
            source="the release's own parser",
            remedies=(_instead(name, parser),),
        )


def values(question: Question) -> Iterator[RuleResult]:
    """P18: every option has a value that the release takes (E19)."""
    for release, parser, group in _options(question):
        flag = parser.find(group.flag)
        if flag is None:
            continue
        if question.command is not None and (why := question.command.unknown(*group.values)):
            name = canonical(group.flag)
            # What takes any value takes that one as well.
            if flag.choices or flag.type in _NUMBERS or parser.known_values.get(flag.dest):
                yield not_known(name, f"{name} is {why}", unknown=str(why), remedy=why.remedy)
            continue
        fact = release.flags.get(canonical(group.flag))
        wrong = _wrong(group, flag) or _unknown(question, group, flag, parser)
        if not wrong and fact and fact.suggested and not set(group.values[:1]) <= set(fact.suggested):
            said = f"{group}: v{release.version} accepts any value here, but lists {_listed(fact.suggested)}"
            yield RuleResult(
                severity=Severity.WARN, certainty=Certainty.POSSIBLE, actual=said, path=canonical(group.flag)
            )
        if not wrong:
            continue
        wavering = fact is not None and set(group.values) & set(fact.wavering)
        yield RuleResult(
            severity=Severity.WARN if wavering else Severity.BLOCK,
            actual=f"v{release.version} does not accept {group}: {wrong} (E19){_place(group)}",
            path=canonical(group.flag),
            source="the release's own parser",
            remedies=_other_value(group, flag, parser),
        )


def words(question: Question) -> Iterator[RuleResult]:
    """P19: no word stands where no option takes it (E18)."""
    command, parser = question.command, question.parser
    if command is None or parser is None:
        return
    positional = any(not flag.options for flag in parser.flags)
    left = leftovers(command.groups, parser)
    extra = left[1 if positional or not command.given("--model") else 0 :]
    # One that is not known may be an option.
    extra = tuple(word for word in extra if command.unknown(word) is None)
    if not extra or left[0] in {"serve", "vllm"}:
        return
    drop = one_change(ChangeKind.FLAG, f"drop {' '.join(extra)}")
    said = f"no option accepts {' '.join(extra)} (E18)"
    yield RuleResult(certainty=Certainty.PROBABLE, actual=said, path="args", remedies=(drop,))


def deprecated(question: Question) -> Iterator[RuleResult]:
    """P20: no option is on its way out."""
    for release, parser, group in _options(question):
        flag = parser.find(group.flag)
        if flag is None or not flag.deprecated:
            continue
        name = canonical(group.flag)
        change = flag_history.REMOVED.get(name)
        said = f"v{release.version} warns of {name}: deprecated{_life(name, release)}{_place(group)}"
        text = f"replace {name}: {change}" if change else f"replace {name}"
        remedy = one_change(ChangeKind.FLAG, text, name=name)
        yield RuleResult(
            severity=Severity.WARN, actual=said, path=name, source="the release's own parser", remedies=(remedy,)
        )


@cache
def _span(name: str) -> tuple[str, str]:
    """The first release that has an option, and the first without it after that; ``""`` where there is none."""
    having = [(one.version, name in one.flags) for one in catalogue.releases()]
    first = next((version for version, has in having if has), None)
    last = next((version for version, has in reversed(having) if has), None)
    gone = next((version for version, _ in having if last is not None and version > last), None)
    return (str(first or ""), str(gone or ""))


def _options(question: Question) -> Iterator[tuple[Release, ParserFacts, Group]]:
    release, command, parser = question.release, question.command, question.parser
    if release is None or command is None or parser is None:
        return
    for group in command.groups:
        if group.flag and group.flag != "--" and command.unknown(group.flag) is None:
            yield release, parser, short_options.spelt_out(group, parser)


def _place(group: Group) -> str:
    """Where an option stands that is not on the command line."""
    return f"; it is set in {group.origin}" if group.origin else ""


def _life(name: str, release: Release) -> str:
    """When an option came or went, where the catalogue knows."""
    first, gone = _span(name)
    if not first:
        return ""
    if Version(first) > release.version:
        return f"; it is new in v{first}"
    return f"; it was removed in v{gone}" if gone else ""


def _instead(name: str, parser: ParserFacts) -> Remedy:
    """What to write in place of an option that the release does not have."""
    change = flag_history.REMOVED.get(name) or flag_history.ADDED.get(name)
    if change:
        return one_change(ChangeKind.FLAG, f"{name}: {change}", name=name)
    near = suggestions.nearest(name, [one for flag in parser.flags for one in flag.options], cutoff=0.75)
    text = f"write {near} for {name}" if near else f"drop {name}"
    return one_change(ChangeKind.FLAG, text, name=name)


def _wrong(group: Group, flag: Flag) -> str:
    """Why the parser refuses the words behind an option; ``""`` where it takes them."""
    if flag.nargs == 0:
        return "it takes no value" if group.joined else ""
    if not group.values:
        return "" if flag.nargs in {"?", "*"} else "it needs a value"
    for value in group.values if flag.nargs in {"*", "+"} else group.values[:1]:
        if flag.choices and value not in flag.choices:
            return f"the choices are {_listed(flag.choices)}"
        reads = _NUMBERS.get(flag.type)
        if reads is not None and not reads.fullmatch(value.strip()):
            return f"expected a number ({flag.type})"
    # With a key behind a dot, as in --limit-mm-per-prompt.image, the parser makes the JSON itself.
    return "" if "." in group.flag else mappings.refused(group.values[0], flag.reads)


def _unknown(question: Question, group: Group, flag: Flag, parser: ParserFacts) -> str:
    """Why the release dies of a value that its parser lets through; ``""`` where it does not."""
    names = parser.known_values.get(flag.dest, ())
    given = {canonical(one.flag) for one in question.command.groups} if question.command else set()
    value = group.values[0] if group.values else ""
    if not names or not value or given & _PLUGINS or value.casefold() in {*map(str.casefold, names), "none", "auto"}:
        return ""
    return f"it accepts {_listed(names)}"


def _other_value(group: Group, flag: Flag, parser: ParserFacts) -> tuple[Remedy, ...]:
    choices = flag.choices or parser.known_values.get(flag.dest, ())
    near = suggestions.nearest(group.values[0], choices) if group.values else ""
    name = canonical(group.flag)
    if not near and group.values and flag.reads and (same := mappings.rewritten(group.values[0], flag.reads)):
        return (one_change(ChangeKind.FLAG, f"write {name} '{same}'", name=name, value=same),)
    text = f"write {name} {near}" if near else f"drop {name}, or use a value that the release accepts"
    return (one_change(ChangeKind.FLAG, text, name=name, value=near),)


def _listed(names: Iterable[str]) -> str:
    return listed(names, most=12)


RULES = (
    row("P17", "unknown option", "the release has every option", known),
    row("P18", "value of an option", "the release accepts every value", values),
    row("P19", "argument without an option", "every argument belongs to an option", words),
    row("P20", "deprecated option", "no option is deprecated", deprecated, severity=Severity.WARN),
)
