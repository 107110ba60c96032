"""Each case is asked in the turns that it is meant for."""

from __future__ import annotations

import pytest

from tests.canary_answers import WORK
from vllm_qualify.core import images
from vllm_qualify.plugin import order
from vllm_qualify.plugin.baseline_choice import Baseline, BaselineSource
from vllm_qualify.plugin.options import Options
from vllm_qualify.selection.request import Choice
from vllm_qualify.targets.table import TARGETS

TRIED = images.parse("vllm/vllm-openai:v0.15.1")


def options(*tried: images.ImageRef, source: BaselineSource = BaselineSource.CURRENT, pick: bool = False) -> Options:
    """Of a run."""
    return Options(
        choice=Choice(images=tried), baseline=Baseline(source=source), pick=pick, work=WORK, kind=TARGETS["local"]
    )


@pytest.mark.parametrize(
    ("looks", "ids"), [(0, ["v0.15.1"]), (1, ["baseline", "v0.15.1"]), (2, ["baseline", "v0.15.1", "baseline-again"])]
)
def test_the_baseline_stands_around_the_candidates(looks: int, ids: list[str]) -> None:
    """As often as the case is marked for."""
    assert order.images_of(options(TRIED), looks=looks, otherwise="none")[1] == ids


def test_a_list_shows_no_more_than_it_may() -> None:
    """Of many candidates the first; the turns of the baseline stand around those."""
    tried = tuple(images.parse(f"vllm/vllm-openai:v0.{minor}.0") for minor in range(9))

    shown = order.images_of(options(*tried), looks=2, otherwise="none", most=2)[1]

    assert shown == ["baseline", "v0.0.0", "v0.1.0", "baseline-again"]


def test_without_a_candidate_there_is_nothing_to_compare() -> None:
    """Something is listed all the same."""
    assert order.images_of(options(), looks=2, otherwise="none") == (["none"], ["none"])


def test_a_search_has_no_second_look() -> None:
    """Nor has a run without a baseline a first one."""
    assert order.images_of(options(TRIED, pick=True), looks=2, otherwise="none")[1] == ["baseline", "v0.15.1"]
    assert order.images_of(options(TRIED, source=BaselineSource.NONE), looks=2, otherwise="none")[1] == ["v0.15.1"]
