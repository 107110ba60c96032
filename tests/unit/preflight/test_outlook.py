"""What an upgrade closes and opens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.catalogue import Release
from vllm_qualify.core import images
from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.preflight import Question, outlook

Ask = Callable[..., Question]
RELEASES = catalogue.releases()


def of(new: Release, old: Release | None) -> AdvisoryOutlook:
    """The outlook on a release of which nobody knows how it is started."""
    found = outlook.of(images.parse(f"vllm/vllm-openai:v{new.version}"), (), against=old)
    assert found is not None
    return found


@given(old=st.sampled_from(RELEASES), new=st.sampled_from(RELEASES))
def test_closed_and_opened_change_places_on_the_way_back(old: Release, new: Release) -> None:
    """No advisory is both, and what stays is the same in both directions."""
    there, back = of(new, old), of(old, new)

    assert (there.closes, there.opens, there.stays) == (back.opens, back.closes, back.stays)
    assert not set(there.closes) & {*there.opens, *there.stays}
    assert not set(there.opens) & set(there.stays)


@given(new=st.sampled_from(RELEASES))
def test_without_what_runs_now_all_that_is_open_is_told(new: Release) -> None:
    """Nothing is closed or opened by an upgrade from nowhere."""
    alone = of(new, None)

    assert (alone.against, alone.closes, alone.opens) == ("", (), ())
    assert alone.open == of(new, RELEASES[0]).open


def test_the_day_of_release_and_of_the_records_are_told() -> None:
    """A reader sees whether the records are older than the release."""
    release = RELEASES[-1]

    found = of(release, None)

    assert (found.release, found.released) == (f"v{release.version}", release.date.isoformat())
    assert found.until == "2026-07-23"


@pytest.mark.parametrize("tag", ["latest", "v99.0.0"])
def test_of_what_the_catalogue_does_not_have_nothing_is_said(tag: str) -> None:
    """Neither that it is open nor that it is not."""
    assert outlook.of(images.parse(f"vllm/vllm-openai:{tag}"), (), against=None) is None


def test_each_is_judged_by_the_starts(ask: Ask) -> None:
    """What the operator uses is said of each of them, also of those that an upgrade closes."""
    question = ask("v0.24.0", args=("--model", "m", "--api-key", "k"))

    found = outlook.of(question.image, (question,), against=catalogue.find(Version("0.19.1")))

    assert found is not None
    assert str(found) == (
        "against v0.19.1 closes 14 (1 applies), opens 0; 0 advisories recorded as open in v0.24.0 as of 2026-07-23"
    )
