"""Production on a cluster is measured where it serves, before and after, and nothing of it changes for that."""

from __future__ import annotations

import pytest
import yaml

from tests.kubernetes.home_lab import PRODUCTION, HomeLab, Run

REPOSITORY = "beside/vllm-openai"
FAST = "200"


@pytest.fixture(scope="module")
def beside(home_lab: HomeLab) -> Run:
    """A candidate of the model that production serves today."""
    served, tried = (
        home_lab.candidate(tag, repository=REPOSITORY, SCRIPTED_TOKENS_PER_SECOND=FAST)
        for tag in ("v0.5.5", "v0.8.5.post1")
    )
    text = (home_lab.manifests / "deployment.yaml").read_text().replace(PRODUCTION, served)
    home_lab.cluster.apply(yaml.safe_load(text))
    home_lab.say("rollout", "status", "deployment/vllm-server", "--timeout=120s")
    home_lab.without_proxy()
    # Of so fast a stand-in the band of a card says nothing.
    home_lab.configure('gpu = "NVIDIA GeForce RTX 3060"', 'gpu = "another one"')
    before = home_lab.snapshot()
    run = home_lab.qualify("--image", tried)
    assert home_lab.snapshot() == before
    return run


def test_production_is_measured_before_it_goes_and_when_it_is_back(beside: Run) -> None:
    """Each case that compares finds both turns."""
    found = beside.matrix["baseline"]

    assert found["image"] == f"{REPOSITORY}:v0.5.5", beside.said
    assert found["name"] == "production today (v0.5.5)"
    outcomes = {one["id"]: (one["outcome"], one["message"]) for one in found["cases"]}
    for case in ("CLASSIFY/with-schema", "DEPLOY/stream", "LOAD/first-token", "VRAM/vram"):
        assert outcomes[case][0] == "passed", outcomes
    assert {"CLASSIFY/with-schema", "THROUGHPUT/decode-rate"} <= {one["id"] for one in found["again"]}
    compared = beside.case("v0.8.5.post1", "THROUGHPUT/no-slower")
    assert {"baseline", "baseline-again"} <= {one["name"] for one in compared["observations"]}, compared


def test_the_outage_is_no_longer_for_it(beside: Run) -> None:
    """It is asked before the first step that takes production down, and after the proof that it is back."""
    events = beside.events()
    kinds = [(one["type"], one.get("phase") or one.get("role") or one.get("image", "")) for one in events]
    down = kinds.index(("step", "take-down"))
    back = next(
        place
        for place, one in enumerate(events)
        if one["type"] == "case-finished" and one["case"]["requirement"] == "RESTORE"
    )

    assert kinds.index(("candidate-started", "baseline")) < down
    assert kinds.index(("candidate-started", "baseline-again")) > back
    assert [kind for kind in kinds[back:] if kind[0] == "step"] == []


def test_nothing_of_the_run_is_left(beside: Run, home_lab: HomeLab) -> None:
    """The second look needs no lock."""
    assert beside.restored["outcome"] == "passed", beside.restored
    assert home_lab.leftovers() == []
