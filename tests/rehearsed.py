"""Changes of a run held against those of its rehearsal, which cannot know what the cluster will call things."""

from __future__ import annotations

from collections.abc import Sequence


def apart(changes: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], set[str]]:
    """Changes in their order, and whose history was cleared: ReplicaSets have no names before they are made."""
    others = [(verb, path) for verb, path in changes if "replicasets" not in path]
    return others, {path.rpartition("-")[0] for _, path in changes if "replicasets" in path}
