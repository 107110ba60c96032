"""--dry-run: everything is said, nothing is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.plugin import clustered
from tests.plugin.clustered import IMAGE

Qualify = Callable[..., pytest.RunResult]
FORBIDDEN = """
    from tests.plugin import cluster_within
    cluster_within.HOME.api.denied.add(("update", "deployments"))
"""


def test_it_prints_every_command_and_changes_nothing(checkout: pytest.Pytester) -> None:
    """No case is run, no report begun, and the cluster is asked and not changed."""
    done = clustered.run(checkout, *IMAGE, "--target", "kubernetes", "--dry-run")

    said = done.result.stdout.str()
    assert done.result.ret == pytest.ExitCode.OK
    assert (done.written, done.problems) == ([], [])
    assert said.count("kubectl --context=home") == 19
    assert "# scale Deployment vllm-server to 0, and wait until its pods are gone" in said
    assert list((checkout.path / "reports").iterdir()) == []


def test_it_shows_no_secret(checkout: pytest.Pytester) -> None:
    """Neither of the manifests nor of what is live."""
    done = clustered.run(checkout, *IMAGE, "--target", "kubernetes", "--dry-run")

    assert "hf_canary" not in done.result.stdout.str() + done.result.stderr.str()


def test_what_stands_in_the_way_of_a_run_stands_in_its_way(checkout: pytest.Pytester) -> None:
    """It is told now, with the exit code that a run would have."""
    done = clustered.run(checkout, *IMAGE, "--target", "kubernetes", "--dry-run", conftest=FORBIDDEN)

    assert done.result.ret == 10
    done.result.stdout.fnmatch_lines(["*permission to update deployments.apps*"])
    assert "kubectl --context=home" not in done.result.stdout.str()


@pytest.mark.parametrize("asked", [(), ("--target", "auto"), ("--target", "local")], ids=["default", "auto", "local"])
@pytest.mark.parametrize("settings", ["", 'target = "local"\n'], ids=["none", "local"])
def test_on_this_machine_there_is_nothing_to_rehearse(
    qualify: Qualify, checkout: pytest.Pytester, asked: tuple[str, ...], settings: str
) -> None:
    """Whatever leads to this machine: it is a mistake, and said to be one before anything is fetched or begun."""
    (checkout.path / "qualify.toml").write_text(settings)

    result = qualify(*IMAGE, *asked, "--dry-run")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert not (checkout.path / "reports").exists()
    result.stderr.fnmatch_lines(
        ["*--dry-run: the local target takes no production down; leave it out, or give --target kubernetes*"]
    )
