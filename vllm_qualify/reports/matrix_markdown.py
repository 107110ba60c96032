"""The matrix for a pull request, a wiki or an e-mail: matrix.md, no longer than a comment on GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from vllm_qualify.core.outcomes import FAVOURABLE, Verdict
from vllm_qualify.core.records import Certainty, Diagnosis, Finding, Outcome, RunRecord
from vllm_qualify.reports import diagnosis as diagnoses
from vllm_qualify.reports import findings, fitting, markdown, matrix, sentences, text
from vllm_qualify.reports.fitting import Part
from vllm_qualify.reports.production import ProductionSummary

COMMENT_BYTES = 65_000
"""A little less than the 65,536 characters that a comment on GitHub takes, in bytes, which are never fewer."""
# A mark beside the word, so that the eye finds the row; the word alone carries the meaning. The gravest first.
_MARKS = {
    Outcome.FAILED: "❌",
    Outcome.BROKEN: "🔧",
    Outcome.INCONCLUSIVE: "❔",
    Outcome.BLOCKED: "⛔",
    Outcome.WARNED: "⚠️",
    Outcome.NOT_APPLICABLE: "⚪",
    Outcome.PASSED: "✅",
}
_STANDINGS = {"block": "❌", "warn": "⚠️", "note": "ℹ️", findings.WAIVED: "⚪"}  # noqa: RUF001 - the sign for a note
# In the order in which details are told where there is no room for all of them.
_VERDICTS = {
    Verdict.NOT_QUALIFIED: "❌",
    Verdict.BROKEN: "🔧",
    Verdict.INCONCLUSIVE: "❔",
    Verdict.QUALIFIED_WITH_WARNINGS: "⚠️",
    Verdict.QUALIFIED: "✅",
    Verdict.RULED_OUT: "⛔",
    Verdict.NOT_TRIED: "⚪",
}
_NAME, _CAUSE, _SENTENCE, _PARAGRAPH = 120, 200, 600, 1_500  # The most characters of each, before they are escaped.
_MOST_LINES = 12


def files(run: RunRecord) -> dict[str, bytes]:
    """The matrix as Markdown."""
    return {"matrix.md": page(run, limit=COMMENT_BYTES)}


def page(run: RunRecord, *, limit: int) -> bytes:
    """The matrix as Markdown of at most so many bytes, of which a head and a legend take up to 30,000.

    The table comes first and may take three fifths of what is left, then the findings, then what is told of each
    candidate. What does not fit is counted, and is in ``matrix.html``.
    """
    whole = matrix.of(run)
    head, legend = _joined(_head(whole)), _joined(_legend(whole))
    room = limit - len(head) - len(legend)
    table = _joined(_table(whole, room=room * 3 // 5))
    room -= len(table)
    found = _joined(_findings(whole.findings, room=room // 3)) if whole.findings else b""
    return head + table + found + _joined(_candidates(whole.rows, room=room - len(found))) + legend


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _told(content: str, most: int = _SENTENCE) -> str:
    return markdown.brief(content, most)


def _more(count: int, noun: str) -> list[str]:
    return [f"*{text.counted(count, f'more {noun}')} in matrix.html.*", ""] if count else []


def _head(whole: matrix.Matrix) -> list[str]:
    run = whole.run
    began = f"{run.started:%Y-%m-%d %H:%M} UTC"
    end = "" if run.finished else "; it was killed before its end"
    if run.finished:
        end = f", {text.duration((run.finished - run.started).total_seconds())}"
    facts = text.short("; ".join(f"{name}: {fact}" for name, fact in run.facts.items()), _PARAGRAPH)
    return [
        "# vLLM compatibility matrix",
        "",
        f"**{_told(whole.headline)}**",
        "",
        *(_production(whole.production) if whole.production else ()),
        f"Run {markdown.code(text.short(run.run, _NAME))} on {_told(run.target, _NAME)}, {began}{end}.",
        "",
        *([f"{markdown.escape(facts)}.", ""] if facts else []),
    ]


def _legend(whole: matrix.Matrix) -> list[str]:
    return [
        "<details><summary>How to read the outcomes</summary>",
        "",
        *(f"- {_MARKS[outcome]} **{outcome.value}**: {meaning}" for outcome, meaning in sentences.OUTCOMES.items()),
        f"- **not tried**: {sentences.NOT_TRIED}",
        *([f"- **advisories**: {_told(whole.credit)}"] if whole.credit else ()),
        "",
        "</details>",
    ]


def _production(production: ProductionSummary) -> list[str]:
    """An alert of GitHub's where somebody has to act; elsewhere it reads as a quotation."""
    said = _told(production.said, _PARAGRAPH)
    if production.alarming:
        # The remedy is our own text, with the command to copy in backticks.
        return ["> [!CAUTION]", f"> **{said}**", ">", f"> {text.sentence(production.remedy)}", ""]
    return ["> [!WARNING]", f"> {said}", ""] if production.warned else [said, ""]


