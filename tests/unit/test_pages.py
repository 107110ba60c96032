"""Whoever types what a page shows gets what it shows, and no block of any page is one that nothing looks at."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from tests import command_words, documented
from tests.documented import PAGES, ROOT, Block
from vllm_qualify.checks import prompt_files
from vllm_qualify.config import reading
from vllm_qualify.core import journal
from vllm_qualify.core.events import CaseFinished, Event, RunStarted
from vllm_qualify.core.records import CaseRecord, Outcome
from vllm_qualify.targets.rules import RULES

READERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "jsonl": json.loads,
    "python": ast.parse,
    "yaml": yaml.safe_load,
}
RUN_ELSEWHERE = {"docs/how-to/offline.md": "tests/package/test_offline_page.py"}
"""Pages whose commands take what these tests have not, with the test that runs them."""
LEFT_OUT = re.compile("expected one argument|arguments are required|there is no command 1")
ARE_COMMANDS = {"console", "sh"}
ARE_READ = {*READERS, "toml"}
ARE_PICTURES = {"text"}
ARE_FOR_THE_SITE = {"{include}", "{toctree}"}
DATA = Path(__file__).parent / "data"
FIRST, LATER, KILLED = "20260115-021004-local", "20260122-021004-local", "20260116-021004-kubernetes"


def a_week_later(event: Event) -> Event:
    """The same run again: the newest image loads too slowly now, and the reasoning of another one is right."""
    if isinstance(event, RunStarted):
        return replace(event, run=LATER, at=event.at + timedelta(days=7))
    return CaseFinished(case=_later(event.case)) if isinstance(event, CaseFinished) else event


def _later(case: CaseRecord) -> CaseRecord:
    if case.image.endswith("v0.12.0") and case.id in {"R1/reasoning", "R1/back"}:
        return replace(case, outcome=Outcome.PASSED, message="")
    if case.image.endswith("v0.15.1") and case.id == "LOAD/first-token":
        total, *phases = case.observations
        said = "152.3 s of 120 s; the longest phase is weights"
        slow = (replace(total, value=152.3), *phases)
        return replace(case, outcome=Outcome.FAILED, message=said, observations=slow)
    return case


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """The folder of an operator who has tried some images, twice, and once in vain."""
    shutil.copytree(ROOT / "examples" / "home-lab", tmp_path, dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples" / "own-suite", tmp_path / "own-suite")
    first = (DATA / "journal.jsonl").read_bytes()
    later = map(a_week_later, journal.decode(first.splitlines(keepends=True)))
    runs = {
        FIRST: first,
        LATER: b"".join(map(journal.encode, later)),
        KILLED: (DATA / "interrupted.jsonl").read_bytes(),
    }
    for run, content in runs.items():
        (tmp_path / "reports" / run).mkdir(parents=True)
        (tmp_path / "reports" / run / "journal.jsonl").write_bytes(content)
    (tmp_path / "reports" / "latest").symlink_to(LATER)
    return tmp_path


def text(page: Path) -> str:
    """What stands on it."""
    return page.read_text(encoding="utf-8")


def name(page: Path) -> str:
    """As a message has it."""
    return str(page.relative_to(ROOT))


def blocks(*kinds: str) -> list[tuple[Path, Block]]:
    """Every block of some kinds, with its page."""
    return [(page, block) for page in PAGES for block in documented.blocks(text(page)) if block.kind in kinds]


def place(value: object) -> str:
    """A block, in the name of a test."""
    return name(value) if isinstance(value, Path) else f"line {value.line}" if isinstance(value, Block) else ""


def run_here(page: Path) -> bool:
    """Whether it has commands that are run here."""
    return bool(documented.commands(text(page))) and name(page) not in RUN_ELSEWHERE


@pytest.mark.parametrize("page", [*filter(run_here, PAGES)], ids=name)
def test_the_commands_of_a_page_do_what_it_says(
    page: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each command ends with the exit code and the output that the page shows, in the order of the page."""
    # The harness is read from the checkout, and where the tests run it may not be installed.
    program = tmp_path_factory.mktemp("bin") / "vllm-qualify"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vllm_qualify "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    if page.parent.name == "tutorial":
        # A newcomer has manifests, and nothing of ours.
        (folder / "qualify.toml").unlink()
        shutil.rmtree(folder / "reports")
    path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.defpath])
    env = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}

    differences = [one.difference(folder, env) for one in documented.commands(text(page))]

    assert "".join(differences) == ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_that_are_run_elsewhere_are(page: Path) -> None:
    """The test that is named for a page reads it."""
    test = RUN_ELSEWHERE.get(name(page))

    assert test is None or page.name in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if documented.only_read(text(page))], ids=name)
