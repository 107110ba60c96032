"""What ``vllm-qualify plan`` prints, typed into a shell on a real cluster: production is upgraded, and comes back."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.kubernetes.home_lab import PRODUCTION, PRODUCTION_MODEL, HomeLab
from vllm_qualify import cli
from vllm_qualify.core import journal
from vllm_qualify.core.events import CaseFinished, Event, RunFinished, RunStarted
from vllm_qualify.core.records import CaseRecord, Outcome
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.kube import objects

NOW = datetime(2026, 1, 15, tzinfo=UTC)
# A tag of its own: what another test put under one is still on the node.
TAG = "v0.9.1"
MODEL = "Qwen/Qwen3-8B-AWQ"


@pytest.fixture
def page(home_lab: HomeLab) -> str:
    """The plan for a candidate that a run found good, and a proxy whose config map is as old as production."""
    image = home_lab.candidate(TAG)
    proxy = home_lab.folder / "applications" / "litellm" / "configmap.yaml"
    proxy.write_text(proxy.read_text().replace(MODEL, PRODUCTION_MODEL))
    home_lab.say("apply", "-f", str(proxy))
    events: list[Event] = [RunStarted(run="r", at=NOW, target="kubernetes", images=(image,)), *passed(image)]
    run = home_lab.reports / "r"
    run.mkdir(parents=True)
    (run / "journal.jsonl").write_bytes(b"".join(map(journal.encode, [*events, RunFinished(at=NOW, exit_code=0)])))

    assert cli.main(["plan", str(run), "--config", str(home_lab.folder / "qualify.toml")]) == 0

    return (run / "plan" / "README.md").read_text()


def passed(image: str) -> list[Event]:
    """Every requirement holds."""
    cases = (
        CaseRecord(image=image, requirement=r.id, id=r.id, sentence="s", outcome=Outcome.PASSED, started=NOW)
        for r in REQUIREMENTS
    )
    return [CaseFinished(case=case) for case in cases]


def follow(home_lab: HomeLab, page: str, heading: str, tools: Path) -> str:
    """Type every command of a part of the page; the first that fails ends it."""
    part = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    script = "".join(re.sub("(?m)^   ", "", block) for block in re.findall(r"```sh\n(.*?) *```", part, re.DOTALL))
    path = f"{tools}:{home_lab.environment()['PATH']}"
    env = home_lab.environment(PATH=path, LITELLM_MASTER_KEY="unused")
    done = subprocess.run(
        ["/bin/sh", "-eu"], input=script, env=env, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A curl that reaches a proxy: nobody runs one here, and tests/routing asks a real one."""
    curl = tmp_path / "curl"
    curl.write_text("#!/bin/sh\necho x-litellm-attempted-fallbacks: 0\n")
    curl.chmod(0o755)
    return tmp_path


def test_the_printed_commands_upgrade_production_and_bring_back_what_ran(
    home_lab: HomeLab, page: str, tools: Path
) -> None:
    """Also where the files said something else than what ran; R1, replicas and the proxy as well."""
    before, files = home_lab.snapshot(), contents(home_lab)

    said = follow(home_lab, page, "The upgrade", tools)

    assert f'"id":"{MODEL}"' in said.replace(" ", "")
    assert running(home_lab) == (f"vllm/vllm-openai:{TAG}", MODEL)
    assert contents(home_lab) != files

    follow(home_lab, page, "The rollback", tools)

    assert running(home_lab) == (PRODUCTION, PRODUCTION_MODEL)
    after = home_lab.snapshot()
    assert {name: objects.differences(one, after[name]) for name, one in before.items()} == dict.fromkeys(before, ())
    assert contents(home_lab) == files


def running(home_lab: HomeLab) -> tuple[str, str]:
    """Image and model of production."""
    container = home_lab.get("deployment", "vllm-server")["spec"]["template"]["spec"]["containers"][0]
    return container["image"], container["args"][1]


def contents(home_lab: HomeLab) -> list[bytes]:
    """The operator's files."""
    return [path.read_bytes() for path in sorted(home_lab.folder.glob("applications/**/*.yaml"))]