def _findings(found: Sequence[Finding], *, room: int) -> list[str]:
    head = markdown.table(["", "rule", "where", "expected", "actual", "what to do"], ())
    told = _fitting([_line(_finding(finding)) for finding in found], [0] * len(found), room - 500)
    counted = [f"Found: {findings.counted(found)}.", "", *head, *told, ""]
    return ["## Before the run", "", *counted, *_more(len(found) - len(told), "finding")]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fitting(lines: Sequence[str], ranks: Sequence[int], room: int) -> list[str]:
    parts = [Part(rank=rank, blocks=(line,)) for line, rank in zip(lines, ranks, strict=True)]
    return [line for line, fits in zip(lines, fitting.fitting(parts, room), strict=True) if fits]


def _finding(finding: Finding) -> list[str]:
    standing = findings.standing(finding)
    certainty = "" if finding.certainty is Certainty.CERTAIN else f" ({finding.certainty.value})"
    advice = f"Waived: {finding.waived}" if finding.waived else finding.remedy
    cells = (f"{finding.id} {finding.title}{certainty}", findings.place(finding), finding.expected, finding.actual)
    return [f"{_STANDINGS[standing]} {standing}", *map(_told, (*cells, text.sentence(text.short(advice, _SENTENCE))))]


def _table(whole: matrix.Matrix, *, room: int) -> list[str]:
    """A row for each candidate; where there is no room for all, those that may be taken come first."""
    lines = [_line(_row(row)) for row in whole.rows]
    ranks = [0 if row.verdict in FAVOURABLE else 1 for row in whole.rows]
    said: list[str] = []
    if baseline := whole.baseline:
        said = [_told(text.sentence(baseline.said)), ""]
        if baseline.measured:
            asked = _requirements([cell for cell in baseline.cells if cell.outcome])
            lines.insert(0, _line([f"*{_told(baseline.name, _NAME)}*", "*compared with*", "", asked]))
            ranks.insert(0, -1)
    if whole.staying:
        said += [f"What staying costs: {_told(text.sentence(whole.staying))}", ""]
    head = markdown.table(["candidate", "verdict", "first cause", "requirements"], ())
    told = _fitting(lines, ranks, room - 10 * _SENTENCE - 300)
    return [*head, *told, "", *_more(len(lines) - len(told), "candidate"), *said]


def _row(row: matrix.Row) -> list[str]:
    verdict = f"{_VERDICTS[row.verdict]} **{sentences.VERDICTS[row.verdict]}**"
    return [f"**{_told(row.name, _NAME)}**", verdict, _first_cause(row), _requirements(row.cells)]


def _first_cause(row: matrix.Row) -> str:
    if not row.reasons:
        return _told(row.candidate.aside.reason, _CAUSE) if row.candidate.aside else ""
    return _told(f"{row.reasons[0].case}: {row.reasons[0].brief}", _CAUSE)


def _requirements(cells: Sequence[matrix.Cell]) -> str:
    """The requirements by what they came to, the gravest first."""
    groups: dict[Outcome | None, list[str]] = {}
    for cell in cells:
        name = f"{_told(cell.requirement, _NAME)}{' in part' if cell.partly else ''}"
        groups.setdefault(cell.outcome, []).append(name)
    known = ((outcome, groups[outcome]) for outcome in (*_MARKS, None) if outcome in groups)
    return "; ".join(f"{_outcome(outcome)}: {markdown.listed(names)}" for outcome, names in known)


