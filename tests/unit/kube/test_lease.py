"""The lock of a run, as the Lease that everybody reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import lease
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.objects import Object

TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (st adds it)
HOLDERS = st.builds(
    Holder,
    identity=st.text(min_size=1),
    run=st.text(),
    host=st.text(),
    pid=st.integers(0, 2**22),
    place=st.text(),
    started=st.integers(0, 10**12),
    since=TIMES,
    renewed=TIMES,
)
NOW = datetime(2026, 11, 23, 12, 0, 30, 5, tzinfo=UTC)
ME = Holder(
    identity="eva@desk, process 7", run="r1", host="desk", place="m/b/1", pid=7, started=125, since=NOW, renewed=NOW
)


@given(HOLDERS)
def test_a_holder_is_read_back_from_its_lease(holder: Holder) -> None:
    """Nothing of it is lost on the way through the API, microseconds included."""
    assert lease.holder(lease.lease(holder, namespace="ml")) == holder


def test_times_are_as_the_api_wants_them() -> None:
    """MicroTime: six digits after the point, and a Z."""
    spec = lease.lease(ME, namespace="ml")["spec"]

    assert (spec["acquireTime"], spec["renewTime"]) == ("2026-11-23T12:00:30.000005Z", "2026-11-23T12:00:30.000005Z")


@pytest.mark.parametrize(
    "obj",
    [
        {},
        {"metadata": {"annotations": None}, "spec": {}},
        {"spec": {"holderIdentity": "", "renewTime": "soon", "acquireTime": None}},
        {"metadata": {"annotations": {"vllm-qualify/pid": "many", "vllm-qualify/started": "then"}}},
    ],
    ids=["empty", "no-annotations", "no-times", "no-numbers"],
)
def test_a_lease_that_says_little_makes_nobody_wait(obj: Object) -> None:
    """Somebody made it by hand: its holder counts as gone long ago, and has no process that could be looked for."""
    holder = lease.holder(obj)

    assert (holder.place, holder.pid) == ("", 0)
    assert str(holder).startswith("an unknown holder since 1970-01-01")


@given(st.dictionaries(st.sampled_from(["run", "host", "place", "pid", "started"]), st.text()), st.text(), st.text())
def test_whatever_a_lease_says_is_read(notes: dict[str, str], since: str, renewed: str) -> None:
    """A stranger's words are no reason for a traceback."""
    annotations = {f"vllm-qualify/{key}": value for key, value in notes.items()}
    spec = {"acquireTime": since, "renewTime": renewed}

    assert lease.holder({"metadata": {"annotations": annotations}, "spec": spec}).identity == "an unknown holder"


def test_how_long_it_lasts_is_said_in_it() -> None:
    """For whoever else looks at Leases."""
    assert lease.lease(ME, namespace="ml")["spec"]["leaseDurationSeconds"] == lease.SECONDS


@given(TIMES, TIMES)
def test_the_same_process_stays_the_same(since: datetime, renewed: datetime) -> None:
    """Whatever it renewed; and another run, machine or process is another."""
    assert lease.same(ME, replace(ME, since=since, renewed=renewed))
    assert not lease.same(ME, replace(ME, run="r2"))
    assert not lease.same(ME, replace(ME, host="lap"))
    assert not lease.same(ME, replace(ME, pid=8))


def test_a_holder_in_words() -> None:
    """Who, since when, and which run, for whoever is refused."""
    assert str(ME) == "eva@desk, process 7 since 2026-11-23 12:00:30 UTC (run r1)"
