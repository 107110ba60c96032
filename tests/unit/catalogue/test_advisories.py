"""The advisories that the catalogue carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.catalogue import advisories
from vllm_qualify.catalogue.advisories import Advisory
from vllm_qualify.core.advisories import Rating

RELEASES = [release.version for release in catalogue.releases()]


def advisory(**changed: object) -> Advisory:
    """One that is open from 0.8.0 until 0.9.0."""
    about = {"id": "P-1", "aliases": (), "introduced": Version("0.8.0"), "fixed": Version("0.9.0")}
    return Advisory(**{**about, "last": None, "score": None, "needs": "", **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("release", "open_"),
    [("0.7.3", False), ("0.8.0", True), ("0.8.5.post1", True), ("0.9.0rc1", True), ("0.9.0", False)],
)
def test_the_release_that_mends_it_is_not_affected(release: str, *, open_: bool) -> None:
    """The first release of the range is inside, the one that is named as fixed is not."""
    assert advisory().affects(Version(release)) is open_


def test_the_last_affected_release_is_affected() -> None:
    """Where nobody says what mends it, the last release that has it is inside."""
    found = advisory(fixed=None, last=Version("0.8.1"))

    assert found.affects(Version("0.8.1"))
    assert not found.affects(Version("0.8.2"))


def test_without_an_end_it_stays_open() -> None:
    """No mended release on record is no statement that there is one."""
    assert advisory(fixed=None).affects(Version("99"))


def test_it_goes_by_its_cve() -> None:
    """The number that people search for; else by what its database calls it."""
    assert advisory(aliases=("GHSA-x", "CVE-2026-1")).name == "CVE-2026-1"
    assert advisory(score=9.1).rating is Rating.CRITICAL
    assert advisory().name == "P-1"


@pytest.mark.parametrize(
    ("release", "count"), [("0.5.5", 31), ("0.8.5.post1", 33), ("0.12.0", 23), ("0.15.1", 20), ("0.24.0", 0)]
)
def test_what_is_open(release: str, count: int) -> None:
    """As many as were counted by hand from the records of 2026-07-23."""
    assert len(advisories.records().open_in(Version(release))) == count


def test_an_upgrade_closes_and_opens() -> None:
    """From 0.8.5.post1 to 0.19.1: 23 closed, 4 opened, as counted by hand; the gravest comes first."""
    change = advisories.records().between(Version("0.8.5.post1"), Version("0.19.1"))

    assert (len(change.closes), len(change.opens)) == (23, 4)
    assert (change.closes[0].name, change.closes[0].score) == ("CVE-2026-22778", 9.8)


@given(old=st.sampled_from(RELEASES), new=st.sampled_from(RELEASES))
def test_there_and_back_are_the_same(old: Version, new: Version) -> None:
    """What one way closes the way back opens, and nothing is in two groups."""
    there, back = (advisories.records().between(*way) for way in ((old, new), (new, old)))

    assert (there.closes, there.opens) == (back.opens, back.closes)
    assert not set(there.closes) & {*there.opens, *there.keeps}


def test_the_source_is_named() -> None:
    """The licence asks for it, and a reader must know how old the records are."""
    assert "CC BY 4.0" in advisories.records().source
    assert advisories.records().until == "2026-07-23"
