"""What preflight says of single images, for people. Pure; programs read ``preflight_json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight.predict import ImagePrediction
from vllm_qualify.reports import preflight_words as words
from vllm_qualify.reports import text

_WORDS = {Severity.BLOCK: "STOP", Severity.WARN: "warn", Severity.NOTE: "note"}
_GRAVEST, _SUREST = tuple(_WORDS), tuple(Certainty)


def headline(predicted: ImagePrediction) -> str:
    """One image in one line: the prediction, and what stands in its way."""
    prediction = predicted.prediction
    why = f": {words.briefly(prediction.finding)}{_where(predicted.about)}" if prediction.finding else ""
    return f"{text.one_line(str(predicted.image))}: {words.predicted(prediction)}{why}"


def people(predicted: ImagePrediction, *, others: tuple[ImagePrediction, ...] = (), width: int = words.WIDTH) -> str:
    """One image: the prediction, what would change it, then every finding, the gravest first.

    Args:
        predicted: of the image.
        others: of the tags that it could be exchanged for.
        width: of the terminal, in columns.
    """
    lines = [headline(predicted)]
    if asked := words.asked(predicted.told):
        lines += words.labelled("facts from", asked, indent=2, width=width)
    lines += words.remedies_in_full(predicted.prediction.remedies, indent=2, width=width)
    for other in others:
        lines += _other(other, width)
    lines += ["", *(line for one in ordered(predicted.findings) for line in _lines(one, width))]
    return "\n".join(lines) + "\n"


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first, of those the surest, of those in the order of a start; what is waived comes last."""
    return tuple(sorted(findings, key=_place))


def _place(finding: Finding) -> tuple[bool, int, int]:
    return bool(finding.waived), _GRAVEST.index(finding.severity), _SUREST.index(finding.certainty)


def _other(predicted: ImagePrediction, width: int) -> Iterator[str]:
    """Another tag, which may need a change as well."""
    prediction = predicted.prediction
    why = f": {words.briefly(prediction.finding)}" if prediction.finding else ""
    yield f"    {predicted.image.tag}: {words.predicted(prediction)}{why}"
    yield from words.remedies_in_full(prediction.remedies, indent=6, width=width)


def _where(manifests: tuple[str, ...]) -> str:
    return f" (with {text.listing(manifests)})" if manifests else ""


def _lines(finding: Finding, width: int) -> Iterator[str]:
    head = (
        f"{'waived' if finding.waived else _WORDS[finding.severity]} {finding.id} {finding.certainty.value + ':':<10}"
    )
    seen, *rest = words.paragraph(
        f"{finding.actual or 'is not so'}{_where(finding.manifests)}", indent=len(head) + 3, hanging=0, width=width
    )
    yield f"  {head} {seen.strip()}"
    yield from rest
    if finding.waived:
        yield from words.labelled("waived", finding.waived, indent=7, width=width)
    if finding.severity is Severity.NOTE or finding.waived:
        return
    yield from words.labelled("must hold", finding.title, indent=7, width=width)
    if finding.expected:
        yield from words.labelled("expected", finding.expected, indent=7, width=width)
    yield from words.rest(finding, indent=7, width=width)
