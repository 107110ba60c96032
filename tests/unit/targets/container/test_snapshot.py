"""What production was comes back from the labels of the lock as it went in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube.lease import Holder
from vllm_qualify.targets.container import snapshot as snapshots
from vllm_qualify.targets.container.snapshot import HostSnapshot, KeptContainer, UnreadableSnapshot

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ME = Holder(identity="a@b", run="r", host="b", place="p", pid=1, started=2, since=NOW, renewed=NOW)

KEPT = st.builds(
    KeptContainer,
    id=st.text(),
    name=st.text(),
    image_id=st.text(),
    running=st.booleans(),
    served=st.lists(st.text()).map(tuple),
    unit=st.text(),
)


@given(st.builds(HostSnapshot, run=st.text(), taken=st.just(NOW), containers=st.lists(KEPT).map(tuple)))
def test_what_is_kept_comes_back(kept: HostSnapshot) -> None:
    """Whatever names and ids hold."""
    labels = snapshots.labels(kept, ME)

    assert snapshots.snapshot(labels) == kept
    assert snapshots.holder(labels) == ME


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "{}", '{"run": 1, "taken": "never", "containers": []}'])
def test_labels_of_somebody_else_are_refused(text: str) -> None:
    """With what to do, and without a traceback."""
    with pytest.raises(UnreadableSnapshot, match="remove that container"):
        snapshots.snapshot({"vllm-qualify.snapshot": text})
