"""What is installed beside the harness is not loaded for a qualification without need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import ROOT, Qualify

KUBECONFIG = "apiVersion: v1\nkind: Config\ncontexts: []\n"


def test_a_qualification_does_not_load_what_makes_and_deletes_clusters(tmp_path: Path) -> None:
    """As the checkout configures pytest: its options are not known, and the operator's kubeconfig is not touched."""
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(KUBECONFIG)
    flags = ("--k8s-provider", "external", "--k8s-kubeconfig", str(kubeconfig))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "suites", "--collect-only", "--image", "vllm/vllm-openai:v0.12.0", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "unrecognized arguments: --k8s-provider" in done.stderr
    assert kubeconfig.read_text() == KUBECONFIG


def test_where_another_configured_pytest_it_touches_no_kubeconfig(qualify: Qualify, tmp_path: Path) -> None:
    """There it is loaded, and with these flags deletes the file of whoever asks for its cluster; nobody here does."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    flags = ("--k8s-provider=external", f"--k8s-kubeconfig={kubeconfig}")
    before = kubeconfig.stat()

    result = qualify("--image", "vllm/vllm-openai:v0.12.0", "-k", "test_health", *flags)

    result.stdout.fnmatch_lines(["*test_health*PASSED*"])
    assert kubeconfig.read_text() == KUBECONFIG
    assert (kubeconfig.stat().st_ino, kubeconfig.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
