"""--check and `vllm-qualify check`: what a run would do, told before there is one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin import clustered
from tests.plugin.clustered import IMAGE
from tests.plugin.conftest import ROOT
from vllm_qualify.core.shipped import HOME_LAB

Run = Callable[..., subprocess.CompletedProcess[str]]
NOBODY_THERE = """
    from tests.plugin import cluster_within
    def fail(*_, **__):
        raise AssertionError("the cluster was asked")
    cluster_within.HOME.api.run = fail
    for asking in (cluster_within.node_lookup, cluster_within.reachability, cluster_within.target):
        asking.Kubectl = fail
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, copied elsewhere without its settings."""
    made = tmp_path / "operator"
    shutil.copytree(HOME_LAB, made)
    (made / "qualify.toml").unlink()
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command there, on a machine without a cluster and without an engine."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return lambda *words: subprocess.run(
        [sys.executable, "-m", "vllm_qualify", *words], cwd=folder, capture_output=True, text=True, check=False
    )


def test_what_init_wrote_works_without_an_edit(run: Run, folder: Path) -> None:
    """In an operator's folder: init, check, preflight, and the list of a run; a rehearsal needs a production."""
    assert run("init").returncode == 0

    checked = run("check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "target      local: not kubernetes, because no cluster is named" in checked.stdout
    assert "values that are marked as guesses, in line " in checked.stdout
    assert "production  stays as it is: the local target takes no production down" in checked.stdout
    told = run("preflight", "vllm/vllm-openai:v0.12.0", "--gpu", "RTX 3060", "--driver", "570.195.03")
    assert "applications/vllm/deployment-r1.yaml" in told.stdout
    assert run("run", "--collect-only", "-q", *IMAGE).returncode == 0
    rehearsed = run("run", "--dry-run")
    assert rehearsed.returncode == 4
    assert "--dry-run: the local target takes no production down; leave it out" in rehearsed.stderr
    assert not (folder / "reports").exists()


def test_without_settings_the_canary_is_what_runs(run: Run) -> None:
    """The reader is told of init, and of what an image needs."""
    done = run("check", "--image", "vllm/vllm-openai:v0.12.0", "--checks", "quick")

    assert done.returncode == 0
    assert "settings    the built-in canary profile, because there is no qualify.toml here; `vllm-qualify init`" in (
        done.stdout
    )
    assert "candidates  vllm/vllm-openai:v0.12.0: tried" in done.stdout


def test_all_mistakes_are_told_at_once(run: Run, folder: Path) -> None:
    """With 4, as a run would: of images, of wishes that the target cannot meet, and of the target itself."""
    (folder / "qualify.toml").write_text('target = "local"\n')

    done = run("run", "--check", "--image", "nope", "--cold-cache", "--max-tries", "2")

    assert done.returncode == 4
    assert all(word in done.stderr for word in ("'nope' has no tag", "--cold-cache: ", "--max-tries: only limits"))


def test_reports_that_could_not_be_written_are_a_mistake(run: Run, folder: Path) -> None:
    """Told now, not when a candidate has been tried."""
    (folder / "qualify.toml").write_text('candidates = ["vllm/vllm-openai:v0.12.0"]\n')
    (folder / "reports").write_text("a file")

    done = run("check")

    assert done.returncode == 4
    assert "reports cannot be written to; name another folder" in done.stderr


def test_a_question_to_the_target_is_for_a_check(run: Run) -> None:
    """A run asks anyway."""
    done = run("run", "--ask-target", *IMAGE)

    assert done.returncode == 4
    assert "--ask-target: a run asks its target anyway; add --check, or leave it out" in done.stderr


def test_a_cluster_is_not_asked(checkout: pytest.Pytester) -> None:
    """What would be taken away is told from the settings and the manifests alone."""
    done = clustered.run(checkout, *IMAGE, "--check", conftest=NOBODY_THERE)

    said = done.result.stdout.str()
    assert done.result.ret == pytest.ExitCode.OK
    assert "production  what serves as vllm-server or vllm-r1 in namespace ml of home is scaled to 0 while" in said
    assert "for at most 1800 s in all, and put back as it was" in said
    assert "the cluster home was not asked (--ask-target does); `vllm-qualify run --dry-run` shows each step" in said
    assert not (checkout.path / "reports").exists()


def test_a_cluster_is_asked_on_demand(checkout: pytest.Pytester) -> None:
    """And nothing of it is written."""
    done = clustered.run(checkout, *IMAGE, "--check", "--ask-target")

    assert done.result.ret == pytest.ExitCode.OK
    assert done.written == []
    assert "was not asked" not in done.result.stdout.str()


def test_what_preflight_rules_out_is_set_aside(run: Run, folder: Path) -> None:
    """With the reason, and the policy that says so."""
    manifest = folder / "applications" / "vllm" / "deployment.yaml"
    manifest.write_text(manifest.read_text().replace("- --enforce-eager", "- --trust-remote-code"))
    (folder / "qualify.toml").write_text(f'[modes.ml]\nmanifest = "{manifest}"\n')

    done = run("run", "--check", "--advisories", "high", "--image", "vllm/vllm-openai:v0.15.1")

    assert done.returncode == 0
    assert "vllm/vllm-openai:v0.15.1: set aside, " in done.stdout
