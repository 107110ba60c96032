"""A comparison as Markdown, for a pull request or an issue. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vllm_qualify.reports import compare, compare_words, text
from vllm_qualify.reports.compare import AnswerChange, CandidatePair, Comparison, RunDifference
from vllm_qualify.reports.compare_rules import ChangeStanding
from vllm_qualify.reports.markdown import escape, table


def render(comparison: Comparison) -> str:
    """The comparison as Markdown; what is the same is only counted."""
    before, after = comparison.before, comparison.after
    lines = [f"# {escape(before.run)} and {escape(after.run)}", "", f"**{compare.headline(comparison)}**", ""]
    if comparison.conditions:
        lines += [f"{compare_words.CARE}:", "", *_differences(comparison.conditions), ""]
    for pair in comparison.differences:
        lines += _section(pair)
    for where, images in (("earlier", comparison.only_before), ("later", comparison.only_after)):
        lines += [f"Only in the {where} run: {text.listing(map(escape, images))}.", ""] if images else []
    return "\n".join(lines)


def _differences(conditions: Iterable[RunDifference]) -> list[str]:
    return table(["", "before", "after"], [list(map(escape, (one.name, one.before, one.after))) for one in conditions])


def _section(pair: CandidatePair) -> list[str]:
    lines = [f"## {escape(pair.name)}", ""]
    for word, said in zip(("Before", "After"), compare_words.verdicts(pair), strict=True):
        lines += [f"{word}: {escape(said)}", ""]
    lines += [*_differences(pair.conditions), ""] if pair.conditions else []
    for standing in (ChangeStanding.WORSE, ChangeStanding.BETTER, ChangeStanding.CANNOT_TELL):
        lines += _group(pair, standing)
    if same := compare_words.counted(pair, ChangeStanding.SAME):
        lines += [f"Same: {same}.", ""]
    return [*lines, *_answers(pair.answers)]


def _group(pair: CandidatePair, standing: ChangeStanding) -> list[str]:
    rows = compare_words.rows(pair, standing)
    if not rows:
        return []
    cells = [
        list(map(escape, (one.what, one.before, one.after, "; ".join(filter(None, (one.difference, one.note))))))
        for one in rows
    ]
    return [f"### {standing.words.capitalize()}", "", *table(["", "before", "after", "difference"], cells), ""]


def _answers(answers: Iterable[AnswerChange]) -> list[str]:
    rows = [
        list(map(escape, (f"{one.case} {one.document}", one.before, one.after, one.standing.words))) for one in answers
    ]
    return ["### Answers that changed", "", *table(["", "before", "after", ""], rows), ""] if rows else []
