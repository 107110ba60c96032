"""Judges what a candidate's own parser said of the operator's command line; called by the suite of the arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vllm_qualify.arguments.command_line import Entrypoint, Group, canonical, split
from vllm_qualify.arguments.parser_report import CONTROL, MADE_UP, Parsed, ParserFacts, ProbeReport
from vllm_qualify.catalogue import flag_history
from vllm_qualify.checks import argument_values
from vllm_qualify.core import suggestions
from vllm_qualify.core.records import Certainty, Diagnosis, Judgement, Observation, Outcome

_CAUSES = (
    ("unrecognized arguments", "E18", "the release does not know an argument"),
    ("invalid choice", "E19", "the release does not know a value"),
    ("With `vllm serve`", "E20", "vllm serve needs the model as the first argument, not as --model"),
)
_LONGEST = 240
_NO_FILE = re.compile(r"No such file|doesn't exist|does not exist|FileNotFoundError")
# Names that such a plugin registers are unknown until the engine starts.
_PLUGINS = frozenset({"--reasoning-parser-plugin", "--tool-parser-plugin"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offender:
    """One part of the command line that the release does not take, why, and what to write instead."""

    words: str
    why: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.words}: {self.why}" + (f"; {self.advice}" if self.advice else "")


def accepted(report: ProbeReport, name: str) -> Judgement:
    """Every argument is accepted; else all that are not are listed, each with what to write instead.

    Args:
        report: the answers to `vllm_qualify.arguments.parser_report.questions`.
        name: the command line's name there.
    """
    parsed, facts = report.parsed[name], report.facts
    late = _unknown_values(parsed, facts)
    if parsed.accepted and not late:
        unchecked = f"; only in the container, so not checked: {', '.join(parsed.unchecked)}"
        return Judgement(
            outcome=Outcome.PASSED,
            message=f"vLLM {facts.version} ({facts.entrypoint}) accepts every argument"
            + (unchecked if parsed.unchecked else ""),
            observations=(Observation(name="accepted arguments", value=len(split(parsed.argv))),),
        )
    offenders = (*_rejected(report, name), *late)
    if not offenders and _wants_file(parsed):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            message=(
                "the command line names a file with more arguments that is only in the container; write them "
                "into the manifest to have them checked: {_cut(parsed.error)}"
            ),
        )
    offenders = offenders or (_offender(parsed, facts),)
    return Judgement(
        outcome=Outcome.FAILED,
        message=f"vLLM {facts.version} ({facts.entrypoint}) does not accept " + " | ".join(map(str, offenders)),
        observations=tuple(Observation(name="not accepted", value=offender.words) for offender in offenders),
        diagnosis=_diagnosis(parsed, offenders),
    )


def control(report: ProbeReport) -> Judgement:
    """A flag that no release has is rejected; a parser that takes it would have accepted anything."""
    parsed = report.parsed[CONTROL]
    if not parsed.accepted and MADE_UP in parsed.error:
        return Judgement(outcome=Outcome.PASSED, message=f"a made-up flag is rejected: {_cut(parsed.error)}")
    said = "was accepted" if parsed.accepted else f"was not what stopped the parser ({_cut(parsed.error)})"
    return Judgement(
        outcome=Outcome.BROKEN,
        message=f"the probe proves nothing: a made-up flag {said}; report this with the release {report.facts.version}",
    )


def deprecated(report: ProbeReport, name: str) -> Judgement:
    """None of the arguments is on its way out; else the lines in which the release says so."""
    parsed, facts = report.parsed[name], report.facts
    used = {flag.dest: group for group in split(parsed.argv) if (flag := facts.find(group.flag)) and flag.deprecated}
    lines = [f"{group.flag} is deprecated; {_going(group, facts)}" for group in used.values()]
    echoes = {f"argument '{dest}' is deprecated" for dest in used}
    lines += [_cut(note) for note in parsed.notes if note not in echoes]
    if not lines and not parsed.accepted:
        return Judgement(outcome=Outcome.BLOCKED, message="the command line is not accepted, so there are no warnings")
    if not lines:
        return Judgement(outcome=Outcome.PASSED, message=f"vLLM {facts.version} warns about no argument")
    return Judgement(outcome=Outcome.WARNED, message=f"vLLM {facts.version} warns: " + " | ".join(lines))


def meaning(report: ProbeReport, name: str, *, model: str = "") -> Judgement:
    """Each value came through unchanged, and the model is the one that was asked for.

    Args:
        report: the answers of the parser.
        name: the command line's name there.
        model: the model that the operator wants; empty: the one that the command line names.
    """
    parsed, facts = report.parsed[name], report.facts
    if not parsed.accepted:
        return Judgement(outcome=Outcome.BLOCKED, message="the command line is not accepted, so it has no meaning")
    readings = argument_values.readings(parsed, facts)
    wrong = [f"{one.option} {one.given} is read as {one.value!r}" for one in readings if one.same is False]
    wrong += _other_model(parsed, facts, model)
    observations = tuple(Observation(name=one.option, value=_observable(one.value)) for one in readings)
    if wrong:
        return Judgement(outcome=Outcome.FAILED, message=" | ".join(wrong), observations=observations)
    if guessed := _guessed(parsed, facts):
        return Judgement(outcome=Outcome.WARNED, message=" | ".join(guessed), observations=observations)
    return Judgement(
        outcome=Outcome.PASSED,
        message=_all_same(readings, served_model(parsed, facts.entrypoint)),
        observations=observations,
    )


def served_model(parsed: Parsed, entrypoint: Entrypoint) -> str:
    """The model that the server would load: a positional one counts for ``vllm serve`` alone."""
    positional = parsed.values.get("model_tag") if entrypoint is Entrypoint.SERVE else None
    return str(positional or parsed.values.get("model") or "")


def _rejected(report: ProbeReport, name: str) -> tuple[_Offender, ...]:
    """The groups that fail alone. What fails only in validation may merely miss its partner, so that is no proof."""
    if report.parsed[name].accepted:
        return ()
    failed = (part for part in report.parts(name) if not part.accepted and part.stage == "parse")
    return tuple(_offender(part, report.facts) for part in failed if not _wants_file(part))


def _wants_file(parsed: Parsed) -> bool:
    return bool(_NO_FILE.search(f"{parsed.error_type} {parsed.error}"))


def _offender(parsed: Parsed, facts: ParserFacts) -> _Offender:
    unknown = parsed.error.removeprefix("unrecognized arguments: ")
    if unknown == parsed.error:
        return _Offender(words=_cut(" ".join(parsed.argv)), why=_cut(parsed.error), advice=_value_advice(parsed, facts))
    flag = next((word for word in unknown.split() if word.startswith("-")), "").partition("=")[0]
    if flag:
        return _Offender(words=flag, why="unknown", advice=_flag_advice(flag, facts))
    if parsed.argv[:1] in (("serve",), ("vllm",)):
        return _Offender(words=parsed.argv[0], why=f"the container starts {facts.entrypoint} anyway", advice="drop it")
    advice = f"write --model {unknown}" if facts.entrypoint is Entrypoint.API_SERVER else ""
    return _Offender(words=unknown, why="an argument without an option", advice=advice)


def _flag_advice(option: str, facts: ParserFacts) -> str:
    """What is known of an unknown option: when it went, when it came, or which one looks like it."""
    name = canonical(option)
    if change := flag_history.REMOVED.get(name):
        return f"removed by {change.release}: {change}"
    if change := flag_history.ADDED.get(name):
        return f"new in {change.release}: {change}"
    return _did_you_mean(name, [known for flag in facts.flags for known in flag.options], cutoff=0.75)


def _value_advice(parsed: Parsed, facts: ParserFacts) -> str:
    if "With `vllm serve`" in parsed.error:
        return "write the model first, without --model"
    group = split(parsed.argv)[0] if parsed.argv else Group()
    flag = facts.find(group.flag)
    return _did_you_mean(group.values[0], flag.choices) if flag and group.values else ""


def _did_you_mean(word: str, known: Sequence[str], *, cutoff: float = 0.6) -> str:
    """The known word that looks most like this one, as a question; empty when none looks like it."""
    near = suggestions.nearest(word, known, cutoff=cutoff)
    return f"did you mean {near}?" if near else ""


def _unknown_values(parsed: Parsed, facts: ParserFacts) -> tuple[_Offender, ...]:
    """Values that the parser lets through though the release has no such thing: it dies of them once it starts."""
    groups = split(parsed.argv)
    if not parsed.accepted or _PLUGINS & {canonical(group.flag) for group in groups}:
        return ()
    offenders = []
    for group in groups:
        flag = facts.find(group.flag)
        known = facts.known_values.get(flag.dest) if flag else None
        value = parsed.values.get(flag.dest) if flag else None
        if known and isinstance(value, str) and value and value.casefold() not in {one.casefold() for one in known}:
            why = "the parser accepts any text here, but the value is unknown to this release, which fails at startup"
            offenders.append(_Offender(words=_cut(str(group)), why=why, advice=_did_you_mean(value, known)))
    return tuple(offenders)


def _diagnosis(parsed: Parsed, offenders: Iterable[_Offender]) -> Diagnosis:
    remedy = "; ".join(f"{one.words}: {one.advice}" for one in offenders if one.advice)
    for sign, cause, title in _CAUSES:
        if sign in parsed.error:
            return Diagnosis(cause=cause, title=title, certainty=Certainty.CERTAIN, remedy=remedy)
    certainty = Certainty.PROBABLE if parsed.accepted else Certainty.CERTAIN
    return Diagnosis(cause="E19", title="the release does not accept a value", certainty=certainty, remedy=remedy)


def _going(group: Group, facts: ParserFacts) -> str:
    change = flag_history.REMOVED.get(canonical(group.flag))
    if change:
        return f"removed by {change.release}: {change}"
    flag = facts.find(group.flag)
    return _cut(flag.help) if flag and flag.help else "the release names no replacement"


def _guessed(parsed: Parsed, facts: ParserFacts) -> list[str]:
    """Abbreviations: argparse accepts them until a release adds another option that begins alike."""
    return [
        f"{group.flag} is read as {flag.options[0]} only because no other option starts like it; write it in full"
        for group in split(parsed.argv)
        if group.flag and (flag := facts.abbreviated(group.flag))
    ]


def _other_model(parsed: Parsed, facts: ParserFacts, wanted: str) -> list[str]:
    """Why the model is not the one that was asked for; empty when it is, or when none was asked for."""
    positional = str(parsed.values.get("model_tag") or "")
    named = next((group.values[0] for group in split(parsed.argv) if canonical(group.flag) == "--model"), positional)
    served, wanted = served_model(parsed, facts.entrypoint), wanted or named
    if not wanted or served == wanted:
        return []
    if positional == wanted and facts.entrypoint is Entrypoint.API_SERVER:
        ignored = f"{facts.entrypoint} accepts a model without --model but ignores it"
        return [f"the model would be {served}, not {wanted}: {ignored}; write --model {wanted}"]
    return [f"the model would be {served or 'none'}, not {wanted}"]


def _all_same(readings: Sequence[argument_values.OptionReading], served: str) -> str:
    unclear = [f"{one.option} {one.given} (read as {one.value!r})" for one in readings if one.same is None]
    message = f"{len(readings) - len(unclear)} values came through unchanged; the model is {served}"
    return message + (f"; cannot be compared: {', '.join(unclear)}" if unclear else "")


def _observable(value: Any) -> bool | float | str:
    return value if isinstance(value, bool | int | float | str) else json.dumps(value)


def _cut(text: str) -> str:
    """One line that fits a cell of the report."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
