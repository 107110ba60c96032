"""The requirements that a candidate is held to, in the order in which they are tried and shown.

An operator's own ones follow those of the table; a run's record holds them, so that it can be shown anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One acceptance criterion.

    Attributes:
        id: the stable name, a column of the matrix.
        sentence: what must hold.
        optional: it is judged where a case of it was run; without one the candidate is not left undecided, so that
            the verdicts of runs older than the requirement stand.
    """

    id: str
    sentence: str
    optional: bool = False


REQUIREMENTS = (
    Requirement(
        id="ARGS",
        sentence="The command line of the manifests is still accepted and still means the same.",
    ),
    Requirement(
        id="DEPLOY",
        sentence="The candidate starts, stays up, and serves the OpenAI-compatible API under the right model name.",
    ),
    Requirement(
        id="LOAD",
        sentence="The model is loaded and answers its first token within the load budget.",
    ),
    Requirement(
        id="CLASSIFY",
        sentence="A document comes back as valid structured metadata: title, tags, correspondent.",
    ),
    Requirement(
        id="THROUGHPUT",
        sentence="Tokens are decoded at the rate that is known for the named GPU.",
    ),
    Requirement(
        id="VRAM",
        sentence="GPU memory use stays within the card.",
    ),
    Requirement(
        id="TOOLS",
        sentence="Tools are called in the form that callers read, streamed and whole.",
        optional=True,
    ),
    Requirement(
        id="SHAPE",
        sentence="Answers keep the form that callers read, and real clients understand them.",
        optional=True,
    ),
    Requirement(
        id="SCHEMA",
        sentence="Structured output obeys its schema, feature by feature.",
        optional=True,
    ),
    Requirement(
        id="INTEGRITY",
        sentence="Answers are complete, never another request's, and right at any length and load.",
        optional=True,
    ),
    Requirement(
        id="METRICS",
        sentence="The metrics that dashboards, alerts and autoscalers read are there.",
        optional=True,
    ),
    Requirement(
        id="R1",
        sentence="The mode switch to the reasoning model and back works with the same image.",
    ),
    Requirement(
        id="ROUTE",
        sentence="Through the proxy, the alias reaches the candidate, not a fallback.",
    ),
)
EXPECTED = tuple(requirement for requirement in REQUIREMENTS if not requirement.optional)
"""Those of which every candidate must show something."""
RESTORE = Requirement(id="RESTORE", sentence="Production is put back exactly as it was, and serves.")
"""Held against the run itself, not against a candidate; no column of the matrix."""
_PLACES = {requirement.id: place for place, requirement in enumerate(REQUIREMENTS)}
BY_ID = {requirement.id: requirement for requirement in (*REQUIREMENTS, RESTORE)}


def rank(requirement: str, own: Sequence[Requirement] = ()) -> int:
    """Place of a requirement in the order of the table; the operator's own ones follow, and unknown ones come last."""
    place = _PLACES.get(requirement)
    if place is None:
        place = next((at for at, one in enumerate(own) if one.id == requirement), len(own)) + len(REQUIREMENTS)
    return place
