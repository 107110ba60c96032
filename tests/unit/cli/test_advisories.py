"""``vllm-qualify advisories``; the commands of the page about it are run by ``test_pages``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.preflight_asked import ML, Captured
from vllm_qualify import cli

NEW = "vllm/vllm-openai:v0.19.1"
KEY = "--api-key=of-the-operator"

pytestmark = pytest.mark.usefixtures("elsewhere")


def said(capsys: Captured, *words: str, code: int = 0) -> str:
    """What it prints."""
    assert cli.main(["advisories", *words]) == code
    return capsys.readouterr().out


def test_what_staying_costs(capsys: Captured) -> None:
    """Without an image, all that is open in the one that the manifest names."""
    text = said(capsys, "--manifest", str(ML))

    assert text.startswith(
        "advisories of vllm/vllm-openai:v0.5.5: 31 advisories recorded as open in v0.5.5, which runs now,"
    )
    assert text.count("  CVE-") == 31


def test_arguments_say_what_applies(capsys: Captured) -> None:
    """With its reason; without a manifest nobody knows what an upgrade closes."""
    text = said(capsys, NEW, "--args", f"--model m {KEY}")

    assert "  CVE-2026-48746   critical  9.1  applies         needs: API key; in use here\n" in text
    assert "closed by the upgrade" not in text


def test_an_example_is_not_taken_for_ones_own(capsys: Captured) -> None:
    """Where nothing is given, it says what it asked about."""
    assert said(capsys, NEW).startswith("started by the example's deployment.yaml (an example; use your own with")


def test_an_unknown_release_leaves_it_undecided(capsys: Captured) -> None:
    """One of two is known: both are told, and the exit code says that one is not."""
    text = said(capsys, NEW, "my/vllm:dev", "--manifest", str(ML), code=10)

    assert "my/vllm:dev: the catalogue does not have its release" in text
    assert "closes 22, opens 5" in text


def test_without_an_image_there_must_be_one_that_runs(capsys: Captured) -> None:
    """One line says what to give."""
    assert cli.main(["advisories", "--args", "--model m"]) == 4
    assert "or the --manifest that names the one that runs" in capsys.readouterr().err


def test_the_policy_is_one_of_preflight_as_well(capsys: Captured, tmp_path: Path) -> None:
    """By the settings or by the option, which outranks them."""
    (tmp_path / "deployment.yaml").write_text(
        ML.read_text().replace("- --enforce-eager", f"- --enforce-eager\n            - {KEY}")
    )
    settings = tmp_path / "own.toml"
    settings.write_text('[modes.ml]\nmanifest = "deployment.yaml"\n[policy]\nadvisories = "high"\n')
    words = ("preflight", "vllm/vllm-openai:v0.8.5.post1", "--config", str(settings), "--gpu", "RTX 3060")
    words = (*words, "--driver", "570.195.03", "--toolkit", "1.18.0")

    assert cli.main([*words]) == 1
    assert "will not work (certain): P33 applying advisory" in capsys.readouterr().out
    assert cli.main([*words, "--advisories", "none"]) == 0
    assert "P33" not in capsys.readouterr().out
