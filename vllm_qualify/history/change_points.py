"""Where the level of a series changed. Pure, and the same for the same values.

The rule: at each cut the values of a window before it are held against those of a window behind it by their ranks (Mann
and Whitney, Annals of Mathematical Statistics 18 (1947)), so that one outlier moves little and no distribution is
assumed. Windows are 10, 20, 40, ... values long and end where the series does, with no fewer than ``FEWEST`` on either
side; short ones see a level that came and went, long ones a small change. The pair of windows that differ most is a
change where the two-sided p-value of that test, times the number of pairs that were looked at (Bonferroni), is at most
``ALPHA``. Within that pair the change is placed where two medians fit best, by the sum of absolute deviations. Both
sides are then searched in the same way: binary segmentation (Scott and Knott, Biometrics 30 (1974)) over fixed windows
of several lengths (Kovács et al., Biometrika 110 (2023)). Apache Otava does alike with another statistic (Fleming et
al., arXiv:2301.03034). A change of the median by less than ``LEAST`` is none that anybody would act on.

Of series that never change, whatever their distribution, at most the share ``ALPHA`` gets a mark, as long as their
values do not depend on each other; a slow drift is told as one or more steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Literal

from vllm_qualify.core import stats

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALPHA = 0.01
"""The largest share of unchanged series that gets a mark."""
FEWEST = 4
"""Values on either side of a change."""
LEAST = 0.01
"""The smallest change of the median that is told, as a share."""
_EXACT = 40
_WINDOWS = tuple(10 * 2**power for power in range(12))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """A change of level.

    Attributes:
        index: of the first value at the new level.
        before: median of the values since the change before it.
        after: median of the values up to the change after it.
    """

    index: int
    before: float
    after: float


_Pair = tuple[int, int, int]
"""Begin of a window, the cut behind it, and the end of the window behind that."""


def of(values: Sequence[float]) -> tuple[ChangePoint, ...]:
    """The changes of level in a series, in their order.

    Args:
        values: finite, in the order of their time.
    """
    if len(values) < 2 * FEWEST or min(values) == max(values):
        return ()
    cuts = list(_cuts(values, _surpassed(values), 0, len(values)))
    cuts = [change.index for change in _changes(values, cuts) if _of_interest(change)]
    return tuple(_changes(values, cuts))


def levels(values: Sequence[float], changes: Sequence[ChangePoint]) -> tuple[tuple[int, int, float], ...]:
    """Begin, end and median of each stretch between changes; its end is not inside."""
    ends = (0, *(change.index for change in changes), len(values))
    return tuple((low, high, stats.median(values[low:high])) for low, high in pairwise(ends) if high > low)


def _changes(values: Sequence[float], cuts: Sequence[int]) -> Iterator[ChangePoint]:
    for low, cut, high in zip((0, *cuts), cuts, (*cuts[1:], len(values)), strict=False):
        yield ChangePoint(index=cut, before=stats.median(values[low:cut]), after=stats.median(values[cut:high]))


def _of_interest(change: ChangePoint) -> bool:
    return abs(change.after - change.before) >= LEAST * abs(change.before)


def _surpassed(values: Sequence[float]) -> NDArray[np.int64]:
    """At i, j: how often a value before j is larger than one before i, less how often it is smaller."""
    import numpy as np  # noqa: PLC0415 - takes a while to load, and few commands need it.

    signs = np.sign(np.subtract.outer(np.asarray(values), np.asarray(values))).astype(np.int64).T
    return np.pad(signs.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _cuts(values: Sequence[float], surpassed: NDArray[np.int64], low: int, high: int) -> Iterator[int]:
    """Where a stretch is to be cut, in order."""
    windows = list(takewhile(lambda one: one < 2 * (high - low), _WINDOWS))
    count = high - low - 2 * FEWEST + 1
    if count < 1:
        return
    tried = [_plainest(surpassed, low, high, window) for window in windows]
    p_value, pair = min((_p_value(values, pair), pair) for pair in tried)
    if p_value * count * len(windows) > ALPHA:
        return
    at = _placed(values, pair)
    yield from _cuts(values, surpassed, low, at)
    yield at
    yield from _cuts(values, surpassed, at, high)


def _plainest(surpassed: NDArray[np.int64], low: int, high: int, window: int) -> _Pair:
    """The pair of windows of one length with the largest standardised statistic of Mann and Whitney in a stretch."""
    import numpy as np  # noqa: PLC0415 - as above.

    cuts = np.arange(low + FEWEST, high - FEWEST + 1)
    begin, end = np.maximum(cuts - window, low), np.minimum(cuts + window, high)
    above = surpassed[cuts, end] - surpassed[begin, end] - surpassed[cuts, cuts] + surpassed[begin, cuts]
    before, after = cuts - begin, end - cuts
    place = int((np.abs(above) / np.sqrt(before * after * (before + after + 1))).argmax())
    return int(begin[place]), int(cuts[place]), int(end[place])


def _p_value(values: Sequence[float], pair: _Pair) -> float:
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - takes half a second to load, as in core.stats.

    low, cut, high = pair
    part = values[low:high]
    if min(part) == max(part):
        return 1.0
    # The normal approximation is too cautious for few values; the exact distribution knows no ties.
    how: Literal["exact", "auto"] = "exact" if len(set(part)) == len(part) <= _EXACT else "auto"
    return float(mannwhitneyu(values[low:cut], values[cut:high], method=how).pvalue)


def _placed(values: Sequence[float], pair: _Pair) -> int:
    """Where two levels fit the values of both windows best."""
    low, _, high = pair

    def misfit(at: int) -> float:
        sides = values[low:at], values[at:high]
        return sum(abs(value - level) for side in sides for level in [stats.median(side)] for value in side)

    return min(range(low + FEWEST, high - FEWEST + 1), key=misfit)
