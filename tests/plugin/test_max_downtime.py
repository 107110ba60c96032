"""--max-downtime: how long production may be away."""

from __future__ import annotations

import argparse

import pytest

from tests.plugin import clustered
from tests.plugin.clustered import IMAGE
from vllm_qualify.core import option_types

CLUSTER = (*IMAGE, "--target", "kubernetes", "-k", "starts or put_back")
HANGS = """
    from tests.plugin import cluster_within
    cluster_within.HOME.api.controller.never_ready.add("vllm/vllm-openai:v0.8.5.post1")
"""


@pytest.mark.parametrize("wrong", ["-1", "0", "soon", "inf", "nan", ""])
def test_a_time_that_is_none(wrong: str) -> None:
    """A number of seconds above 0, and an end to them."""
    with pytest.raises(argparse.ArgumentTypeError, match="expected a number of seconds above 0"):
        option_types.seconds(wrong)


def test_a_mistake_is_told_before_anything_is_done(checkout: pytest.Pytester) -> None:
    """As of every option."""
    done = clustered.run(checkout, *IMAGE, "--target", "kubernetes", "--max-downtime=soon")

    assert done.result.ret == pytest.ExitCode.USAGE_ERROR
    done.result.stderr.fnmatch_lines(["*'soon' is not a duration*"])
    assert done.written == []


def test_a_candidate_that_takes_too_long_is_given_up_in_time(checkout: pytest.Pytester) -> None:
    """Production is back within what was allowed; the case says which option allows more."""
    done = clustered.run(checkout, *CLUSTER, "--max-downtime=200", conftest=HANGS)

    outcome, message = done.outcome("DEPLOY/starts")
    assert outcome == "blocked"
    assert "raise --max-downtime" in message
    assert done.outcome("RESTORE/put-back")[0] == "passed"
    assert done.problems == []


def test_the_option_outranks_the_settings(checkout: pytest.Pytester) -> None:
    """As every option does."""
    done = clustered.run(checkout, *CLUSTER, "--max-downtime=900", settings="max_downtime_seconds = 5", conftest=HANGS)

    assert "600 s" in done.outcome("DEPLOY/starts")[1]


def test_too_little_for_anything_leaves_production_where_it_is(checkout: pytest.Pytester) -> None:
    """Less than the way back takes: no candidate is started."""
    done = clustered.run(checkout, *CLUSTER, settings="max_downtime_seconds = 5")

    assert not [line for line in done.written if "Deployment" in line]
    assert "never taken down" in done.outcome("RESTORE/put-back")[1]
    assert done.problems == []
