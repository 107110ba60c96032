"""What staying costs: the advisories that an upgrade closes and opens, and which of them apply here. Pure.

Asked by the rules of ``advisory_rules``, by a run for each of its candidates, and by ``vllm-qualify advisories``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from vllm_qualify import catalogue
from vllm_qualify.catalogue import Release, advisories
from vllm_qualify.catalogue.advisories import Advisory, AdvisoryRecords
from vllm_qualify.core.advisories import AdvisoryOutlook, Applicability, JudgedAdvisory
from vllm_qualify.core.images import ImageRef
from vllm_qualify.preflight import advisory_needs
from vllm_qualify.preflight.question import Question


def of(
    image: ImageRef,
    questions: Sequence[Question],
    *,
    against: Release | None,
    records: AdvisoryRecords | None = None,
) -> AdvisoryOutlook | None:
    """What is recorded of an image's release; ``None`` where the catalogue does not have it.

    Args:
        image: the candidate.
        questions: about it, one for each way in which it would be started; none: nobody knows how.
        against: the release that runs now; ``None`` where it is not known.
        records: the advisories; ``None``: those that the harness carries.
    """
    release = catalogue.find(image.release) if image.release else None
    if release is None:
        return None
    known = records or advisories.records()

    @cache
    def use(needs: str) -> tuple[Applicability, str]:
        return advisory_needs.judged(needs, questions)

    def judged(found: Iterable[Advisory]) -> tuple[JudgedAdvisory, ...]:
        return tuple(_judged(one, *use(one.needs)) for one in found)

    change = known.between((against or release).version, release.version)
    return AdvisoryOutlook(
        release=f"v{release.version}",
        released=release.date.isoformat(),
        against=f"v{against.version}" if against else "",
        closes=judged(change.closes),
        opens=judged(change.opens),
        stays=judged(change.keeps),
        until=known.until,
        source=known.source,
    )


def _judged(one: Advisory, applies: Applicability, why: str) -> JudgedAdvisory:
    return JudgedAdvisory(name=one.name, id=one.id, score=one.score, rating=one.rating, applies=applies, why=why)
