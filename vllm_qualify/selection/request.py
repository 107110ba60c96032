"""What was asked for, and what becomes of it: the records between the plugin and a search. No I/O.

A collection has them too, so what is only a type here is not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vllm_qualify.core.advisories import AdvisoryOutlook
    from vllm_qualify.core.images import ImageRef
    from vllm_qualify.core.records import Finding, Skipped
    from vllm_qualify.core.tags import ImageRange


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRequest:
    """The candidates that were asked for, each once.

    Attributes:
        images: that were named.
        ranges: of images.
        pick: look for the newest that qualifies, instead of trying all.
        tries: how many are tried at most, where one is looked for.
        variants: of ranges also tags of another CUDA or system than the default image's.
        pre_releases: of ranges also release candidates.
        offline: ask no registry.
        force: try also what preflight rules out.
    """

    images: tuple[ImageRef, ...] = ()
    ranges: tuple[ImageRange, ...] = ()
    pick: bool = False
    tries: int = 3
    variants: bool = False
    pre_releases: bool = False
    offline: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What becomes of the images that were asked for.

    Attributes:
        images: all that were looked at, in their order.
        skipped: those of them that are not tried, and why.
        findings: what is predicted of those that are.
        not_considered: images of a range that nobody looked at, because there are enough to try.
        note: what the reader should know of the predictions; ``""`` for nothing.
        advisories: what is recorded about the security of those whose release is known, by image.
    """

    images: tuple[ImageRef, ...] = ()
    skipped: Mapping[ImageRef, Skipped] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    not_considered: int = 0
    note: str = ""
    advisories: Mapping[str, AdvisoryOutlook] = field(default_factory=dict)

    @property
    def tries(self) -> tuple[ImageRef, ...]:
        """The images that are tried, in their order."""
        return tuple(image for image in self.images if image not in self.skipped) if self.skipped else self.images
