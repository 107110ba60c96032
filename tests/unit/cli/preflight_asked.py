"""Questions to the command preflight, as a user asks them; for its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify import cli

ROOT = Path(__file__).parents[3]
ML = ROOT / "examples" / "home-lab" / "applications" / "vllm" / "deployment.yaml"
NODE = ("--gpu", "RTX 3060", "--driver", "570.195.03", "--toolkit", "1.18.0")
OVERRIDE = "LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
Captured = pytest.CaptureFixture[str]


def said(capsys: Captured, *words: str, code: int = 0) -> str:
    """What it prints for the operator's node and manifest, unless the words say otherwise."""
    manifest = () if {"--args", "--manifest", "--config"} & set(words) else ("--manifest", str(ML))
    assert cli.main(["preflight", *words, *NODE, *manifest]) == code
    return capsys.readouterr().out


def wrong(capsys: Captured, *words: str) -> str:
    """The one line about a mistake."""
    assert cli.main(["preflight", *words]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line.removeprefix("vllm-qualify preflight: ")
