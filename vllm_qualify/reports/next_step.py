"""What to do with a run: the command that prepares the upgrade which it allows. Pure; for the page."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from vllm_qualify.core import outcomes
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import CandidateRecord, RunRecord
from vllm_qualify.reports import sentences
from vllm_qualify.upgrade import chosen_candidate

_FOLDER = "reports"
"""Where a run lies unless it was told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """A command to copy.

    Attributes:
        image: the candidate that it is for.
        title: what it leads to.
        command: as a shell takes it.
        note: what it does, and what stands in the way.
    """

    image: str
    title: str
    command: str
    note: str


def of(run: RunRecord) -> NextStep | None:
    """The command for the newest candidate that qualified.

    ``None`` where none did, and where production is not back: that comes first, and the page says so.
    """
    good = [candidate for candidate in run.candidates if chosen_candidate.qualified(candidate)]
    if not good or not outcomes.put_back(run):
        return None
    words = ["vllm-qualify", "plan", f"{_FOLDER}/{run.run}"]
    try:
        candidate = chosen_candidate.chosen(run)
    except UserError:
        # Their tags do not say which is the newest, so the command names one.
        candidate = good[-1]
        words += ["--image", candidate.image]
    return NextStep(
        image=candidate.image,
        title=f"Upgrade to {sentences.short_name(candidate)}",
        command=shlex.join(words),
        note=_note(candidate),
    )


def _note(candidate: CandidateRecord) -> str:
    apply = "kubectl apply"
    if engine := candidate.facts.get("container engine"):
        apply = f"{engine} compose up"
    steps = f"git apply and {apply}" if candidate.stand_in is None else "git apply"
    what = (
        "run it where qualify.toml is, with the folder of this page; it writes the patch and the way back into that "
        f"folder, and prints the commands of both, such as {steps}"
    )
    if candidate.stand_in is not None:
        what += f"; {candidate.stand_in} stood in for the image, so qualify on the GPU before you upgrade"
    return what
