"""--cold-cache: also load from an empty cache, on the cluster alone."""

from __future__ import annotations

import pytest

from tests.plugin import clustered
from tests.plugin.clustered import IMAGE

CLUSTER = (*IMAGE, "--target", "kubernetes", "-k", "cold_cache or put_back")


def test_without_it_the_case_is_not_there(checkout: pytest.Pytester) -> None:
    """Nobody is told of a case that nobody asked for, and nothing is taken down for it."""
    done = clustered.run(checkout, *CLUSTER)

    assert "LOAD/cold-cache" not in [case["id"] for case in done.matrix["candidates"][0]["cases"]]
    assert not [line for line in done.written if "Deployment" in line]


def test_with_it_the_candidate_starts_from_an_empty_folder(checkout: pytest.Pytester) -> None:
    """The case is there, and production is what it was."""
    done = clustered.run(checkout, *CLUSTER, "--cold-cache")

    assert done.outcome("LOAD/cold-cache")[0] in {"passed", "warned", "failed"}
    assert "replace Deployment vllm-server 1" in done.written
    assert done.problems == []
