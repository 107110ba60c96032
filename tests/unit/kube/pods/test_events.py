from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vllm_qualify.kube.pods import events

POD = {"kind": "Pod", "metadata": {"name": "server", "uid": "u1"}}


def event(reason: str, at: str = "2026-11-23T17:47:04Z", **more: Any) -> dict[str, Any]:
    """An event of the pod as the API gives it."""
    about = {"kind": "Pod", "name": "server", "uid": "u1"}
    return {"reason": reason, "firstTimestamp": at, "lastTimestamp": at, "involvedObject": about} | more


def test_only_events_of_the_object_are_taken() -> None:
    """A pod that bore the same name before, and another object of that name, are passed over."""
    before = event("Before", involvedObject={"kind": "Pod", "name": "server", "uid": "u0"})
    service = event("Other", involvedObject={"kind": "Service", "name": "server"})
    unknown = event("Ours", involvedObject={"kind": "Pod", "name": "server"})

    found = events.of(POD, [before, service, unknown, event("Own")])

    assert [one.reason for one in found] == ["Ours", "Own"]


def test_an_item_of_a_list_has_no_kind_and_is_found_all_the_same() -> None:
    """The API leaves the kind out of the items of a list."""
    found = events.of(
        {"metadata": {"name": "server"}}, [event("Own", involvedObject={"kind": "Pod", "name": "server"})]
    )

    assert [one.reason for one in found] == ["Own"]


def test_events_are_in_the_order_of_their_last_occurrence() -> None:
    """Whatever order the API gave; one without any time comes first."""
    late, early = event("Late", at="2026-11-23T17:48:00Z"), event("Early")
    never = event("Never", at="")

    assert [one.reason for one in events.of(POD, [late, never, early])] == ["Never", "Early", "Late"]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, "17:47:04 Normal Pulled: "),
        ({"message": "a\n  b"}, "17:47:04 Normal Pulled: a b"),
        ({"count": 4, "lastTimestamp": "2026-11-23T17:48:31Z"}, "17:48:31 Normal Pulled (4 times since 17:47:04): "),
        ({"count": 2, "type": "Warning"}, "17:47:04 Warning Pulled (2 times): "),
        ({"message": "x" * 900}, "17:47:04 Normal Pulled: " + "x" * 400 + "..."),
    ],
)
def test_a_line_is_short_and_says_how_often(more: dict[str, Any], line: str) -> None:
    """Time, type, reason, count and message stand on one line of bearable length."""
    assert events.lines(events.of(POD, [event("Pulled", **more)])) == (line,)


def test_newer_events_with_series_are_read() -> None:
    """Events of the newer API have no first and last time, but one with fractions and a series."""
    series = {"count": 7, "lastObservedTime": "2026-11-23T17:49:00.25Z"}
    new = event("Slow", firstTimestamp=None, lastTimestamp=None, eventTime="2026-11-23T17:47:04.5Z", series=series)

    found = events.parse(new)

    assert found.first == datetime(2026, 11, 23, 17, 47, 4, 500_000, tzinfo=UTC)
    assert (found.count, str(found)) == (7, "17:49:00 Normal Slow (7 times since 17:47:04): ")


@pytest.mark.parametrize("text", [None, "", "soon", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_none(text: object) -> None:
    """A time stamp that cannot be read counts as absent."""
    assert events.instant(text) is None
