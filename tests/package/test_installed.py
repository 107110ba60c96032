"""What an operator does with an installed harness, in a folder of their own that is no checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.package import stand_in
from tests.package.environments import Environment
from vllm_qualify import __version__
from vllm_qualify.core.shipped import SUITES

IMAGE = ("--image", "vllm/vllm-openai:v0.8.5.post1")
CASES = sum(path.read_text().count("\ndef test_") for path in SUITES.glob("test_*.py"))


def test_nothing_of_the_checkout_is_read(installed: Environment, folder: Path) -> None:
    """Package, suites, fixtures, documents and weights are those of the environment."""
    code = (
        "import vllm_qualify; from vllm_qualify.core import shipped;"
        "print(vllm_qualify.__file__, shipped.SUITES, shipped.CANARY, shipped.HOME_LAB, shipped.FIXTURES)"
    )

    done = installed.run("python", "-c", code, cwd=folder)

    *paths, fixtures = done.stdout.split()
    assert [path for path in paths if not Path(path).is_relative_to(installed.root)] == []
    assert fixtures.startswith("vllm_qualify.")


def test_it_says_its_version(installed: Environment, folder: Path) -> None:
    """That of the checkout from which it was built."""
    done = installed.run("vllm-qualify", "--version", cwd=folder)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"vllm-qualify {__version__}\n", "")


@pytest.mark.parametrize(
    "command",
    [
        ("vllm-qualify", "run", "--collect-only", "-q"),
        ("vllm-qualify", "run", "--collect-only", "-q", "--config", "qualify.toml"),
        ("vllm-qualify", "run", "--collect-only", "-q", *IMAGE),
        ("pytest", "--collect-only", "-q", *IMAGE),
        ("pytest", "--collect-only", "-q", "--config", "qualify.toml"),
        ("pytest", "--collect-only", "-q", "--config=qualify.toml"),
        ("python", "-m", "pytest", "--collect-only", "-q", *IMAGE),
    ],
    ids=" ".join,
)
def test_every_spelling_finds_the_shipped_suites(
    installed: Environment, folder: Path, command: tuple[str, ...]
) -> None:
    """By the command or by pytest, with the settings of the folder or with an image: all cases are collected."""
    done = installed.run(*command, cwd=folder)

    images = 1 if "--image" in command else 3
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("test_deploy.py::test_starts[") == images
    assert done.stdout.count("::test_") >= CASES


def test_settings_lie_where_one_starts(installed: Environment, folder: Path) -> None:
    """The candidates are those of the folder, without a word about where its settings are."""
    settings = folder / "qualify.toml"
    settings.write_text(settings.read_text().replace("v0.15.1", "v0.32.0"))

    done = installed.run("vllm-qualify", "run", "--collect-only", "-q", cwd=folder)

    assert "v0.32.0" in done.stdout
    assert "v0.15.1" not in done.stdout


def test_the_checks_are_listed(installed: Environment, folder: Path) -> None:
    """What would be asked at each level, from the suites of the environment."""
    done = installed.run("vllm-qualify", "run", "--list-checks", cwd=folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert "DEPLOY/starts" in done.stdout


def test_preflight_predicts_without_network(installed: Environment, folder: Path) -> None:
    """From the catalogue in the wheel, for the manifest of the folder."""
    node = ("--gpu", "RTX 3060", "--driver", "570.195.03", "--toolkit", "1.18.0", "--offline")
    manifest = ("--manifest", "applications/vllm/deployment.yaml")

    done = installed.run("vllm-qualify", "preflight", "--all", *node, *manifest, cwd=folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert "v0.8.5.post1" in done.stdout


def test_the_doctor_looks_at_this_machine(installed: Environment, tmp_path: Path) -> None:
    """Every tool is found or named as missing; nothing of a checkout is asked for."""
    done = installed.run("vllm-qualify", "doctor", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert "script/" not in done.stdout


def test_first_settings_are_written_and_used(installed: Environment, folder: Path) -> None:
    """In a folder that has none yet, `init` finds the manifests, and a run takes what it wrote."""
    (folder / "qualify.toml").unlink()

    made = installed.run("vllm-qualify", "init", cwd=folder)
    collected = installed.run("vllm-qualify", "run", "--collect-only", "-q", cwd=folder)

    assert made.returncode == 0, made.stderr
    assert "Traceback" not in made.stderr
    assert (collected.returncode, collected.stderr) == (0, "")
    assert "test_deploy.py::test_starts[" in collected.stdout


def test_a_rehearsal_says_what_it_lacks(installed: Environment, folder: Path) -> None:
    """On a machine without kubectl: by one message, with nothing written and the code for an open question."""
    done = installed.run("vllm-qualify", "run", "--dry-run", cwd=folder)

    assert done.returncode == 10
    assert "the cluster home-lab does not answer: there is no kubectl; install kubectl" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(folder.glob("reports/*"))


def test_a_whole_run_writes_its_reports_into_the_folder(installed: Environment, folder: Path, tmp_path: Path) -> None:
    """On a simulated engine: a verdict, every report, and nothing beside `reports` that was not there before."""
    before = {path.name for path in folder.iterdir()}
    target = ("--target", "local", "-p", stand_in.PLUGIN)

    done = installed.run("vllm-qualify", "run", *IMAGE, *target, cwd=folder, **stand_in.write(tmp_path / "extra"))

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    matrix = json.loads((folder / "reports" / "latest" / "matrix.json").read_text())
    assert [one["verdict"] for one in matrix["candidates"]] == ["qualified"]
    assert {path.name for path in folder.iterdir()} - before == {"reports"}
    assert installed.run("vllm-qualify", "report", cwd=folder).returncode == 0
