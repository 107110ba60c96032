"""`history`: older runs are taken in, each once, and what was measured is shown."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.history.entries import IMAGE, night, turn
from vllm_qualify import cli
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.history import store

NEWER = "vllm/vllm-openai:v0.15.1"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are called in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_runs_are_taken_in_by_any_of_their_names(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder, its journal, a folder of folders, a link to one of them: one run, taken in once."""
    reports = Path("reports")
    shutil.copytree(run, reports / "r")
    (reports / "latest").symlink_to("r")

    assert cli.main(["history", "--add", "reports", "reports/latest"]) == 0
    assert cli.main(["history", "--add", "reports/r/journal.jsonl"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "1 run taken into reports/history.sqlite",
        "0 runs taken into reports/history.sqlite; 1 run in it already",
    ]
    (kept,) = store.load(reports / "history.sqlite")
    assert kept.name == "r"


def test_a_run_that_cannot_be_read_keeps_no_other_out(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each bad path is a line, and the exit code says that there was one."""
    Path("qualify.toml").write_text('[history]\nfile = "kept.sqlite"\n')

    assert cli.main(["history", "--add", "nowhere", str(run)]) == 4

    said = capsys.readouterr()
    assert said.err.startswith("vllm-qualify history: cannot read nowhere")
    assert said.out == f"1 run taken into {Path('kept.sqlite').absolute()}\n"


def test_a_history_that_is_named_outranks_the_settings(run: Path) -> None:
    """Whatever they say."""
    Path("other.toml").write_text('[history]\nfile = "kept.sqlite"\n')

    assert cli.main(["history", "--config", "other.toml", "--file", "mine.sqlite", "--add", str(run)]) == 0

    assert [path.name for path in Path().glob("*.sqlite")] == ["mine.sqlite"]


@pytest.fixture(name="kept")
def _kept() -> Path:
    """A history of thirty nights: one image that got slower, and one that has been failing for three of them."""
    file = Path("reports/history.sqlite")
    nights = []
    for number in range(30):
        slower = turn(load=30.0 + number % 3 + 15 * (number > 19), decode_rate=40.0 + number % 2)
        failing = turn(Verdict.NOT_QUALIFIED if number > 26 else Verdict.QUALIFIED, image=NEWER)
        nights.append(night(number, slower, failing, model="qwen"))
    store.record(file, nights)
    return file


def test_the_history_is_shown(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every image with its latest verdicts, its figures, and where these changed."""
    assert cli.main(["history"]) == 0

    said = capsys.readouterr().out
    assert "qualified for 30 nights, since 2026-01-01" in said
    assert "failing for 3 nights, since 2026-01-28" in said
    assert "has not reported since 2026-01-30" in said
    assert "load time since 2026-01-21: 31 → 46 (+48.4 %, worse)" in said
    assert kept.exists()


def test_an_image_is_chosen_by_reference_tag_or_pattern(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that no run had is a mistake, with those that there are."""
    for wanted in (NEWER, "v0.15.1", "v0.15*"):
        assert cli.main(["history", "--file", str(kept), wanted]) == 0
        said = capsys.readouterr().out
        assert (NEWER in said, IMAGE in said) == (True, False)

    assert cli.main(["history", "v9"]) == 4
    assert f"no run of 'v9' is in the history; there are runs of {IMAGE} and {NEWER}" in capsys.readouterr().err


def test_a_table_for_otava_has_a_number_in_each_cell(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a named figure: a time, what must not be mixed, and the figure; images without it have no row."""
    assert cli.main(["history", "--file", str(kept), "--figure", "load", "--format", "csv"]) == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 30
    assert {row["branch"] for row in rows} == {f"{IMAGE} (qwen)"}
    assert [float(row["load"]) for row in rows[18:22]] == [30.0, 31.0, 47.0, 45.0]
    assert [datetime.fromisoformat(row["time"]).day for row in rows[:2]] == [1, 2]


def test_the_page_is_written_beside_the_history(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And anything else where it is wanted."""
    assert cli.main(["history", "--format", "html"]) == 0
    assert cli.main(["history", "--format", "json", "--to", "out/h.json"]) == 0

    assert capsys.readouterr().out.splitlines() == ["reports/history.html", "out/h.json"]
    assert "<svg" in kept.with_name("history.html").read_text()
    assert len(json.loads(Path("out/h.json").read_text())["images"]) == 2


def test_without_a_history_it_is_said_how_one_comes_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    assert cli.main(["history"]) == 4

    assert capsys.readouterr().err.startswith("vllm-qualify history: there is no history at reports/history.sqlite yet")


def test_images_and_runs_to_be_taken_in_do_not_go_together(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rather than that one of them is passed over in silence."""
    assert cli.main(["history", "v0.12.0", "--add", str(run)]) == 4

    assert "leave out the images" in capsys.readouterr().err
