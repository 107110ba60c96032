"""--env: candidates are tried with variables that the manifests do not have, and production never gets them."""

from __future__ import annotations

import pytest

from tests.plugin import clustered, forked
from tests.plugin.clustered import IMAGE

HOST_FIRST = "LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu"
ON_CLUSTER = (*IMAGE, "--target", "kubernetes")


def test_candidates_have_the_variable_and_production_is_as_before(checkout: pytest.Pytester) -> None:
    """The diff shows it before anything is applied, and every verdict of the run names it."""
    done = clustered.run(checkout, *ON_CLUSTER, "--env", HOST_FIRST)

    (candidate,) = done.matrix["candidates"]
    assert done.problems == []
    assert any("Deployment" in line for line in done.written)
    done.result.stdout.re_match_lines([r".*\+.*LD_LIBRARY_PATH.*"])
    assert candidate["environment"] == {"LD_LIBRARY_PATH": "/usr/lib/x86_64-linux-gnu"}
    assert f"with {HOST_FIRST} set" in candidate["summary"]


def test_a_rehearsal_shows_it(checkout: pytest.Pytester) -> None:
    """In the objects that would be written, and nothing is."""
    done = clustered.run(checkout, *ON_CLUSTER, "--env", HOST_FIRST, "--dry-run")

    assert done.written == []
    assert "LD_LIBRARY_PATH" in done.result.stdout.str()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("LD_LIBRARY_PATH", "*--env takes NAME=VALUE, such as LD_LIBRARY_PATH=*; got 'LD_LIBRARY_PATH'*"),
        ("HF_TOKEN=hunter22", "*--env HF_TOKEN looks like a secret*valueFrom*"),
    ],
)
def test_what_cannot_be_set_is_a_usage_error(checkout: pytest.Pytester, words: str, said: str) -> None:
    """One line, before the cluster is asked, without the value of a secret."""
    done = clustered.run(checkout, *ON_CLUSTER, "--env", words)

    assert (done.result.ret, done.written) == (4, [])
    done.result.stderr.fnmatch_lines([said])
    assert "hunter22" not in done.result.stdout.str() + done.result.stderr.str()


def test_this_machine_starts_no_container(checkout: pytest.Pytester) -> None:
    """So a variable would be lost in silence, and the verdict would hold for something else."""
    done = clustered.run(checkout, *IMAGE, "--target", "local", "--env", HOST_FIRST)

    assert done.result.ret == 4
    done.result.stderr.fnmatch_lines(["*--env: sets variables in the container that your manifests start*"])


def test_the_operators_own_command_knows_nothing_of_it(checkout: pytest.Pytester) -> None:
    """It applies copies of its own."""
    clustered.run(checkout, "--collect-only", *ON_CLUSTER)
    settings = checkout.path / "qualify.toml"
    settings.write_text(settings.read_text() + '\n[gpu_mode]\ncommand = ["true"]\n')
    result = forked.run_pytest(checkout.path, *ON_CLUSTER, "--env", HOST_FIRST)

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--env: the command of [[]gpu_mode] applies its own copies of the manifests*"])
