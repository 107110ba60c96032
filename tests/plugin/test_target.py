"""--target and -n: what a qualification may run on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vllm_qualify.core.outcomes import EXIT_UNDECIDED

Qualify = Callable[..., pytest.RunResult]
Options = tuple[str, ...]
IMAGE = ("--image", "vllm/vllm-openai:v0.12.0")


def test_kubernetes_needs_a_named_cluster(qualify: Qualify) -> None:
    """Without a cluster in qualify.toml none is guessed from the current context."""
    result = qualify(*IMAGE, "--target", "kubernetes")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no cluster is named, and only a named one is ever touched*"])


@pytest.fixture
def named(checkout: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Settings that name a cluster, and a kubeconfig with another context; both lead nowhere."""
    checkout.path.joinpath("kubeconfig").write_text(
        "contexts: [{name: work, context: {cluster: work, user: me}}]\nusers: [{name: me, user: {}}]\n"
        'clusters: [{name: work, cluster: {server: "https://127.0.0.1:1"}}]\n'
    )
    monkeypatch.setenv("KUBECONFIG", str(checkout.path / "kubeconfig"))
    checkout.path.joinpath("deployment.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - name: vllm\n        image: vllm/vllm-openai:v0.5.5\n        args: [--model, m]\n"
    )

    def write(context: str) -> None:
        text = f'[cluster]\ncontext = "{context}"\n[modes.ml]\nmanifest = "deployment.yaml"\n'
        checkout.path.joinpath("qualify.toml").write_text(text)

    return write


@pytest.mark.parametrize("target", [(), ("--target", "kubernetes")], ids=["auto", "kubernetes"])
@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["run", "dry-run"])
def test_a_context_that_is_none_ends_the_run(
    qualify: Qualify, checkout: pytest.Pytester, named: Callable[[str], None], target: Options, dry: Options
) -> None:
    """Nothing stands in for a cluster that was named; nothing is begun, and the contexts that there are are told."""
    named("hmoe")

    result = qualify(*IMAGE, *target, *dry)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no context hmoe in *kubeconfig; there are work*give --target local*"])
    assert not checkout.path.joinpath("reports").exists()


@pytest.mark.parametrize("target", [(), ("--target", "kubernetes")], ids=["auto", "kubernetes"])
def test_a_cluster_that_does_not_answer_leaves_the_question_open(
    qualify: Qualify, checkout: pytest.Pytester, named: Callable[[str], None], target: Options
) -> None:
    """A VPN that is down is never a green gate."""
    named("work")

    result = qualify(*IMAGE, *target)

    assert result.ret == EXIT_UNDECIDED
    result.stderr.fnmatch_lines(["*the cluster work does not answer: *give --target local*"])
    assert not checkout.path.joinpath("reports").exists()


def test_this_machine_is_taken_where_it_is_asked_for_and_the_headline_says_so(
    qualify: Qualify, named: Callable[[str], None], matrix: Callable[[], dict[str, Any]]
) -> None:
    """Its verdict does not read as one of the cluster."""
    named("hmoe")

    result = qualify(*IMAGE, "--target", "local")

    result.stdout.fnmatch_lines(["target: local"])
    assert "on local (the cluster hmoe was not asked)" in matrix()["summary"]


def test_what_is_only_listed_asks_no_cluster(qualify: Qualify, named: Callable[[str], None]) -> None:
    """Settings can be checked where the cluster cannot be reached."""
    named("hmoe")

    result = qualify(*IMAGE, "--collect-only")

    assert result.ret == pytest.ExitCode.OK


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
    result.stderr.fnmatch_lines(["*is not a port*"])


def test_other_runs_meet_nothing_of_it(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A pytest run outside the suites needs no candidate and leaves no reports."""
    checkout.path.joinpath("tests").mkdir()
    checkout.path.joinpath("tests", "test_other.py").write_text("def test_it():\n    pass\n")

    result = qualify("tests")

    result.assert_outcomes(passed=1)
    assert not checkout.path.joinpath("reports").exists()
