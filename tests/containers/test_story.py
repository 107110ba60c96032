"""The card's three images on a host with a container engine, from a running container, from Compose, from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab import images
from tests.containers import engine_hosts
from tests.containers.engine_hosts import Engine
from tests.containers.gpu_box import R1, VLLM, GpuBox
from tests.kubernetes.home_lab import Run

REPOSITORY = "card/vllm-openai"
CARD = ("v0.15.1", "v0.12.0", "v0.8.5.post1")
RUNNING, COMPOSE, NOTHING = "a running container", "Compose", "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One run of the three images.

    Attributes:
        before: of production, before the run.
    """

    box: GpuBox
    run: Run
    before: dict[str, Any]


@pytest.fixture(scope="module", params=[RUNNING, COMPOSE, NOTHING])
def story(engine: Engine, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The card's three images in one run, the failing ones as the operator saw them die."""
    if request.param == COMPOSE and engine.program == engine_hosts.DOCKER:
        pytest.skip("the distribution of these tests has no Compose of Docker's")
    box = GpuBox(engine=engine, folder=tmp_path_factory.mktemp("operator"))
    _production(box, request.param)
    for tag, env in zip(CARD, ({"story": "v0.15.1"}, {"story": "v0.12.0"}, {}), strict=True):
        style = images.Style.MODULE if tag.startswith("v0.8") else images.Style.SERVE
        box.candidate(tag, style=style, repository=REPOSITORY, **env)
    before = box.snapshot()
    run = box.qualify(*(word for tag in CARD for word in ("--image", f"{REPOSITORY}:{tag}")))
    yield Story(box=box, run=run, before=before)
    engine.clear()


def _production(box: GpuBox, way: str) -> None:
    if way == RUNNING:
        box.serve_production()
        box.configure({"container": VLLM, "r1": R1})
    elif way == COMPOSE:
        path: Path = box.compose_production()
        box.configure({"compose": [str(path)], "service": VLLM, "r1": R1})
    else:
        box.configure({})


def test_v0_15_1_is_not_qualified_for_its_first_cause(story: Story) -> None:
    """The story's v0.15.1 fails for error 804, which the matrix names."""
    starts = story.run.case("v0.15.1", "DEPLOY/starts")

    assert story.run.candidate("v0.15.1")["verdict"] == "not-qualified", story.run.said
    assert starts["diagnosis"]["cause"] == "E01"


def test_v0_12_0_is_not_qualified_for_the_cause_and_not_its_wrapper(story: Story) -> None:
    """The story's v0.12.0 fails for what its engine core died of, not for the parent's message."""
    starts = story.run.case("v0.12.0", "DEPLOY/starts")

    assert story.run.candidate("v0.12.0")["verdict"] == "not-qualified", story.run.said
    assert starts["diagnosis"]["cause"] not in {"E02", "E03", "E04"}
    assert "Engine core initialization failed" not in starts["diagnosis"]["title"]


def test_v0_8_5_post1_is_qualified(story: Story) -> None:
    """The story's v0.8.5.post1 meets every requirement, with a switch to the reasoning model and back."""
    candidate = story.run.candidate("v0.8.5.post1")
    outcomes = {case["id"]: (case["outcome"], case["message"]) for case in candidate["cases"]}

    assert candidate["verdict"] == "qualified", outcomes
    assert outcomes["CLASSIFY/labels"][0] == "passed"
    assert outcomes["THROUGHPUT/decode-rate"][0] == "passed"
    assert outcomes["VRAM/vram"][0] == "passed"
    assert outcomes["R1/switch"][0] == "passed"
    assert outcomes["R1/switch-back"][0] == "passed"


def test_the_report_names_the_digest_that_ran(story: Story) -> None:
    """A tag may move tomorrow; what was shown today was shown of this digest."""
    started = story.run.candidate("v0.8.5.post1")

    assert story.box.engine.digest(f"{REPOSITORY}:v0.8.5.post1") in str(started)


def test_production_is_back(story: Story) -> None:
    """The same containers run as before, of the same images; nothing of the run is left, and production answers."""
    assert story.box.snapshot() == story.before
    assert (story.box.leftovers(), story.box.volumes()) == ([], [])
    if story.before:
        assert story.box.production_answers()
        assert story.run.restored["outcome"] == "passed", story.run.restored


def test_everything_slow_came_before_the_outage(story: Story) -> None:
    """All images were pulled and all parsers asked before production was stopped, and it was stopped once."""
    phases = [event["phase"] for event in story.run.events() if event["type"] == "step" and event["phase"] != "command"]
    first = phases.index("take-down" if story.before else "apply")

    assert max(place for place, phase in enumerate(phases) if phase == "prepare") < first
    assert phases.count("take-down") == (1 if story.before else 0)
    assert phases.count("lock") == 1
