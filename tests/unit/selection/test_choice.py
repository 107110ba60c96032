"""Which images are tried, by what is predicted of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import Change, ChangeKind, Remedy
from vllm_qualify.preflight import PredictedVerdict, Prediction
from vllm_qualify.preflight.predict import ImagePrediction
from vllm_qualify.selection import choice as candidates
from vllm_qualify.selection.request import Choice

CERTAIN, PROBABLE, POSSIBLE = Certainty
WORKS, OVERRIDE, UNKNOWN, FAILS = PredictedVerdict


def image(tag: str) -> ImageRef:
    """An image of the project with a tag."""
    return images.parse(f"vllm/vllm-openai:{tag}")


def predicted(of: ImageRef, verdict: PredictedVerdict, certainty: Certainty = PROBABLE) -> ImagePrediction:
    """What is predicted of an image, with a reason unless it should work."""
    remedies = (Remedy(changes=(Change(kind=ChangeKind.DRIVER, text="driver 580"),)),)
    reason = Finding(id="P03", severity=Severity.BLOCK, title="driver", subject="node", actual="570", remedies=remedies)
    told = Prediction(verdict=verdict, certainty=certainty)
    if verdict is not WORKS:
        told = Prediction(verdict=verdict, certainty=certainty, reason="P03 570", finding=reason, remedies=remedies)
    return ImagePrediction(image=of, prediction=told)


def chosen(*verdicts: tuple[PredictedVerdict, Certainty], tries: int = 0) -> Choice:
    """The choice among images of which these verdicts are predicted, the newest first; of a search with ``tries``."""
    told = {image(f"v0.{99 - place}.0"): one for place, one in enumerate(verdicts)}
    asked: list[ImageRef] = list(told)
    if tries:
        return candidates.newest(asked, lambda one: predicted(one, *told[one]), tries=tries)
    return candidates.named(asked, lambda one: predicted(one, *told[one]))


def test_only_certainty_keeps_an_image_that_was_named_from_being_tried() -> None:
    """Whoever names an image wants to know; what is only probable is told and tried."""
    choice = chosen((FAILS, CERTAIN), (FAILS, PROBABLE), (OVERRIDE, CERTAIN), (UNKNOWN, POSSIBLE), (WORKS, PROBABLE))

    assert [one.tag for one in choice.tries] == ["v0.98.0", "v0.97.0", "v0.96.0", "v0.95.0"]
    assert [(one.subject[-7:], one.certainty) for one in choice.findings] == [
        ("v0.98.0", PROBABLE),
        ("v0.97.0", CERTAIN),
        ("v0.96.0", POSSIBLE),
    ]


def test_a_search_spends_no_try_on_what_will_probably_fail() -> None:
    """There are newer and older ones; each left out keeps its reason, its certainty and what would change it."""
    choice = chosen((FAILS, PROBABLE), (OVERRIDE, PROBABLE), (UNKNOWN, POSSIBLE), (WORKS, PROBABLE), tries=2)

    assert [one.tag for one in choice.tries] == ["v0.97.0", "v0.96.0"]
    (first, second) = choice.skipped.values()
    assert (first.ruled_out, first.reason, first.certainty, first.remedy) == (True, "P03 570", PROBABLE, "driver 580")
    assert second == first
    assert choice.not_considered == 0


@given(
    verdicts=st.lists(st.tuples(st.sampled_from(PredictedVerdict), st.sampled_from(Certainty)), max_size=12),
    tries=st.integers(1, 5),
)
def test_a_search_accounts_for_every_image(verdicts: list[tuple[PredictedVerdict, Certainty]], tries: int) -> None:
    """Each is tried, set aside, or beyond the last try; never more are tried than may be, and none is looked past."""
    choice = chosen(*verdicts, tries=tries)

    assert len(choice.images) + choice.not_considered == len(verdicts)
    assert len(choice.tries) <= tries
    assert not choice.not_considered or len(choice.tries) == tries
    assert set(choice.skipped) == {one for one in choice.images if one not in choice.tries}


def test_images_are_ordered_by_their_release() -> None:
    """As versions, not as words; the default image of a release comes before its variants, and each comes once."""
    tags = ("v0.9.2", "v0.10.2", "v0.20.0-cu129", "v0.20.0", "v0.8.5.post1", "v0.8.5", "v0.9.2")
    ordered = candidates.newest_first(map(image, tags))

    assert [one.tag for one in ordered] == ["v0.20.0", "v0.20.0-cu129", "v0.10.2", "v0.9.2", "v0.8.5.post1", "v0.8.5"]


def test_what_need_not_be_tried_any_more_says_why() -> None:
    """It is not ruled out: nothing speaks against it."""
    overtaken, late = candidates.overtaken(image("v0.10.2")), candidates.too_late(3600)

    assert (overtaken.ruled_out, overtaken.reason) == (False, "v0.10.2, which is newer, qualified")
    assert (late.ruled_out, late.reason) == (False, "the time for tries was up: 3600 s; increase --max-time")
