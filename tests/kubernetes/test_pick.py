from __future__ import annotations

import pytest

from lab import images
from tests.kubernetes.home_lab import HomeLab, Run

REPOSITORY = "pick/vllm-openai"
RANGE = ("--pick", "newest", "--image", f"{REPOSITORY}:>=v0.8.5")
HOST_FIRST = "LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
VERDICTS = {
    "v0.20.0": "ruled-out",
    "v0.12.0": "ruled-out",
    "v0.10.2": "not-qualified",
    "v0.8.5.post1": "qualified",
    "v0.8.5": "not-tried",
}


@pytest.fixture(scope="module")
def search(home_lab: HomeLab) -> Run:
    """A search through a registry's tags, of which one that facts do not rule out dies and the next one is good."""
    for tag in (*VERDICTS, "latest"):
        style = images.Style.MODULE if tag.startswith(("v0.8", "v0.10")) else images.Style.SERVE
        story = {"SCRIPTED_STORY": "v0.12.0"} if tag in {"v0.12.0", "v0.10.2"} else {}
        home_lab.candidate(tag, style=style, repository=REPOSITORY, SCRIPTED_TOKENS_PER_SECOND="200", **story)
    home_lab.without_proxy()
    # Measuring a rate is a minute of each of the two runs, and asked about by the story and not here.
    home_lab.configure('gpu = "NVIDIA GeForce RTX 3060"', 'gpu = "another one"')
    mirror = f'[registry]\nmirrors = {{ "docker.io" = "http://{home_lab.cluster.lab.registry}" }}\n\n[local]'
    home_lab.configure("[local]", mirror)
    before = home_lab.snapshot()
    run = home_lab.qualify(*RANGE)
    assert home_lab.snapshot() == before
    return run


def test_the_newest_that_qualifies_is_found(search: Run) -> None:
    """One that qualifies is what was looked for, so the run is green, and every tag of the range has its verdict."""
    assert {one["image"].partition(":")[2]: one["verdict"] for one in search.matrix["candidates"]} == VERDICTS
    assert search.code == 0, search.said


def test_what_facts_rule_out_costs_neither_a_pull_nor_the_gpu(search: Run) -> None:
    """The transaction never names it; the matrix says why, how certainly for such a copy, and what would change it."""
    steps = " ".join(event["what"] for event in search.events() if event["type"] == "step")

    assert "v0.10.2" in steps
    assert "v0.20.0" not in steps
    assert "v0.12.0" not in steps
    assert "P03" in search.candidate("v0.20.0")["summary"]
    assert "(probable, from facts alone, at no GPU time)" in search.candidate("v0.20.0")["summary"]
    assert "LD_LIBRARY_PATH" in search.candidate("v0.12.0")["summary"]


def test_what_is_older_is_not_tried(search: Run, home_lab: HomeLab) -> None:
    """It says so, production is back, and nothing of the run is left."""
    assert "v0.8.5.post1, which is newer, qualified" in search.candidate("v0.8.5")["summary"]
    assert search.restored["outcome"] == "passed", search.restored
    assert home_lab.leftovers() == []


def test_a_variable_of_the_run_lets_a_newer_one_qualify(search: Run, home_lab: HomeLab) -> None:
    """v0.12.0 dies of error 804 as the manifests are; with a variable it serves, and the upgrade has that variable.

    The scripted image dies by a variable of its own, which the run sets to nothing.
    """
    assert search.candidate("v0.12.0")["verdict"] == "ruled-out"
    before = home_lab.snapshot()
    run = home_lab.qualify(*RANGE, "--env", HOST_FIRST, "--env", "SCRIPTED_STORY=")
    plan = home_lab.process(
        "-m", "vllm_qualify", "plan", str(run.folder), "--config", str(home_lab.folder / "qualify.toml")
    )

    assert home_lab.snapshot() == before
    assert run.code == 0, run.said
    assert run.candidate("v0.12.0")["verdict"] == "qualified"
    assert HOST_FIRST in run.candidate("v0.12.0")["summary"]
    assert run.candidate("v0.10.2")["verdict"] == "not-tried"
    assert HOST_FIRST.partition("=")[2] in plan.communicate()[0]
