from __future__ import annotations

import pytest

from lab import images
from tests.kubernetes.home_lab import HomeLab, Run

REPOSITORY = "card/vllm-openai"
CARD = ("v0.15.1", "v0.12.0", "v0.8.5.post1")


@pytest.fixture(scope="module")
def card(home_lab: HomeLab) -> Run:
    """The card's three images in one run, the failing ones as the operator saw them die."""
    story = {"SCRIPTED_STORY": "v0.15.1"}, {"SCRIPTED_STORY": "v0.12.0"}, {}
    for tag, env in zip(CARD, story, strict=True):
        style = images.Style.MODULE if tag.startswith("v0.8") else images.Style.SERVE
        home_lab.candidate(tag, style=style, repository=REPOSITORY, **env)
    home_lab.without_proxy()
    before = home_lab.snapshot()
    run = home_lab.qualify(*(word for tag in CARD for word in ("--image", f"{REPOSITORY}:{tag}")))
    assert home_lab.snapshot() == before
    return run


def test_v0_15_1_is_not_qualified_for_its_first_cause(card: Run) -> None:
    """The story's v0.15.1 fails for error 804, which the matrix names."""
    starts = card.case("v0.15.1", "DEPLOY/starts")

    assert card.candidate("v0.15.1")["verdict"] == "not-qualified"
    assert starts["diagnosis"]["cause"] == "E01"


def test_v0_12_0_is_not_qualified_for_the_cause_and_not_its_wrapper(card: Run) -> None:
    """The story's v0.12.0 fails for what its engine core died of, not for the parent's message."""
    starts = card.case("v0.12.0", "DEPLOY/starts")

    assert card.candidate("v0.12.0")["verdict"] == "not-qualified"
    assert starts["diagnosis"]["cause"] not in {"E02", "E03", "E04"}
    assert "Engine core initialization failed" not in starts["diagnosis"]["title"]


def test_v0_8_5_post1_is_qualified(card: Run) -> None:
    """The story's v0.8.5.post1 meets every requirement that the cluster can show."""
    candidate = card.candidate("v0.8.5.post1")
    outcomes = {case["id"]: (case["outcome"], case["message"]) for case in candidate["cases"]}

    assert candidate["verdict"] == "qualified", outcomes
    assert outcomes["THROUGHPUT/decode-rate"][0] == "passed"
    assert outcomes["VRAM/vram"][0] == "passed"
    assert outcomes["R1/switch-back"][0] == "passed"
    assert outcomes["ARGS/catalogue"][0] == "not-applicable"  # The scripted parser knows what it is asked about alone.


def test_production_is_back(card: Run, home_lab: HomeLab) -> None:
    """Afterwards every object is as before, nothing of the run is left, and the report says how long it took."""
    restored = card.restored

    assert restored["outcome"] == "passed", restored
    assert home_lab.leftovers() == []
    assert restored["observations"][0]["name"] == "production-away"


def test_everything_slow_came_before_the_outage(card: Run) -> None:
    """All images were pulled and all parsers asked before production was scaled down, and it went down once."""
    phases = [event["phase"] for event in card.events() if event["type"] == "step" and event["phase"] != "command"]

    assert max(place for place, phase in enumerate(phases) if phase == "prepare") < phases.index("take-down")
    assert phases.count("capture") == phases.count("lock") == 1
