"""Which of the images that were asked for are tried, and why the others are not: from predictions alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from packaging.version import Version

from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Finding, Severity, Skipped
from vllm_qualify.preflight import PredictedVerdict
from vllm_qualify.preflight.predict import ImagePrediction
from vllm_qualify.selection.request import Choice

_UNPROMISING = frozenset({PredictedVerdict.WILL_NOT_WORK, PredictedVerdict.NEEDS_OVERRIDE})

Predict = Callable[[ImageRef], ImagePrediction]


def named(images: Iterable[ImageRef], predict_one: Predict) -> Choice:
    """Of images that were named one by one, all are tried that are not ruled out for certain."""
    predictions = [predict_one(image) for image in images]
    return Choice(
        images=tuple(one.image for one in predictions),
        skipped={one.image: _skipped(one) for one in predictions if one.prediction.rules_out},
        findings=tuple(_finding(one) for one in predictions if _doubtful(one) and not one.prediction.rules_out),
    )


def newest(images: Iterable[ImageRef], predict_one: Predict, *, tries: int) -> Choice:
    """Of images, newest first, as many as may be tried; a try costs minutes, so what will probably fail is left out.

    Args:
        images: candidates, the newest first.
        predict_one: predicts one; asked no further than needed.
        tries: how many are tried at most.
    """
    left = list(images)
    looked: list[ImagePrediction] = []
    skipped: dict[ImageRef, Skipped] = {}
    while left and len(looked) - len(skipped) < tries:
        looked.append(predict_one(left.pop(0)))
        if unpromising(looked[-1]):
            skipped[looked[-1].image] = _skipped(looked[-1])
    return Choice(
        images=tuple(one.image for one in looked),
        skipped=skipped,
        findings=tuple(_finding(one) for one in looked if _doubtful(one) and one.image not in skipped),
        not_considered=len(left),
    )


def unpromising(predicted: ImagePrediction) -> bool:
    """It will probably not work as it would be started."""
    return predicted.verdict in _UNPROMISING


def newest_first(images: Iterable[ImageRef]) -> tuple[ImageRef, ...]:
    """The images in the order of their releases, each once; of one release the default image before its variants."""
    ordered = sorted(dict.fromkeys(images), key=lambda image: image.variant)
    return tuple(sorted(ordered, key=lambda image: image.release or Version("0"), reverse=True))


def overtaken(choice: ImageRef) -> Skipped:
    """Why nothing older than a candidate that qualified is tried."""
    return Skipped(ruled_out=False, reason=f"{choice.short}, which is newer, qualified")


def too_late(seconds: float) -> Skipped:
    """Why no further candidate is begun when the time for all of them is over."""
    return Skipped(ruled_out=False, reason=f"the time for tries was up: {seconds:.0f} s; increase --max-time")


def _doubtful(predicted: ImagePrediction) -> bool:
    return predicted.verdict is not PredictedVerdict.SHOULD_WORK


def _skipped(predicted: ImagePrediction) -> Skipped:
    found = predicted.prediction
    return Skipped(ruled_out=True, reason=found.reason, certainty=found.certainty, remedy=found.change)


def _finding(predicted: ImagePrediction) -> Finding:
    """The first reason of a prediction, as it is told before the run."""
    prediction = predicted.prediction
    return replace(
        prediction.finding or Finding(id="P00", severity=Severity.WARN, title="", subject=""),
        severity=Severity.WARN,
        title=f"preflight expects the image to serve here, and says of this one: {predicted.verdict.value}",
        subject=str(predicted.image),
        remedy=prediction.change,
        certainty=prediction.certainty,
    )
