"""The matrix for a pull request or a wiki: matrix.md, in the tables of GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from vllm_qualify.core.records import Certainty, Diagnosis, Evidence, Finding, Outcome, RunRecord
from vllm_qualify.reports import diagnosis as diagnoses
from vllm_qualify.reports import findings, matrix, sentences, text
from vllm_qualify.reports.production import ProductionSummary

_SPECIAL = re.compile(r"([\\`*_\[\]|~#$])")
# A mark beside the word, so that the eye finds the row; the word alone carries the meaning.
_MARKS = {
    Outcome.PASSED: "✅",
    Outcome.WARNED: "⚠️",
    Outcome.FAILED: "❌",
    Outcome.INCONCLUSIVE: "❔",
    Outcome.NOT_APPLICABLE: "⚪",
    Outcome.BLOCKED: "⛔",
    Outcome.BROKEN: "🔧",
}
_STANDINGS = {"block": "❌", "warn": "⚠️", "note": "ℹ️", findings.WAIVED: "⚪"}  # noqa: RUF001 - the sign for a note


def files(run: RunRecord) -> dict[str, bytes]:
    """The matrix as Markdown."""
    whole = matrix.of(run)
    lines = [
        "# vLLM compatibility matrix",
        "",
        f"**{escape(whole.headline)}**",
        "",
        *(_production(whole.production) if whole.production else ()),
        *_head(run),
        "",
        *_table(whole),
        "",
        *(_baseline(whole.baseline) if whole.baseline else ()),
        *([f"What staying costs: {escape(text.sentence(whole.staying))}", ""] if whole.staying else ()),
        *(_findings(whole.findings) if whole.findings else ()),
        *(line for row in whole.rows for line in _candidate(row)),
        "## How to read the outcomes",
        "",
        *(f"- {_MARKS[outcome]} **{outcome.value}**: {meaning}" for outcome, meaning in sentences.OUTCOMES.items()),
        f"- **not tried**: {sentences.NOT_TRIED}",
        *([f"- **advisories**: {escape(whole.credit)}"] if whole.credit else ()),
    ]
    return {"matrix.md": ("\n".join(lines) + "\n").encode()}


def escape(content: str) -> str:
    """The text on one line, with nothing in it that Markdown would take for its own."""
    safe = text.one_line(content).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", safe)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _head(run: RunRecord) -> list[str]:
    began = f"{run.started:%Y-%m-%d %H:%M} UTC"
    end = "" if run.finished else "; it was killed before its end"
    if run.finished:
        end = f", {text.duration((run.finished - run.started).total_seconds())}"
    facts = "; ".join(f"{escape(name)}: {escape(fact)}" for name, fact in run.facts.items())
    return [f"Run {code(run.run)} on {escape(run.target)}, {began}{end}.", *(["", f"{facts}."] if facts else [])]


def _production(production: ProductionSummary) -> list[str]:
    """An alert of GitHub's where somebody has to act; elsewhere it reads as a quotation."""
    said = escape(production.said)
    if production.alarming:
        # The remedy is our own text, with the command to copy in backticks.
        return ["> [!CAUTION]", f"> **{said}**", ">", f"> {text.sentence(production.remedy)}", ""]
    return ["> [!WARNING]", f"> {said}", ""] if production.warned else [said, ""]


def _findings(found: Sequence[Finding]) -> list[str]:
    head = ["", "rule", "where", "expected", "actual", "what to do"]
    return ["## Before the run", "", f"Found: {findings.counted(found)}.", "", *table(head, map(_finding, found)), ""]


def _finding(finding: Finding) -> list[str]:
    standing = findings.standing(finding)
    certainty = "" if finding.certainty is Certainty.CERTAIN else f" ({finding.certainty.value})"
    advice = f"Waived: {finding.waived}" if finding.waived else finding.remedy
    cells = (f"{finding.id} {finding.title}{certainty}", findings.place(finding), finding.expected, finding.actual)
    return [f"{_STANDINGS[standing]} {standing}", *map(escape, (*cells, text.sentence(advice)))]


