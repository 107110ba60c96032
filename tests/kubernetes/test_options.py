from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.kubernetes.home_lab import HomeLab, Run
from tests.rehearsed import apart

REPOSITORY = "options/vllm-openai"
TAG = "v0.10.2"
START = "starts or put_back"


@pytest.fixture(scope="module")
def candidate(home_lab: HomeLab) -> str:
    """A candidate that loads for a while, and downloads for longer when its cache is empty."""
    return home_lab.candidate(TAG, repository=REPOSITORY, SCRIPTED_LOAD_SECONDS="1", SCRIPTED_DOWNLOAD_SECONDS="4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Warm:
    """A dry run, and then the run, which fills the model cache.

    Attributes:
        before: what was in the namespace.
        rehearsed: the dry run.
        left: what that left behind.
        run: the other.
        after: what was in the namespace.
    """

    before: dict[str, Any]
    rehearsed: Run
    left: list[str]
    run: Run
    after: dict[str, Any]


@pytest.fixture(scope="module")
def warm(home_lab: HomeLab, candidate: str) -> Warm:
    """Both in both modes, asked by several tests."""
    before = home_lab.snapshot()
    rehearsed = home_lab.qualify("--image", candidate, "--dry-run")
    left = home_lab.leftovers()
    run = home_lab.qualify("--image", candidate, "-k", f"{START} or test_switch or test_switch_back")
    return Warm(before=before, rehearsed=rehearsed, left=left, run=run, after=home_lab.snapshot())


def test_a_dry_run_says_everything_and_touches_nothing(warm: Warm) -> None:
    """Every command that a run then gives is in what ``--dry-run`` prints, in that order, and nothing was changed."""
    done = [change(event["command"]) for event in warm.run.events() if event.get("phase") == "command"]
    said = [line.split() for line in warm.rehearsed.said.splitlines() if line.strip().startswith("kubectl ")]

    assert warm.rehearsed.code == 0, warm.rehearsed.said
    assert warm.left == []
    assert warm.after == warm.before
    assert apart([change(line) for line in said]) == apart(done)


def change(command: list[str]) -> tuple[str, str]:
    """Verb and path of a command, the run's own marks aside."""
    place = command.index("--raw")
    return command[place - 1], command[place + 1].strip("'").partition("?")[0]


def test_a_cold_cache_tells_download_and_load_apart(home_lab: HomeLab, candidate: str, warm: Warm) -> None:
    """With a full cache nothing is downloaded; from an empty folder it is, and the operator's cache stays as it is."""
    run = home_lab.qualify("--image", candidate, "--cold-cache", "-k", f"{START} or first_token or cold_cache")

    full, cold = (phases(run.case(TAG, case)) for case in ("LOAD/first-token", "LOAD/cold-cache"))
    assert warm.run.code == 10, warm.run.said
    assert "download" not in full
    assert 3.9 <= cold["download"] < 9.0  # the log's times are those at which its lines were read
    assert run.case(TAG, "LOAD/cold-cache")["outcome"] == "passed"


def phases(case: dict[str, Any]) -> dict[str, float]:
    """The seconds of each phase of a load."""
    return {seen["name"]: seen["value"] for seen in case["observations"] if seen["unit"] == "s"}


def test_the_outage_is_kept_within_its_limit(home_lab: HomeLab) -> None:
    """A candidate that would load for minutes is given up in time, and production is back within what was allowed."""
    slow = home_lab.candidate("v0.9.2", repository=REPOSITORY, SCRIPTED_LOAD_SECONDS="300")

    run = home_lab.qualify("--image", slow, "--max-downtime", "60", "-k", START)

    assert run.restored["outcome"] == "passed", run.restored
    assert run.restored["observations"][0]["value"] <= 60
    assert "max-downtime" in str(run.candidate("v0.9.2")) or "not ready within" in str(run.candidate("v0.9.2"))


def test_beside_production_nothing_of_it_is_touched(home_lab: HomeLab, candidate: str) -> None:
    """With a second GPU, the candidate runs under a name of its own; production keeps its pods all the while."""
    home_lab.configure('strategy = "in-place"', 'strategy = "beside"')
    for name in ("deployment.yaml", "deployment-r1.yaml"):
        home_lab.change(name, 'cpu: "2"', "cpu: 100m")
    home_lab.serve_production()
    pods = home_lab.get("pods", "-l", "mode=ml")["items"]
    before = home_lab.snapshot()

    with home_lab.gpus(2):
        run = home_lab.qualify("--image", candidate, "-k", "starts or health or test_models or put_back")

    assert run.code == 10, run.said
    assert run.case(TAG, "DEPLOY/models")["outcome"] == "passed", run.said
    assert "production was never taken down" in run.restored["message"]
    assert [pod["metadata"]["uid"] for pod in home_lab.get("pods", "-l", "mode=ml")["items"]] == [
        pod["metadata"]["uid"] for pod in pods
    ]
    assert home_lab.snapshot() == before
    home_lab.configure('strategy = "beside"', 'strategy = "in-place"')
