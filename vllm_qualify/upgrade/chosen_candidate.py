"""Which candidate of a run becomes production, and what its run says that it needs. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vllm_qualify.core import images, outcomes
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.outcomes import EXIT_NOT_QUALIFIED
from vllm_qualify.core.records import CandidateRecord, RunRecord
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.diagnosis import table

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class NotQualified(UserError, ValueError):
    """A run in which the candidate that was asked for, or every one, did not qualify; the message says so."""

    exit_code = EXIT_NOT_QUALIFIED


def chosen(run: RunRecord, *, image: ImageRef | None = None, force: bool = False) -> CandidateRecord:
    """The candidate to plan for: the newest that qualified, unless one is named.

    Args:
        run: the run.
        image: the one to take.
        force: take also one that did not qualify, and of several the newest.

    Raises:
        NotQualified: none qualified, or the one that was named did not.
        UserError: the run did not try the image, or its candidates name no releases that could be compared.
    """
    if image is not None:
        return _named(run, image, force=force)
    good = [candidate for candidate in run.candidates if qualified(candidate)]
    if not good and not (force and run.candidates):
        tried = ", ".join(candidate.image for candidate in run.candidates) or "none"
        raise NotQualified(
            f"no candidate of the run {run.run} qualified (tried: {tried}), so there is nothing to upgrade to; "
            "qualify another image, or give --force and --image IMAGE"
        )
    return _newest(good or run.candidates)


def qualified(candidate: CandidateRecord) -> bool:
    """The run showed that it may be production."""
    return outcomes.verdict(candidate) in outcomes.FAVOURABLE


def pinned(candidate: CandidateRecord) -> ImageRef:
    """Its image by tag and digest, as far as the run knows that."""
    image = images.parse(candidate.image)
    digest = candidate.facts.get("digest", "")
    return image if image.digest or not _DIGEST.fullmatch(digest) else replace(image, digest=digest)


def needed(candidate: CandidateRecord) -> dict[str, str]:
    """The environment variables that it was tried with, and that the remedies of what it died of ask for."""
    died_of = [case.diagnosis.cause for case in candidate.cases if case.diagnosis]
    changes = [change for cause in died_of for remedy in table.remedies(cause) for change in remedy.changes]
    found = {one.name: one.value for one in changes if one.kind is ChangeKind.ENVIRONMENT}
    return {**candidate.environment, **found}


def _named(run: RunRecord, image: ImageRef, *, force: bool) -> CandidateRecord:
    found = next((candidate for candidate in run.candidates if candidate.image == str(image)), None)
    if found is None and not force:
        tried = ", ".join(candidate.image for candidate in run.candidates) or "none"
        raise UserError(f"the run {run.run} did not try {image}; it tried {tried}; choose one of them, or give --force")
    candidate = found or CandidateRecord(image=str(image), target=run.target)
    if not force and not qualified(candidate):
        verdict = outcomes.verdict(candidate).value
        raise NotQualified(f"{image} is {verdict} in the run {run.run}; choose one that qualified, or give --force")
    return candidate


def _newest(candidates: Sequence[CandidateRecord]) -> CandidateRecord:
    """The one with the highest release; two builds of it, or a tag that names none, are the operator's to choose."""
    if len(candidates) == 1:
        return candidates[0]
    try:
        releases = [images.parse(candidate.image).release for candidate in candidates]
    except images.BadImage:
        releases = [None]
    known = [release for release in releases if release is not None]
    if len(known) < len(candidates) or known.count(max(known)) > 1:
        names = ", ".join(candidate.image for candidate in candidates)
        raise UserError(f"which of {names} is the newest cannot be told by their tags; choose one with --image IMAGE")
    return candidates[known.index(max(known))]
