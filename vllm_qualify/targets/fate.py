"""What became of the engine that serves, found out once and told once; for ``candidate``."""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.checks import Death, Hang, blame, interfered, unplanned
from vllm_qualify.checks.integrity.degenerate import Said
from vllm_qualify.core.records import Judgement
from vllm_qualify.targets.base import Client, Deployment, Unavailable
from vllm_qualify.targets.patient_client import PatientClient, UnplannedNotes


class Fate:
    """Of one start; mutable because engines die, hang and come back.

    Args:
        deployment: is looked at.
        model: that it serves.

    Attributes:
        lost: why nothing more can be asked of it; ``""`` while something can.
        interference: it cannot be told what became of it, since somebody else had a hand in it.
    """

    def __init__(self, deployment: Deployment, *, model: str) -> None:
        self._deployment = deployment
        self._model = model
        self._found: Death | Hang | None = None
        self._notes = UnplannedNotes()
        self._told = False
        self.lost = ""
        self.interference = ""

    @property
    def client(self) -> Client:
        """Asks what serves, and looks whether it lives where that fails.

        Raises:
            Unavailable: nothing does.
        """
        return PatientClient(self._deployment.client, lives=self._lives, notes=self._notes)

    def judged(self, judgement: Judgement, *, during: str) -> Judgement:
        """The judgement of a case, once it is known what became of the engine and what went beside the plan.

        Args:
            judgement: of the answers.
            during: the case, for the message of those that are blocked by what happened in it.
        """
        asked = self._notes.take()
        judged = blame(unplanned.told(judgement, asked), self._end(during), unanswered=bool(asked.unanswered))
        if not self.interference or self._told:
            return judged
        self._told = True
        return interfered(judged, self.interference)

    @property
    def said(self) -> Sequence[Said]:
        """What was answered so far, whole answers to questions in words."""
        return self._notes.said

    def ended(self, why: str) -> Fate:
        """The same, of which nothing can be asked any more."""
        self.lost = self.lost or why
        return self

    def verify(self) -> None:
        """Look before anything is asked whether what serves is still what was started.

        Raises:
            Unavailable: it is not; nothing more is asked of it.
        """
        try:
            self._deployment.verify()
        except Unavailable as error:
            self.lost = self.interference = str(error)
            raise

    def _end(self, during: str) -> Death | Hang | None:
        """What became of the engine, once; unless it came back, nothing more is asked of it from then on."""
        if self.lost:
            return None
        self._look()
        found, self._found = self._found, None
        if found is not None and not _over(found):
            word = found.word if isinstance(found, Death) else "hung"
            self.lost = f"the engine {word} in {during}: {found.reason}"
        return found

    def _lives(self, computing: bool) -> bool:  # noqa: FBT001 (a callback of one argument)
        """Look whether the engine lives while a case still asks; what is found is told at its end."""
        if not self.lost:
            self._look(computing=computing)
        return not self.lost and (self._found is None or _over(self._found))

    def _look(self, *, computing: bool = False) -> None:
        """What was found to have ended stays so; what came back from a hang is looked at again."""
        if self._found is not None and not _over(self._found):
            return
        try:
            self._found = self._deployment.end(model=self._model if computing else "") or self._found
        except Unavailable as error:
            self.lost = self.interference = str(error)


def _over(found: Death | Hang) -> bool:
    return isinstance(found, Hang) and found.over
