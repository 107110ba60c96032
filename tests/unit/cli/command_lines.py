"""A call of each command that shows something, for tests that go through all of them, and a folder where it works."""

from __future__ import annotations

import shutil
from pathlib import Path

from vllm_qualify.cli import commands

ROOT = Path(__file__).parents[3]
DATA = Path(__file__).parents[1] / "data"
IMAGE = "vllm/vllm-openai:v0.12.0"
EARLIER, LATER = "reports/20260115-021004-local", "reports/20260122-021004-local"
WORDS = {
    "advisories": [IMAGE],
    "check": ["--image", IMAGE],
    "compare": [EARLIER, LATER],
    "completion": ["bash"],
    "diagnose": ["engine.log"],
    "doctor": [],
    "history": [],
    "init": ["--stdout"],
    "plan": ["--force", "--image", IMAGE],
    "preflight": [IMAGE, "--gpu", "RTX 3060", "--driver", "570.195.03"],
    "report": [],
    "restore": ["--context", "nope", "--namespace", "ml"],
    "run": ["--list-checks", "--image", IMAGE],
    "status": ["--offline"],
}
"""What follows the name of each command that has a module."""
NAMES = sorted(WORDS)
PARSED = sorted(set(WORDS) - {commands.RUN})
"""Those that read their options themselves."""
MODULES = sorted(set(commands.COMMANDS) - {commands.HELP})


def fill(folder: Path) -> None:
    """Make the folder of an operator who has tried some images, twice, and keeps a history of it."""
    shutil.copytree(ROOT / "examples" / "home-lab", folder, dirs_exist_ok=True)
    for run in (EARLIER, LATER):
        (folder / run).mkdir(parents=True)
        shutil.copy(DATA / "journal.jsonl", folder / run)
    (folder / "reports" / "latest").symlink_to(Path(LATER).name)
    (folder / "engine.log").write_text("INFO: started\ntorch.OutOfMemoryError: CUDA out of memory.\n")
