"""What tests of the commands share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.cli.planned_run import BAD, E01, FILES, GOOD, NOW, OLD_MODEL, case, git
from vllm_qualify import preflight
from vllm_qualify.core import journal
from vllm_qualify.core.events import Event, RunFinished, RunStarted
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.preflight import node_lookup
from vllm_qualify.preflight.launch_specs import BadInput


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a qualify.toml, on a machine without a GPU."""

    def none() -> preflight.NodeFacts:
        raise BadInput("no node was given, and this machine shows no GPU")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(node_lookup, "of_this_machine", none)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run in which one candidate qualified, and a newer one died of error 804."""
    events: list[Event] = [RunStarted(run="r", at=NOW, target="kubernetes", images=(BAD, GOOD))]
    events += [case(BAD, "LOAD", diagnosis=E01), *(case(GOOD, known.id) for known in REQUIREMENTS)]
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes(b"".join(map(journal.encode, [*events, RunFinished(at=NOW, exit_code=1)])))
    return folder


@pytest.fixture(params=["repository", "folder in one", "no repository", "Windows"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The operator's folder, whose proxy still asks for the old model."""
    root = tmp_path / "home lab"
    folder = root / "k8s" if request.param == "folder in one" else root
    shutil.copytree(HOME_LAB, folder)
    proxy = folder / FILES[2]
    proxy.write_text(proxy.read_text().replace("openai/Qwen/Qwen3-8B-AWQ", f"{OLD_MODEL} # FR204"))
    if request.param == "Windows":
        for path in (folder / name for name in FILES):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    if request.param != "no repository":
        git(root, "init", "--quiet")
    return folder
