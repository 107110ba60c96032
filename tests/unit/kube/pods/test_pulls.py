from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vllm_qualify.kube.pods import pulls
from vllm_qualify.kube.pods.events import KubeEvent


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h2m3.5s", 3723.5), ("1m2.3s", 62.3), ("86ms", 0.086), ("1m0.5s", 60.5), ("12µs", 12e-6), ("soon", None)],
)
def test_durations_are_read_as_go_writes_them(text: str, seconds: float | None) -> None:
    """Minutes and milliseconds are not confused."""
    assert pulls.duration(text) == (seconds and pytest.approx(seconds))


def test_a_pull_that_tells_no_time_is_measured_by_its_events() -> None:
    """Kubelets of long ago said only that they had pulled."""
    begun, done = datetime(2026, 11, 23, 17, 0, tzinfo=UTC), datetime(2026, 11, 23, 17, 1, 9, tzinfo=UTC)
    pulling = KubeEvent(reason="Pulling", message='Pulling image "x"', first=begun, last=begun)
    pulled = KubeEvent(reason="Pulled", message='Successfully pulled image "x"', first=done, last=done)

    assert pulls.pull([pulling, pulled]) == pulls.Pull(seconds=69.0)


def test_a_later_start_does_not_make_a_pull_forgotten() -> None:
    """The image of a container that was started again is on the node, because it was pulled before."""
    pulled = KubeEvent(reason="Pulled", message='Successfully pulled image "x" in 1m9.1s (1m12s including waiting)')
    again = KubeEvent(reason="Pulled", message='Container image "x" already present on machine')

    assert pulls.pull([pulled, again]) == pulls.Pull(seconds=69.1)
