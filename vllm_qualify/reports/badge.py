"""The run as a badge: badge.json, in the form that an endpoint badge of shields.io reads."""

from __future__ import annotations

from vllm_qualify.core import outcomes
from vllm_qualify.core.outcomes import EXIT_NOT_QUALIFIED, FAVOURABLE, Verdict
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import plain, production, sentences, text

_MOST = 60  # Characters: a badge is one line beside others.


def files(run: RunRecord) -> dict[str, bytes]:
    """The badge; whoever keeps it where it can be fetched has it drawn."""
    message, color = _said(run)
    badge = {"schemaVersion": 1, "label": "vLLM", "message": text.short(message, _MOST), "color": color}
    return {"badge.json": plain.dumped(badge)}


def _said(run: RunRecord) -> tuple[str, str]:
    """What the run says in a few words, and in which colour: the newest that qualifies, or that none does."""
    where = production.of(run)
    if where is not None and where.alarming:
        return "production is not back", "red"
    good = [one for one in run.candidates if outcomes.verdict(one) in FAVOURABLE]
    if not good:
        if outcomes.exit_code(run) != EXIT_NOT_QUALIFIED:
            return "undecided", "lightgrey"
        tried = [one for one in run.candidates if one.aside is None]
        if len(tried) == 1:
            return f"{sentences.short_name(tried[0])} did not qualify", "red"
        return f"none of {len(tried)} candidates qualified", "red"
    newest = sentences.newest(good) if len(good) > 1 else good[0]
    name = sentences.short_name(newest) if newest else f"{len(good)} of {len(run.candidates)}"
    verdicts = {outcomes.verdict(one) for one in ([newest] if newest else good)}
    if Verdict.QUALIFIED_WITH_WARNINGS in verdicts:
        return f"{name} qualified with warnings", "yellow"
    return f"{name} qualified", "brightgreen"
