"""--target and -n: what a qualification may run on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Qualify = Callable[..., pytest.RunResult]
IMAGE = ("--image", "vllm/vllm-openai:v0.12.0")


def test_kubernetes_needs_a_named_cluster(qualify: Qualify) -> None:
    """Without a cluster in qualify.toml none is guessed from the current context."""
    result = qualify(*IMAGE, "--target", "kubernetes")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no cluster is named, and none is ever touched that nobody named*"])


def test_auto_stays_here_when_the_cluster_does_not_answer(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A named cluster that cannot be reached is not used, and the header says why."""
    checkout.path.joinpath("qualify.toml").write_text(
        '[cluster]\ncontext = "home"\n[modes.ml]\nmanifest = "deployment.yaml"\n'
    )
    checkout.path.joinpath("deployment.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - name: vllm\n        image: vllm/vllm-openai:v0.5.5\n        args: [--model, m]\n"
    )

    result = qualify(*IMAGE)

    result.stdout.fnmatch_lines(["target: local", "note: the cluster home is not used: *"])


def test_an_unknown_target(qualify: Qualify) -> None:
    """Argparse names the choices."""
    result = qualify(*IMAGE, "--target", "moon")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*invalid choice: 'moon'*"])


@pytest.mark.parametrize("port", ["-1", "70000", "http"], ids=["negative", "too-large", "word"])
def test_a_port_that_is_none(qualify: Qualify, port: str) -> None:
    """A port is a number from 0 to 65535."""
    result = qualify(*IMAGE, f"--local-port={port}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*is no port*"])


def test_other_runs_meet_nothing_of_it(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A pytest run outside the suites needs no candidate and leaves no reports."""
    checkout.path.joinpath("tests").mkdir()
    checkout.path.joinpath("tests", "test_other.py").write_text("def test_it():\n    pass\n")

    result = qualify("tests")

    result.assert_outcomes(passed=1)
    assert not checkout.path.joinpath("reports").exists()
