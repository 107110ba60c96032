"""The order of the cases: turn by turn, requirements in the order of their table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from vllm_qualify.core import turns
from vllm_qualify.core.requirements import RESTORE, rank
from vllm_qualify.plugin import cases
from vllm_qualify.plugin.baseline_choice import BaselineSource
from vllm_qualify.plugin.options import Options
from vllm_qualify.targets.abilities import Ability

_BASELINE, _CANDIDATES, _FIRST_OF_THE_END, _SECOND_OF_THE_END, _COMPARISONS = range(5)


def images_of(
    options: Options, *, looks: int, otherwise: str, most: int | None = None
) -> tuple[Sequence[str], Sequence[str]]:
    """What a case is parametrized with, and the ids of that.

    Args:
        options: of the run.
        looks: in how many turns of the baseline it is asked as well.
        otherwise: what stands where there is no candidate: there is still something to list, and to tell of why.
        most: how many candidates a list shows; ``None`` for all.
    """
    images = options.images[:most]
    around = options.baseline.turns(pick=options.pick)[:looks] if images else ()
    before, after = around[:1], around[1:]
    values = [*before, *map(str, images), *after]
    ids = [*before, *(image.short for image in images), *after]
    return values or [otherwise], ids or [otherwise]


def places(options: Options) -> Callable[[pytest.Item], tuple[int, int, bool, int]]:
    """Tells where a case stands: baseline, one candidate after the other, production, and the baseline again.

    Production that is measured again has to be back; an image that is tried again takes its place once more. What
    compares comes when everything was measured, or, in a search, with its candidate.
    """
    order = {str(one): number for number, one in enumerate(options.images)}

    def place(item: pytest.Item) -> tuple[int, int, bool, int]:
        image, requirement, compares = cases.image_of(item), cases.requirement_of(item), cases.compares(item)
        phase = _phase(image, requirement, options, compares=compares)
        return phase, order.get(image, -1), compares, rank(requirement, options.requirements)

    return place


def pointless(item: pytest.Item, options: Options) -> bool:
    """A case that a run with these options cannot have anything to say about."""
    if cases.requirement_of(item) == RESTORE.id:
        return not options.able(Ability.TAKES_PRODUCTION_AWAY)
    if cases.compares(item) and options.baseline.source is BaselineSource.NONE:
        return True
    if item.get_closest_marker("gpu_mode") is not None and options.settings.gpu_mode is None:
        return True
    only_with = item.get_closest_marker("only_with")
    return only_with is not None and not item.config.getoption(only_with.args[0])


def _phase(image: str, requirement: str, options: Options, *, compares: bool) -> int:
    in_place = options.baseline.source is BaselineSource.IMAGE
    if requirement == RESTORE.id:
        return _SECOND_OF_THE_END if in_place else _FIRST_OF_THE_END
    if image == turns.BASELINE_AGAIN:
        return _FIRST_OF_THE_END if in_place else _SECOND_OF_THE_END
    if image == turns.BASELINE:
        return _BASELINE
    return _COMPARISONS if compares and not options.pick else _CANDIDATES
