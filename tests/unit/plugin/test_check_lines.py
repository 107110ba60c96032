"""What a run would do, told from the options that it would begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.config import Cluster, ContainerSettings, Settings
from vllm_qualify.core import images
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import Finding, Severity, Skipped
from vllm_qualify.plugin import check_lines
from vllm_qualify.plugin.baseline_choice import Baseline, BaselineSource
from vllm_qualify.plugin.check_lines import CaseCosts
from vllm_qualify.plugin.options import Options
from vllm_qualify.selection.request import Choice
from vllm_qualify.targets.container.kind import ContainerKind
from vllm_qualify.targets.kubernetes.kind import KubernetesKind
from vllm_qualify.targets.local.kind import LocalKind

ONE, TWO, THREE = (images.parse(f"vllm/vllm-openai:v0.{minor}.0") for minor in (10, 11, 12))
CLUSTER = Settings(cluster=Cluster(context="home"))


def told(options: Options, *, source: Path | None = None, asked: bool = False) -> str:
    """All lines."""
    costs = CaseCosts(cases=12, seconds=600)
    made = check_lines.document(options, source=source, costs=costs, asked=asked)
    return "\n".join(check_lines.lines(made))


def test_what_becomes_of_each_candidate() -> None:
    """Tried, tried in spite of a doubt, or set aside; each with the reason and what would change it."""
    doubt = Finding(id="P1", severity=Severity.WARN, title="it may be slow", subject=str(TWO), remedy="wait")
    skipped = Skipped(ruled_out=True, reason="no such GPU", remedy="buy one")
    choice = Choice(images=(ONE, TWO, THREE), skipped={THREE: skipped}, findings=(doubt,))

    said = told(Options(kind=LocalKind(), choice=choice, pick=True))

    assert f"candidates  {ONE}: tried\n" in said
    assert f"{TWO}: tried; it may be slow; wait\n" in said
    assert f"{THREE}: set aside, no such GPU; buy one\n" in said
    assert "no further than the first that qualifies" in said


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        (Settings(), LocalKind(), "stays as it is: the local target takes no production down"),
        (CLUSTER, KubernetesKind(), "what serves as vllm-server or vllm-r1 in namespace ml of home is scaled to 0"),
        (
            Settings(cluster=Cluster(context="home", strategy="beside")),
            KubernetesKind(),
            "what serves as vllm-server or vllm-r1 in namespace ml of home goes on serving: candidates",
        ),
        (Settings(), ContainerKind(), "stays as it is: [container] in qualify.toml names no container"),
        (
            Settings(container=ContainerSettings(container="llm", max_downtime_seconds=60)),
            ContainerKind(),
            "the container llm is stopped for at most 60 s in all, and started again",
        ),
        (
            Settings(container=ContainerSettings(compose=(Path("c.yaml"),))),
            ContainerKind(),
            "the service that runs vLLM of c.yaml is stopped for at most 1800 s",
        ),
    ],
    ids=["local", "cluster", "beside", "canaries", "container", "compose"],
)
def test_what_becomes_of_production(
    settings: Settings, kind: LocalKind | KubernetesKind | ContainerKind, words: str
) -> None:
    """By the target, in its own words."""
    assert f"production  {words}" in told(Options(kind=kind, settings=settings))


@pytest.mark.parametrize("asked", [True, False])
def test_who_was_not_asked_is_told(asked: bool) -> None:  # noqa: FBT001 - a column of the table.
    """And how to."""
    said = told(Options(kind=KubernetesKind(), settings=CLUSTER), asked=asked)

    assert ("; the cluster home was not asked (--ask-target does); " in said) is not asked


def test_guesses_are_counted_by_their_lines(tmp_path: Path) -> None:
    """Those that count; one in a comment is none, nor is one that was confirmed."""
    source = tmp_path / "qualify.toml"
    source.write_text('a = 1  # guessed: so\n# b = 2  # guessed: no\nc = 3\n    "d",  # guessed: too\n')

    assert "marked as guesses, in line 1, 4: " in told(Options(kind=LocalKind()), source=source)


def test_the_baseline() -> None:
    """What it is, and when it is measured."""
    options = Options(kind=KubernetesKind(), settings=CLUSTER, baseline=Baseline(source=BaselineSource.CURRENT))

    assert "baseline    production, measured before the candidates and again after them" in told(options)


def test_the_time_counts_the_soak() -> None:
    """Of each candidate that is tried."""
    options = Options(kind=LocalKind(), choice=Choice(images=(ONE, TWO)), soak_seconds=600)

    assert "about 30 min on a GPU" in told(options)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in its place, or above it; a folder that is not there yet is made."""
    (tmp_path / "file").touch()

    check_lines.writable(tmp_path / "a" / "b")
    with pytest.raises(UserError, match="cannot be written to; name another folder"):
        check_lines.writable(tmp_path / "file" / "b")
