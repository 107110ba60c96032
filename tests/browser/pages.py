"""The pages that commands write, as a user would have them: of stored runs, and of a month of nights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.browser import sample_runs
from vllm_qualify import cli, reports
from vllm_qualify.core.records import RunRecord

_NIGHTS = 28
_SLOWER_FROM = 17
_STORED = Path(__file__).parents[1] / "unit" / "reports" / "data" / "restored.jsonl"


def matrix(run: Callable[[], RunRecord], folder: Path) -> Path:
    """The reports of one run."""
    for path, content in reports.all(run()).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder / "matrix.html"


def comparison(folder: Path) -> Path:
    """Two nights, in the second of which an image answers wrongly and loads more slowly."""
    before, after = _night(folder, 1), _night(folder, _SLOWER_FROM, regressed=True)
    cli.main(["compare", str(before), str(after), "--format", "html", "--to", str(folder)])
    return folder / "compare.html"


def merged(folder: Path) -> Path:
    """Two nights as one."""
    nights = [_night(folder, 1), _night(folder, _SLOWER_FROM, regressed=True)]
    cli.main(["report", *map(str, nights), "--merge", "--to", str(folder / "merged")])
    return folder / "merged" / "merged.html"


def history(folder: Path) -> Path:
    """A month of nights, in the middle of which loading became slower."""
    nights = [_night(folder, number) for number in range(1, _NIGHTS + 1)]
    file = str(folder / "history.sqlite")
    cli.main(["history", "--file", file, "--add", *map(str, nights)])
    cli.main(["history", "--file", file, "--format", "html", "--to", str(folder / "history.html")])
    return folder / "history.html"


def _night(folder: Path, number: int, *, regressed: bool = False) -> Path:
    """The journal of a night of that month."""
    text = _STORED.read_text(encoding="utf-8").replace("2026-01-17T", f"2026-01-{number:02}T")
    text = text.replace("20260117-", f"202601{number:02}-")
    seconds = (2.2 if number < _SLOWER_FROM else 3.4) + number % 3 / 10
    text = re.sub(r'("name":"total","value":)[\d.]+', rf"\g<1>{seconds}", text)
    path = folder / f"202601{number:02}" / "journal.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(map(_worse if regressed else str, text.splitlines(keepends=True))), encoding="utf-8")
    return path


def _worse(line: str) -> str:
    event = json.loads(line)
    case = event.get("case") or {}
    if (case.get("image"), case.get("id")) == ("vllm/vllm-openai:v0.8.5.post1", "CLASSIFY/labels"):
        case |= {"outcome": "failed", "message": "72 of 120 documents have the right label"}
    return json.dumps(event) + "\n"


MATRICES: Mapping[str, Callable[[Path], Path]] = {
    "single": partial(matrix, sample_runs.single),
    "compared": partial(matrix, sample_runs.compared),
    "lost": partial(matrix, partial(sample_runs.stored, "lost")),
    "hostile": partial(matrix, sample_runs.hostile),
    "long": partial(matrix, sample_runs.long_names),
    "large": partial(matrix, sample_runs.large),
}
OTHERS: Mapping[str, Callable[[Path], Path]] = {"comparison": comparison, "history": history, "merged": merged}
