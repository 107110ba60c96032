"""--baseline current: production as it serves, before it is taken down and after it is back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.plugin import clustered
from tests.plugin.clustered import IMAGE
from tests.unit.targets.home import OLD
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import run_folder

CLUSTER = (*IMAGE, "--target", "kubernetes", "-k", "(stream and not reasoning) or put_back")
DOWN = """
    from tests.plugin import cluster_within
    cluster_within.HOME.live("vllm-server")["spec"]["replicas"] = 0
    cluster_within.HOME.api.controller.settle()
"""
LOST = """
    import pytest
    from vllm_qualify.checks.production import Restoration
    from vllm_qualify.targets.kubernetes import close

    close.close = lambda *_, **__: Restoration(problems=("it would not start",))
"""

Recorded = Callable[[], RunRecord]


@pytest.fixture
def recorded(checkout: pytest.Pytester) -> Recorded:
    """Reads the newest run back from its journal."""
    return lambda: run_folder.load(checkout.path / "reports" / "latest")


def test_production_is_measured_around_the_candidates(checkout: pytest.Pytester, recorded: Recorded) -> None:
    """It is the default on a cluster; the second look comes after the proof that it is back."""
    done = clustered.run(checkout, *CLUSTER)

    run = recorded()
    assert run.baseline is not None
    assert run.baseline_again is not None
    assert run.baseline.image == run.baseline_again.image == OLD
    first, tried, back, again = run.baseline.cases, run.candidates[0].cases, run.production, run.baseline_again.cases
    assert first[-1].started < tried[0].started < back[0].started < again[0].started
    assert done.problems == []
    done.result.stdout.fnmatch_lines(["compared with: production"])


def test_its_log_is_kept_nowhere(checkout: pytest.Pytester, recorded: Recorded) -> None:
    """A case that it fails names no file: its log may quote what its callers asked."""
    clustered.run(checkout, *CLUSTER)

    run = recorded()
    assert run.baseline is not None
    assert run.baseline.cases
    of_production, of_candidate = (
        {one.name for case in each.cases for one in case.evidence if not one.name.endswith("-traceback")}
        for each in (run.baseline, run.candidates[0])
    )
    assert not of_production
    assert "1-ml-engine-pod" in of_candidate


def test_none_asks_production_nothing(checkout: pytest.Pytester, recorded: Recorded) -> None:
    """Then there is nothing to compare with."""
    done = clustered.run(checkout, *CLUSTER, tables='[baseline]\nsource = "none"')

    assert recorded().baseline is None
    assert done.outcome("RESTORE/put-back")[0] == "passed"


def test_production_that_does_not_serve_is_no_baseline(checkout: pytest.Pytester, recorded: Recorded) -> None:
    """One line says so for each turn, and the candidates are tried all the same."""
    done = clustered.run(checkout, *CLUSTER, settings='node = "k3s-gpu-worker"', conftest=DOWN)

    run = recorded()
    assert run.baseline is not None
    assert run.baseline.aside is not None
    assert "has no pod that is ready" in run.baseline.aside.reason
    assert not run.baseline.cases
    assert run.candidates[0].cases
    done.result.stdout.fnmatch_lines(["*no baseline: Deployment vllm-server has no pod that is ready*"])


def test_production_that_is_not_back_is_not_asked_again(checkout: pytest.Pytester, recorded: Recorded) -> None:
    """Whoever answers there is not production, and nothing must hide that it is away."""
    done = clustered.run(checkout, *CLUSTER, conftest=LOST)

    run = recorded()
    assert run.baseline_again is not None
    assert run.baseline_again.aside is not None
    assert run.baseline_again.aside.reason == "production was not put back"
    assert done.result.ret == 20


def test_a_suite_without_the_restoring_case_puts_production_back_first(
    checkout: pytest.Pytester, recorded: Recorded
) -> None:
    """A second look at a candidate that still serves in its place would compare it with itself."""
    done = clustered.run(checkout, *IMAGE, "--target", "kubernetes", "-k", "stream and not reasoning")

    run = recorded()
    assert run.baseline_again is not None
    assert run.production[0].started < run.baseline_again.cases[0].started
    assert done.problems == []