def _table(whole: matrix.Matrix) -> list[str]:
    head = ["candidate", *(escape(requirement.id) for requirement in whole.requirements), "verdict"]
    rows = [
        [f"**{escape(row.name)}**", *map(_cell, row.cells), f"**{sentences.VERDICTS[row.verdict]}**"]
        for row in whole.rows
    ]
    if whole.baseline and whole.baseline.measured:
        rows.insert(0, [f"*{escape(whole.baseline.name)}*", *map(_asked, whole.baseline.cells), "*compared with*"])
    return table(head, rows)


def _asked(cell: matrix.Cell) -> str:
    """Of the baseline a requirement without a case was not forgotten: it is not asked what cannot be compared."""
    return _cell(cell) if cell.outcome else ""


def _baseline(row: matrix.BaselineRow) -> list[str]:
    return [escape(text.sentence(row.said)), ""]


def _cell(cell: matrix.Cell) -> str:
    if cell.outcome is None:
        return "not tried"
    return f"{_MARKS[cell.outcome]} {cell.outcome.value}{' in part' if cell.partly else ''}"


def _candidate(row: matrix.Row) -> list[str]:
    stand_in = row.candidate.stand_in
    lines = [f"## {escape(row.candidate.image)}", "", f"{escape(text.sentence(row.summary))}", ""]
    if stand_in and stand_in.note:
        lines += [f"Stand-in: {escape(text.sentence(stand_in.note))}", ""]
    lines += [f"Advisories: {escape(text.sentence(row.advisories))}", ""] if row.advisories else []
    for reason in row.reasons:
        lines += _reason(reason)
    if row.blocked:
        lines += [f"Blocked by what came before: {text.listing(map(code, row.blocked))}.", ""]
    if row.not_shown:
        lines += ["Not shown here:", ""]
        lines += [_hidden(hidden) for hidden in row.not_shown]
        lines += [""]
    if row.not_tried:
        lines += [f"Not tried: {text.listing(map(escape, row.not_tried))}.", ""]
    return lines


def _hidden(hidden: matrix.NotShown) -> str:
    name = f"**{escape(hidden.requirement)}**{' (in part)' if hidden.partly else ''}"
    return f"- {name}: {escape(text.sentence(hidden.reason))}"


def _reason(reason: matrix.Reason) -> list[str]:
    lines = [f"### {_MARKS[reason.outcome]} {escape(reason.case)} {reason.outcome.value}", ""]
    lines += [escape(text.sentence(reason.message)), ""] if reason.message else []
    lines += _diagnosis(reason.diagnosis) if reason.diagnosis else []
    if reason.also:
        lines += [f"The same cause: {text.listing(map(code, reason.also))}.", ""]
    if reason.evidence:
        lines += [f"Evidence: {text.listing(map(_link, reason.evidence))}", ""]
    return lines


def _diagnosis(diagnosis: Diagnosis) -> list[str]:
    lines = [f"**{escape(diagnosis.title)}** ({escape(diagnosis.cause)}; {diagnoses.standing(diagnosis)})", ""]
    if diagnosis.lines:
        content = [f"{line.number:>6}  {text.clean(line.text)}" for line in diagnosis.lines]
        content += [f"{'':>6}  {line}" for line in diagnoses.further(diagnosis)]
        fence = "`" * (2 + max(map(len, re.findall("`+", "\n".join(["`", *content])))))
        lines += [fence + "text", *content, fence, ""]
    lines += [f"Where: {escape(diagnosis.origin)}", ""] if diagnosis.origin else []
    lines += [f"What to do: {escape(diagnosis.remedy)}", ""] if diagnosis.remedy else []
    # As code, because GitHub would tell the authors of an issue about every report that names it.
    return [*lines, f"Source: {code(diagnosis.reference)}", ""] if diagnosis.reference else lines


def code(content: str) -> str:
    """The text as code, whatever it contains; a table cell may hold it."""
    safe = text.one_line(content).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", safe)), default=0))
    pad = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _link(evidence: Evidence) -> str:
    return f"[{escape(evidence.name)}]({quote(evidence.path)})"
