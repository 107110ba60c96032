"""A comparison for a reader: compare.html, one file that needs no network, no script and no font of its own. Pure."""

from __future__ import annotations

import math

from markupsafe import Markup

from vllm_qualify.reports import compare, compare_words, page_parts, text
from vllm_qualify.reports.compare import CandidatePair, Comparison
from vllm_qualify.reports.compare_figures import FigurePair
from vllm_qualify.reports.compare_rules import ChangeStanding
from vllm_qualify.reports.compare_words import ComparedRow

_WIDTH, _HEIGHT = 96, 12
_FULL = math.log(4)
"""A change of this logarithm fills its half of the bar: four times as much, or a quarter."""
_GROUPS = (ChangeStanding.WORSE, ChangeStanding.BETTER, ChangeStanding.CANNOT_TELL)


def render(comparison: Comparison) -> str:
    """The comparison as a page."""
    style = page_parts.inline("style.css") + page_parts.inline("side_by_side.css")
    page = page_parts.TEMPLATES.get_template("compare.html.j2").render(
        comparison=comparison,
        headline=compare.headline(comparison),
        anchor=page_parts.PageAnchors(),
        care=compare_words.CARE,
        counted=compare_words.counted,
        groups=_GROUPS,
        meanings=compare_words.MEANINGS,
        policy=page_parts.policy(style=style),
        rows=_rows,
        same=ChangeStanding.SAME,
        said=compare_words.verdicts,
        style=style,
    )
    return text.clean(page)


def _rows(pair: CandidatePair, standing: ChangeStanding) -> list[tuple[ComparedRow, Markup]]:
    """What went that way, each with a bar where it has a share."""
    bars = (_bar(one) if isinstance(one, FigurePair) else Markup() for one in pair.changed(standing))
    return list(zip(compare_words.rows(pair, standing), bars, strict=True))


def _bar(pair: FigurePair) -> Markup:
    """The change of a figure: to the right where there is more of it, to the left where there is less."""
    share = pair.share
    if share is None or not pair.size or not math.isfinite(pair.size):
        return Markup()
    start, end = sorted((_WIDTH / 2, _place(share)))
    interval = pair.change.interval
    low, high = (_place(interval.low), _place(interval.high)) if interval else (start, start)
    return Markup(
        '<svg class="change" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        '<rect class="track" x="0" y="4" width="{w}" height="4" rx="2"/>'
        '<rect class="moved" x="{start:.1f}" y="2" width="{span:.1f}" height="8" rx="1"/>'
        '<path class="ends" d="M{low:.1f} 6H{high:.1f}"/><path class="zero" d="M{zero} 0V{h}"/></svg>'
    ).format(
        w=_WIDTH,
        h=_HEIGHT,
        label=compare_words.difference(pair),
        start=start,
        span=max(end - start, 1.0),
        low=low,
        high=high,
        zero=_WIDTH // 2,
    )


def _place(share: float) -> float:
    """Where a change of that share ends on the bar; a doubling lies as far to the right as a halving to the left."""
    ratio = 1 + share if math.isfinite(share) else 1.0
    size = math.log(ratio) if ratio > 0 else -_FULL
    return _WIDTH / 2 * (1 + max(-1.0, min(1.0, size / _FULL)))
