"""The matrix for a reader: matrix.html, one file that needs no network, no script and no font of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from vllm_qualify.core.records import CaseRecord, Outcome, RunRecord
from vllm_qualify.reports import bars, diagnosis, findings, matrix, sentences, text, timeline
from vllm_qualify.reports.production import clock


def coded(content: str) -> Markup:
    """The text with what stands in backticks, such as a command to copy, set as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(content))))  # noqa: S704 - escaped before


_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("vllm_qualify.reports"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "clean": text.clean,
    "clock": clock,
    "code": coded,
    "duration": text.duration,
    "limit": text.limit,
    "path": quote,
    "sentence": text.sentence,
    "value": text.value,
}
# What a reader wants to see at once; the details of a plain pass can wait for a click.
_OPEN = frozenset({Outcome.FAILED, Outcome.BROKEN, Outcome.INCONCLUSIVE, Outcome.WARNED})


def files(run: RunRecord) -> dict[str, bytes]:
    """The matrix as a page."""
    whole = matrix.of(run)
    page = _TEMPLATES.get_template("matrix.html.j2").render(
        matrix=whole,
        production=whole.production,
        run=run,
        timeline=timeline.of(run, whole.production),
        anchor=anchor,
        bullet=bars.bullet,
        further=diagnosis.further,
        grouped=grouped,
        counted=findings.counted,
        meanings=sentences.OUTCOMES,
        not_tried=sentences.NOT_TRIED,
        opened=_OPEN,
        phases=bars.phases,
        place=findings.place,
        standing=findings.standing,
        trust=diagnosis.standing,
        verdicts=sentences.VERDICTS,
        within=text.within,
        word=sentences.outcome,
    )
    return {"matrix.html": text.clean(page).encode()}


def anchor(*parts: str) -> str:
    """An id for a place in the page that is the same in every report of the same things."""
    return re.sub(r"[^a-zA-Z0-9_.-]+", "-", "-".join(parts)).strip("-") or "here"


def grouped(cases: Iterable[CaseRecord]) -> dict[str, list[CaseRecord]]:
    """The cases by requirement, in the order in which each requirement came first."""
    groups: dict[str, list[CaseRecord]] = {}
    for case in cases:
        groups.setdefault(case.requirement, []).append(case)
    return groups