def test_the_commands_that_cannot_run_here_are_ones_that_there_are(page: Path) -> None:
    """Programs, commands, options and their values are those of the parsers that a user's words would meet."""
    commands = documented.only_read(text(page))

    assert [f"line {one.line}: {said}" for one in commands if (said := command_words.problems(one.command))] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_commands_in_a_sentence_are_ones_that_there_are(page: Path) -> None:
    """What stands between backquotes and begins with one of the programs; a sentence may leave values out."""
    spans = [span for span in documented.spans(text(page)) if span.partition(" ")[0] in command_words.PROGRAMS]
    typed = [span for span in spans if " " in span]
    wrong = {span: command_words.problems(command_words.placed(span)) for span in typed}

    assert {span: said for span, said in wrong.items() if said and not LEFT_OUT.search(said)} == {}


@pytest.mark.parametrize(("page", "block"), blocks("toml"), ids=place)
def test_settings_on_a_page_are_taken(page: Path, block: Block) -> None:
    """Each block is a ``qualify.toml``: its keys are known, its values are ones that they may have, its rules exist."""
    settings = reading.parse(block.text, source=page)

    assert set(settings.waivers) <= set(RULES)


@pytest.mark.parametrize(("page", "block"), blocks("json", "jsonl", "python", "yaml"), ids=place)
def test_data_and_code_on_a_page_can_be_read(page: Path, block: Block) -> None:
    """By a reader of its language."""
    rows = block.text.splitlines() if block.kind == "jsonl" else [block.text]

    assert all(READERS[block.kind](row) for row in rows), page


def test_the_documents_of_the_page_are_ones_that_a_run_takes(tmp_path: Path) -> None:
    """Whoever copies documents, schema, prompts and settings from the page has files that are right together."""
    found = documented.blocks(text(ROOT / "docs" / "how-to" / "own-documents.md"))
    for block in found:
        (tmp_path / (block.file or "qualify.toml")).write_text(block.text, encoding="utf-8")

    _, work = prompt_files.with_settings(tmp_path / "qualify.toml")

    assert {block.file for block in found} == {"", "documents.jsonl", "schema.json", "prompts.json"}
    assert [document.id for document in work.documents] == ["invoice-1"]


@pytest.mark.parametrize(("page", "block"), blocks("python"), ids=place)
def test_code_on_a_page_stands_in_an_example(page: Path, block: Block) -> None:
    """Examples are run, so what a page shows of one is right."""
    examples = [path.read_text(encoding="utf-8") for path in (ROOT / "examples").rglob("*.py")]

    assert any(block.text in example for example in examples), page


@pytest.mark.parametrize(("page", "block"), blocks("text"), ids=place)
def test_a_picture_holds_no_command(page: Path, block: Block) -> None:
    """A command in it would be run by nobody."""
    typed = [line for line in block.text.splitlines() if line.strip().startswith(("$ ", *command_words.PROGRAMS))]

    assert typed == [], page


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_block_is_one_that_nothing_looks_at(page: Path) -> None:
    """All are counted: a fence that no reader of Markdown sees, a mere indent, an unknown kind or need is none."""
    found = documented.blocks(text(page))
    fences = re.findall(r"^ *(?:```|~~~)", text(page), re.MULTILINE)

    assert len(fences) == 2 * len(found)
    assert {block.kind for block in found} <= ARE_COMMANDS | ARE_READ | ARE_PICTURES | ARE_FOR_THE_SITE
    assert {block.needs for block in found} <= {"", *documented.NEEDS}
    assert [block.line for block in found if block.needs and block.kind not in ARE_COMMANDS] == []
