"""What is compared with is decided once, from the settings and from what the target has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vllm_qualify.config import Cluster, ContainerSettings, Settings
from vllm_qualify.config.settings import BaselineSettings
from vllm_qualify.core import turns
from vllm_qualify.core.errors import UserError
from vllm_qualify.plugin import baseline_choice
from vllm_qualify.plugin.baseline_choice import Baseline, BaselineSource, RunSurroundings
from vllm_qualify.targets.table import TARGETS

IMAGE = "vllm/vllm-openai:v0.15.1"
CLUSTER = Settings(cluster=Cluster(context="home"))
HOST = Settings(container=ContainerSettings(container="vllm"))


def read(settings: Settings, target: str, source: str = "", *, only_looks: bool = False) -> Baseline:
    """What such settings mean on a target."""
    around = RunSurroundings(folder=Path("/nowhere"), reports=Path("/nowhere/reports"), only_looks=only_looks)
    settings = replace(settings, baseline=BaselineSettings(source=source))
    return baseline_choice.read(settings, kind=TARGETS[target], around=around)


@pytest.mark.parametrize(
    ("settings", "target", "source"),
    [
        (CLUSTER, "kubernetes", BaselineSource.CURRENT),
        (HOST, "container", BaselineSource.CURRENT),
        (Settings(), "container", BaselineSource.NONE),
        (Settings(), "local", BaselineSource.NONE),
    ],
)
def test_production_is_the_default_where_there_is_one(settings: Settings, target: str, source: BaselineSource) -> None:
    """A host whose settings name no container of production has none."""
    assert read(settings, target).source is source


def test_none_is_none_everywhere() -> None:
    """Also where there is a production."""
    assert read(CLUSTER, "kubernetes", "none") == Baseline()


def test_an_image_is_known_before_anything_is_asked() -> None:
    """It has no cost where the run only lists its cases, and is told what it costs where it does not."""
    found = read(CLUSTER, "kubernetes", IMAGE)

    assert (str(found.image), found.source) == (IMAGE, BaselineSource.IMAGE)
    assert "two more loads" in found.note
    assert read(Settings(), "local", "vllm/vllm-openai:v0.0.1", only_looks=True).image is not None


@pytest.mark.parametrize("wrong", ["latest", "reports/gone", "production", "a" * 5000, "vllm/vllm-openai"])
def test_what_is_nothing_of_these_is_refused(wrong: str) -> None:
    """A folder that is not there is no image either."""
    with pytest.raises(UserError, match="neither current nor none, no folder of a run, and no image"):
        read(CLUSTER, "kubernetes", wrong)


@pytest.mark.parametrize(
    ("source", "once", "twice"),
    [
        (BaselineSource.NONE, (), ()),
        (BaselineSource.RUN, (), ()),
        (BaselineSource.CURRENT, (turns.BASELINE,), (turns.BASELINE, turns.BASELINE_AGAIN)),
        (BaselineSource.IMAGE, (turns.BASELINE,), (turns.BASELINE, turns.BASELINE_AGAIN)),
    ],
)
def test_a_search_takes_one_look(source: BaselineSource, once: tuple[str, ...], twice: tuple[str, ...]) -> None:
    """What is stored or is nothing takes none."""
    baseline = Baseline(source=source)

    assert (baseline.turns(pick=True), baseline.turns(pick=False)) == (once, twice)