def _outcome(outcome: Outcome | None) -> str:
    return f"{_MARKS[outcome]} {outcome.value}" if outcome else "not tried"


def _candidates(rows: Sequence[matrix.Row], *, room: int) -> list[str]:
    parts = [Part(rank=tuple(_VERDICTS).index(row.verdict), blocks=tuple(_blocks(row))) for row in rows]
    fit = fitting.fitting(parts, room - 100)
    lines: list[str] = []
    for part, told in zip(parts, fit, strict=True):
        lines += part.blocks[:told]
        lines += _more(len(part.blocks) - told, "part") if told else []
    return [*lines, *_more(fit.count(0), "candidate")]


def _blocks(row: matrix.Row) -> Iterator[str]:
    """What is told of a candidate: what it is, each reason by itself, then what was not shown."""
    stand_in = row.candidate.stand_in
    lines = [f"## {_told(row.candidate.image, _NAME)}", "", _told(text.sentence(row.summary)), ""]
    if stand_in and stand_in.note:
        lines += [f"Stand-in: {_told(text.sentence(stand_in.note))}", ""]
    if row.advisories:
        lines += [f"Advisories: {_told(text.sentence(row.advisories))}", ""]
    yield "\n".join(lines)
    for reason in row.reasons:
        yield "\n".join(_reason(reason))
    if rest := [*_unshown(row)]:
        yield "\n".join(rest)


def _unshown(row: matrix.Row) -> Iterator[str]:
    if row.blocked:
        yield from (f"Blocked by what came before: {_names(row.blocked)}.", "")
    if row.not_shown:
        yield from ("Not shown here:", "", *map(_hidden, row.not_shown), "")
    if row.not_tried:
        yield from (f"Not tried: {markdown.listed([_told(name, _NAME) for name in row.not_tried])}.", "")


def _hidden(hidden: matrix.NotShown) -> str:
    name = f"**{_told(hidden.requirement, _NAME)}**{' (in part)' if hidden.partly else ''}"
    return f"- {name}: {_told(text.sentence(hidden.reason))}"


def _names(names: Sequence[str]) -> str:
    return markdown.listed([markdown.code(text.short(name, _NAME)) for name in names])


def _reason(reason: matrix.Reason) -> list[str]:
    lines = [f"### {_MARKS[reason.outcome]} {_told(reason.case, _NAME)} {reason.outcome.value}", ""]
    lines += [_told(text.sentence(reason.message)), ""] if reason.message else []
    lines += _diagnosis(reason.diagnosis) if reason.diagnosis else []
    if reason.also:
        lines += [f"The same cause: {_names(reason.also)}.", ""]
    if reason.evidence:
        # A comment has no folder beside it that a link could lead to.
        kept = markdown.listed([markdown.code(text.short(one.path, 2 * _NAME)) for one in reason.evidence])
        lines += [f"Evidence: {kept}", ""]
    return lines


def _diagnosis(diagnosis: Diagnosis) -> list[str]:
    lines = [f"**{_told(diagnosis.title)}** ({_told(diagnosis.cause, _NAME)}; {diagnoses.standing(diagnosis)})", ""]
    if diagnosis.lines:
        content = [f"{line.number:>6}  {_clipped(line.text)}" for line in diagnosis.lines[:_MOST_LINES]]
        content += [f"{'':>6}  {_clipped(line)}" for line in diagnoses.further(diagnosis)[:_MOST_LINES]]
        fence = "`" * (2 + max(map(len, re.findall("`+", "\n".join(["`", *content])))))
        lines += [fence + "text", *content, fence, ""]
    lines += [f"Where: {_told(diagnosis.origin)}", ""] if diagnosis.origin else []
    lines += [f"What to do: {_told(diagnosis.remedy)}", ""] if diagnosis.remedy else []
    # As code, because GitHub would tell the authors of an issue about every report that names it.
    return (
        [*lines, f"Source: {markdown.code(text.short(diagnosis.reference, _SENTENCE))}", ""]
        if diagnosis.reference
        else lines
    )


def _clipped(line: str) -> str:
    safe = text.clean(line)
    return safe if len(safe) <= _SENTENCE // 2 else f"{safe[: _SENTENCE // 2]}…"
