"""The matrix for a reader: matrix.html, one file that needs no network and no font, and no script to be read."""

from __future__ import annotations

from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, RunRecord
from vllm_qualify.reports import (
    bars,
    matrix,
    matrix_markdown,
    next_step,
    page_parts,
    pictures,
    sentences,
    text,
    timeline,
)
from vllm_qualify.reports.page_links import USUAL, PageLinks

# What a reader wants to see at once; the list of reasons has a line of each warning, and a pass can wait for a click.
_OPEN = frozenset({Outcome.FAILED, Outcome.BROKEN, Outcome.INCONCLUSIVE})
_TOLD = _OPEN | {Outcome.WARNED}


def files(run: RunRecord, links: PageLinks = USUAL) -> dict[str, bytes]:
    """The matrix as a page, with links to what lies beside it."""
    pasted = matrix_markdown.files(run)["matrix.md"].decode()
    run = links.of(run)
    whole = matrix.of(run)
    hidden, step = matrix.hidden(whole.rows), next_step.of(run)
    style, script = page_parts.inline("style.css"), page_parts.inline("page.js")
    page = page_parts.TEMPLATES.get_template("matrix.html.j2").render(
        matrix=whole,
        production=whole.production,
        run=run,
        next_step=step,
        closes=next((row.advisories for row in whole.rows if step and row.candidate.image == step.image), ""),
        hidden=hidden,
        hidden_names=dict.fromkeys(f"{one.requirement}{' in part' if one.partly else ''}" for one in hidden),
        timeline=timeline.of(run, whole.production),
        anchor=page_parts.PageAnchors(),
        bare=bare,
        counts=counts,
        grouped=matrix.grouped,
        holds_for=sentences.holds_for,
        links=links,
        markdown=pasted,
        meanings=sentences.OUTCOMES,
        memory=pictures.memory,
        not_tried=sentences.NOT_TRIED,
        observed=observed,
        opened=_OPEN,
        phases=bars.phases,
        policy=page_parts.policy(style=style, script=script),
        rates=pictures.rates,
        repeats=repeats,
        script=script,
        style=style,
    )
    return {"matrix.html": text.clean(page).encode()}


def bare(case: CaseRecord) -> bool:
    """There is nothing to it but its words and figures, so a line of each will do."""
    return case.outcome not in _TOLD and not (case.evidence or case.diagnosis or pictures.changed(case))


def observed(case: CaseRecord) -> str:
    """What was observed, in a line: ``total 67 s (at most 120); weights 1.4 s``."""
    seen = ((f"{one.name} {text.value(one)}", text.limit(one.limit)) for one in case.observations)
    return "; ".join(f"{said} ({limit})" if limit else said for said, limit in seen)


def counts(candidate: CandidateRecord) -> str:
    """How many cases came to which outcome: ``38 passed, 1 failed and 3 blocked``."""
    return text.listing(
        f"{number} {sentences.short_outcome(outcome)}"
        for outcome in sentences.OUTCOMES
        if (number := sum(case.outcome is outcome for case in candidate.cases))
    )


def repeats(row: matrix.Row) -> dict[str, str]:
    """Cases whose diagnosis was told of an earlier one, by that one."""
    return {case: reason.case for reason in row.reasons for case in reason.also}
