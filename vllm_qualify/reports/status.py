"""What ``vllm-qualify status`` says: of each verdict whether it still holds, as text and as JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vllm_qualify.core import fact_names, outcomes, redaction, verdict_facts
from vllm_qualify.core.fact_names import ARGUMENTS, ENVIRONMENT
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.standing import FactChange, Standing, StandingState, UnknownFact
from vllm_qualify.reports import plain, sentences, text
from vllm_qualify.reports.judged import JudgedImage

EXIT_UNDECIDED = outcomes.EXIT_UNDECIDED
_UNFAVOURABLE = frozenset({Verdict.NOT_QUALIFIED, Verdict.RULED_OUT})
# Where the next option, mode or variable of a command line or an environment begins.
_PARTS = re.compile(r"(?<!\s)\s++(?=--?[A-Za-z]|\w+: |[A-Za-z_]\w*(?:=| from elsewhere))")
_MODE = re.compile(r"(\w+):(?:\s+|\Z)")
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusDocument:
    """Whether one verdict still holds.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        image: the image as it was named.
        target: what it was judged on; empty where it never was.
        node: where that was: context and node of a cluster, host of an engine elsewhere, else GPUs or processor; empty
            where the run did not record it.
        verdict: what the run said of it; null where the image was never judged.
        judged: when that run began, in UTC; null where the image was never judged.
        run: its name; empty where the image was never judged.
        standing: whether the verdict holds, has expired, or nobody can tell; null where there is none.
        changed: the facts that are no longer as they were.
        unknown: the facts of which nobody can say whether they changed.
        holds_for: the facts that the verdict holds for, by name.
        undecided_since: the newest later run that left the image open; empty where none did.
    """

    schema: Literal[1]
    image: str
    target: str
    node: str
    verdict: Verdict | None
    judged: datetime | None
    run: str
    standing: StandingState | None
    changed: tuple[FactChange, ...]
    unknown: tuple[UnknownFact, ...]
    holds_for: dict[str, str]
    undecided_since: str


def document(image: JudgedImage, standing: Standing) -> StatusDocument:
    """What has become of a verdict."""
    return plain.like(
        StatusDocument,
        image,
        schema=1,
        standing=standing.state,
        changed=standing.changed,
        unknown=standing.unknown,
        holds_for=dict(image.holds_for),
    )


def never(image: str) -> StatusDocument:
    """An image that was asked about and never judged."""
    return StatusDocument(
        schema=1,
        image=image,
        target="",
        node="",
        verdict=None,
        judged=None,
        run="",
        standing=None,
        changed=(),
        unknown=(),
        holds_for={},
        undecided_since="",
    )


def values(one: StatusDocument) -> dict[str, Any]:
    """A document as plain values, before they become JSON; without what a terminal cannot take."""
    made: dict[str, Any] = plain.of(one, redaction.clean)
    return made


def exit_code(documents: Iterable[StatusDocument]) -> int:
    """0 where all hold and are favourable, 1 where one has expired or does not qualify, else 10."""
    codes = {_code(one) for one in documents}
    return next((code for code in (1, EXIT_UNDECIDED) if code in codes), 0 if codes else EXIT_UNDECIDED)


def _code(one: StatusDocument) -> int:
    if one.standing is StandingState.EXPIRED or one.verdict in _UNFAVOURABLE:
        return outcomes.EXIT_NOT_QUALIFIED
    return 0 if one.standing is StandingState.HOLDS and one.verdict in outcomes.FAVOURABLE else EXIT_UNDECIDED


def people(documents: Sequence[StatusDocument], *, brief: bool = False) -> str:
    """The verdicts as text, one below the other; each ends with what to do.

    Args:
        documents: the verdicts.
        brief: one line each.
    """
    if brief:
        return "".join(f"{next(_lines(one))}\n" for one in documents)
    return "\n".join("".join(f"{line}\n" for line in _lines(one)) for one in documents)


def _lines(one: StatusDocument) -> Iterator[str]:
    if one.verdict is None or one.judged is None:
        yield f"{text.one_line(one.image)}: was never judged in these runs"
        yield f"  next: {_again(one)}"
        return
    where = f"{one.target} ({one.node})" if one.node else one.target
    state = {StandingState.HOLDS: "still holds", StandingState.EXPIRED: "EXPIRED"}.get(
        one.standing or StandingState.CANNOT_TELL, "cannot tell whether it holds"
    )
    said = f"{sentences.VERDICTS[one.verdict]} on {one.judged:%Y-%m-%d} on {text.one_line(where)}"
    yield f"{text.one_line(one.image)}: {said}: {state}"
    yield f"  run {one.run}" + (f"; run {one.undecided_since} left it open since" if one.undecided_since else "")
    for change in one.changed:
        yield f"  changed: {change.fact}: {difference(change)}"
    for why in dict.fromkeys(each.why for each in one.unknown):
        names = ", ".join(each.fact for each in one.unknown if each.why == why)
        yield f"  unknown: {names}: {text.one_line(why)}"
    if told := verdict_facts.told(one.holds_for):
        yield f"  {text.one_line(told)}"
    if one.standing is not StandingState.HOLDS:
        yield f"  next: {_again(one)}"


def _again(one: StatusDocument) -> str:
    run_again = f"qualify it again: pytest --image {text.one_line(one.image)}"
    if one.standing is StandingState.CANNOT_TELL and any(each.fact == fact_names.DIGEST for each in one.unknown):
        return f"look its digest up with --registry or --engine, or {run_again}"
    return run_again


def difference(change: FactChange) -> str:
    """What changed: of a command line or an environment only the parts that did."""
    was, now = verdict_facts.words_of(change.was), verdict_facts.words_of(change.now)
    if change.fact in {ARGUMENTS, ENVIRONMENT}:
        before, after = tuple(_parts(was)), tuple(_parts(now))
        was = ", ".join(one for one in before if one not in after)
        now = ", ".join(one for one in after if one not in before)
        if not was and not now:
            return "differs in a value that is not shown"
    return f"was {_cut(was) or 'not there'}, is {_cut(now) or 'not there'}"


def _parts(words: str) -> Iterator[str]:
    """Each option or variable with the mode that it belongs to."""
    mode = ""
    for part in _PARTS.split(words):
        if named := _MODE.match(part):
            mode, part = named[1], part[named.end() :]  # noqa: PLW2901 - what follows the name of the mode.
        if part:
            yield f"{mode}: {part.removesuffix(';')}"


def _cut(words: str) -> str:
    line = text.one_line(words)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
