"""A run that ended and a folder of manifests, from which an upgrade is planned; for tests of the command plan."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from vllm_qualify import cli
from vllm_qualify.core.events import CaseFinished
from vllm_qualify.core.records import CaseRecord, Certainty, Diagnosis, Outcome

NOW = datetime(2026, 1, 15, tzinfo=UTC)
GOOD, OTHER, BAD = (f"vllm/vllm-openai:v{release}" for release in ("0.8.5.post1", "0.9.2", "0.12.0"))
FILES = (
    "applications/vllm/deployment.yaml",
    "applications/vllm/deployment-r1.yaml",
    "applications/litellm/configmap.yaml",
)
OLD_MODEL = "openai/Qwen/Qwen2.5-7B-Instruct-AWQ"
PATHS = "/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
E01 = Diagnosis(cause="E01", title="t", certainty=Certainty.CERTAIN, remedy=f"Put LD_LIBRARY_PATH={PATHS} in the pod.")


def case(image: str, requirement: str, *, diagnosis: Diagnosis | None = None) -> CaseFinished:
    """A case that passed, or failed of something."""
    outcome = Outcome.FAILED if diagnosis else Outcome.PASSED
    about = {"id": requirement, "sentence": "s", "started": NOW}
    return CaseFinished(
        case=CaseRecord(image=image, requirement=requirement, outcome=outcome, diagnosis=diagnosis, **about)  # type: ignore[arg-type]
    )


def git(folder: Path, *arguments: str) -> str:
    """Run git; it says nothing when all is well."""
    argv = ["git", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def plan(run: Path, lab: Path, *options: str) -> int:
    """Call the command."""
    return cli.main(["plan", str(run), "--config", str(lab / "qualify.toml"), *options])


def typed(run: Path, heading: str) -> str:
    """What an operator types who follows a part of the page."""
    part = (run / "plan" / "README.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return "".join(re.sub("(?m)^   ", "", block) for block in re.findall(r"```sh\n(.*?) *```", part, re.DOTALL))
