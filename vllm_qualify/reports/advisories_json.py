"""What is recorded of a release, for programs; ``advisories.schema.json`` describes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.core import redaction
from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.reports import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoriesDocument:
    """What is recorded about the security of one image.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        image: the image as it was named.
        advisories: what is recorded of its release; null where nothing is known of that.
    """

    schema: Literal[1] = 1
    image: str
    advisories: AdvisoryOutlook | None


def document(image: str, found: AdvisoryOutlook | None) -> dict[str, Any]:
    """One image as plain values, before they become text."""
    values: dict[str, Any] = plain.of(AdvisoriesDocument(image=image, advisories=found), redaction.clean)
    return values
