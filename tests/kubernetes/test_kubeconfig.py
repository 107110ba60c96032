from __future__ import annotations

from pathlib import Path

import pytest

from tests.kubernetes.home_lab import HomeLab

Seen = dict[str, tuple[bytes, int, int, int]]

# A tag of its own: what another test put under one is still on the node.
_TAG = "v0.8.5.post1-kubeconfig"
_IMAGE = f"vllm/vllm-openai:{_TAG}"


@pytest.fixture
def home(home_lab: HomeLab, tmp_path: Path) -> Path:
    """A home folder with nothing in it but the operator's kubeconfig, which may not be written."""
    folder = tmp_path / ".kube"
    folder.mkdir()
    (folder / "config").write_bytes(home_lab.cluster.lab.kubeconfig.read_bytes())
    (folder / "config").chmod(0o400)
    return tmp_path


def seen(home: Path) -> Seen:
    """Everything in the kubeconfig's folder: content, time of the last change, and which file it is."""
    found = sorted(path for path in (home / ".kube").rglob("*") if path.is_file())
    return {
        str(path.relative_to(home)): (path.read_bytes(), (now := path.stat()).st_mtime_ns, now.st_ino, now.st_mode)
        for path in found
    }


def test_a_run_leaves_the_kubeconfig_alone(home_lab: HomeLab, home: Path) -> None:
    """It is read, and nothing else becomes of it."""
    home_lab.candidate(_TAG, SCRIPTED_VERSION="0.8.5.post1")
    before, production = seen(home), home_lab.snapshot()

    run = home_lab.qualify("--image", _IMAGE, "-k", "starts or put_back", HOME=str(home), KUBECONFIG="")

    assert run.case(_TAG, "DEPLOY/starts")["outcome"] == "passed", run.said
    assert seen(home) == before
    assert list(before) == [".kube/config"]
    assert home_lab.snapshot() == production


def test_so_does_a_dry_run(home_lab: HomeLab, home: Path) -> None:
    """A file that KUBECONFIG names is only read as well."""
    before = seen(home)
    config = str(home / ".kube" / "config")

    rehearsed = home_lab.qualify("--image", _IMAGE, "--dry-run", HOME=str(home), KUBECONFIG=config)

    assert "vllm-qualify-snapshot" in rehearsed.said
    assert seen(home) == before


def test_a_file_that_names_no_such_context_is_left_alone_too(home_lab: HomeLab, home: Path) -> None:
    """A run that cannot begin leaves the same file behind, and says which context it looked for and which exist."""
    config = home / ".kube" / "config"
    config.chmod(0o600)
    config.write_text(config.read_text().replace(f"lab-{home_lab.cluster.lab.name}", "elsewhere"))
    before = seen(home)

    run = home_lab.qualify("--image", _IMAGE, "-k", "starts", HOME=str(home), KUBECONFIG=str(config))

    assert run.code == 4, run.said
    assert "there are elsewhere" in run.said
    assert f"lab-{home_lab.cluster.lab.name}" in run.said
    assert seen(home) == before
