"""The table of all releases: one line each to read and to grep, below it each reason once and in full. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import PredictedVerdict
from vllm_qualify.preflight.predict import ImagePrediction
from vllm_qualify.reports import preflight_words as words
from vllm_qualify.reports import text

_HEAD = ("release", "predicted", "certainty", "first reason", "what would change it")
_GAP = "  "
_LEAST_REASON, _MOST_REASON = 26, 34
_NARROWEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reason:
    """What stands in the way of some releases, as the newest of them words it."""

    finding: Finding
    releases: tuple[tuple[str, Certainty], ...]


def table(
    found: Sequence[ImagePrediction],
    *,
    others: Sequence[ImagePrediction] = (),
    width: int = words.WIDTH,
    brief: bool = False,
) -> str:
    """All releases, why those that will not simply work do not, and which is the newest of each kind.

    Args:
        found: the predictions, the newest release first.
        others: of tags beside the default ones, the newest first.
        width: of the terminal, in columns; below 80 a line is longer than it.
        brief: the table and the newest of each kind alone.
    """
    reasons = () if brief else _reasons(found, width)
    lines = [*_rows(found, max(_NARROWEST, width)), "", *reasons, *_newest(found, others, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rows(found: Sequence[ImagePrediction], width: int) -> Iterator[str]:
    rows = [_cells(one) for one in found]
    fixed = [max(map(len, column)) for column in zip(_HEAD[:3], *(row[:3] for row in rows), strict=True)]
    reason = min(max(_LEAST_REASON, *(len(row[3]) for row in rows)), _MOST_REASON)
    left = width - sum(fixed) - reason - len(_GAP) * len(fixed) - len(_GAP)
    widths = (*fixed, reason, left)
    yield _GAP.join(f"{name:<{column}}" for name, column in zip(_HEAD, widths, strict=True))
    yield _GAP.join("-" * column for column in widths)
    for cells in rows:
        yield _GAP.join(f"{_fit(cell, column):<{column}}" for cell, column in zip(cells, widths, strict=True))


def _cells(one: ImagePrediction) -> tuple[str, str, str, str, str]:
    prediction = one.prediction
    reason = words.briefly(prediction.finding) if prediction.finding else _warnings(one)
    verdict = words.VERDICTS[prediction.verdict]
    return one.image.short, verdict, prediction.certainty.value, reason, words.change_briefly(prediction)


def _warnings(one: ImagePrediction) -> str:
    count = sum(each.severity is Severity.WARN and not each.waived for each in one.findings)
    return f"({text.counted(count, 'warning')})" if count else ""


def _fit(content: str, width: int) -> str:
    return textwrap.shorten(content, width, placeholder="...") if len(content) > width else content


def _reasons(found: Sequence[ImagePrediction], width: int) -> Iterator[str]:
    order = [one.image.short for one in found]
    for reason in _gathered(found):
        finding = reason.finding
        with_manifests = f", with {text.listing(finding.manifests)}" if finding.manifests else ""
        head = f"{words.briefly(finding)}: {_releases(reason.releases, order)}{with_manifests}"
        yield from words.paragraph(head, width=width)
        yield from words.paragraph(finding.actual, indent=2, hanging=0, width=width)
        yield from words.rest(finding, indent=2, width=width)
        yield ""


def _gathered(found: Sequence[ImagePrediction]) -> Iterable[_Reason]:
    """Each reason once, with all releases that it is true of; of the order in which a start meets them."""
    gathered: dict[tuple[str, ...], _Reason] = {}
    for one in found:
        for each in one.findings:
            if not each.blocks:
                continue
            key = _key(each, one.image.short)
            known = gathered.get(key, _Reason(finding=each, releases=()))
            gathered[key] = replace(known, releases=(*known.releases, (one.image.short, each.certainty)))
    return sorted(gathered.values(), key=lambda reason: reason.finding.id)


def _key(finding: Finding, tag: str) -> tuple[str, ...]:
    """What makes it the same reason: everything but the release that it names."""
    told = (finding.actual, finding.remedy, *(str(one) for remedy in finding.remedies for one in remedy.changes))
    return (finding.id, *(part.replace(tag, "") for part in told), *finding.manifests)


def _releases(releases: Sequence[tuple[str, Certainty]], order: Sequence[str]) -> str:
    """``certain for v0.20.0 to v0.32.0, probable for v0.19.1``; the newest comes first."""
    parts = []
    for certainty in dict.fromkeys(certainty for _, certainty in releases):
        places = sorted(order.index(tag) for tag, each in releases if each is certainty)
        parts.append(f"{certainty.value} for {text.listing(_spans(places, order))}")
    return ", ".join(parts)


def _spans(places: Sequence[int], order: Sequence[str]) -> Iterator[str]:
    begin = 0
    for end in range(1, len(places) + 1):
        if end == len(places) or places[end] != places[end - 1] + 1:
            oldest, newest = order[places[end - 1]], order[places[begin]]
            yield newest if oldest == newest else f"{oldest} to {newest}"
            begin = end


def _newest(found: Sequence[ImagePrediction], others: Sequence[ImagePrediction], width: int) -> Iterator[str]:
    wanted = (
        ("newest that should work as started now", PredictedVerdict.SHOULD_WORK, found),
        ("newest that should work after a change to the manifest", PredictedVerdict.NEEDS_OVERRIDE, found),
        ("newest with another tag", PredictedVerdict.SHOULD_WORK, others),
        ("newest with another tag, after a change to the manifest", PredictedVerdict.NEEDS_OVERRIDE, others),
    )
    for name, verdict, among in wanted:
        one = next((each for each in among if each.verdict is verdict), None)
        if one is not None:
            said = f"{name}: {one.image.short} ({one.prediction.certainty.value})"
            remedies = " or ".join(map(str, one.prediction.remedies))
            yield from words.labelled(said, remedies, indent=0, width=width) if remedies else [said]
        elif verdict is PredictedVerdict.SHOULD_WORK and among is found:
            yield f"{name}: none"
    yield "`vllm-qualify preflight IMAGE` gives the details of one; `pytest --image IMAGE` tries it"
