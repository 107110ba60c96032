"""What a failure is worth that the baseline shows as well: it speaks against no upgrade. Pure."""

from __future__ import annotations

from dataclasses import replace

from vllm_qualify.core.records import CaseRecord, Judgement, Outcome


def softened(judgement: Judgement, was: CaseRecord | None, *, who: str) -> Judgement:
    """The judgement of a case that the baseline was asked too; what failed there as well is a warning.

    Args:
        judgement: of the candidate, which lives: a death is a failure whatever the baseline did.
        was: the same case on the baseline; ``None`` where it was not asked.
        who: the baseline, in words.
    """
    if judgement.outcome is not Outcome.FAILED or was is None or was.outcome is not Outcome.FAILED:
        return judgement
    said = f"{judgement.message}; {who} does the same today, so it speaks against no upgrade"
    return replace(judgement, outcome=Outcome.WARNED, message=said)
