"""What the documents say of the code is so."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from tests.documented import PAGES, ROOT
from vllm_qualify.targets import gpu_mode

READ = {".py", ".yaml", ".yml", ".toml", ".j2", ".html", ".sh"}
NAMED = re.compile(
    r"(?<!vllm: )(?<!, )\b(?:(?:canary|deploy|docs|examples)/[\w/.-]+|README|CONTRIBUTING)\.(?:json|md|toml|yaml)"
)


def prose(page: Path) -> str:
    """A page without its blocks of code, which hold neither headings nor links."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page may name, as GitHub makes it from the heading."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page leads to a file or folder, and its anchor to a heading of that file."""
    links = [link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if "://" not in link]

    places = [((page.parent / path if path else page).resolve(), anchor) for path, _, anchor in links]

    assert [str(place) for place, _ in places if not place.exists()] == []
    assert [f"{place}#{anchor}" for place, anchor in places if anchor and anchor not in anchors(place)] == []


def test_the_picture_of_the_layers_is_that_of_the_contract() -> None:
    """Every layer of the contract is a box of the picture, with the same packages, in the same order."""
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    lines = contract["importlinter:contract:layers"]["layers"].split("\n")
    wanted = [{part.strip().removeprefix("vllm_qualify.") for part in line.split("|")} for line in lines if line]
    picture = (ROOT / "docs" / "design.md").read_text().split("```text\n")[1].split("```")[0]

    boxes = [" ".join(line[:29] for line in box.splitlines()) for box in picture.split("   │\n")]
    above, *rooms = [set(re.findall(r"\w+", box)) for box in boxes]

    assert above == {"fixtures", "suites"}
    assert rooms == wanted


def test_the_cases_of_the_operators_command_are_named() -> None:
    """Each case with the marker, the marker, and the finding that blocks a run for the command."""
    suite, told = (
        (ROOT / "suites" / "test_r1_mode.py").read_text(),
        (ROOT / "docs" / "how-to" / "routing.md").read_text(),
    )

    found = re.findall(r"@pytest\.mark\.gpu_mode\n(?:@.*\n)*def test_(\w+)", suite)

    assert len(found) == 3
    for name in ("gpu_mode", gpu_mode.ANSWERS.id, *(f"R1/{case.replace('_', '-')}" for case in found)):
        assert f"`{name}`" in told, name


def test_files_that_the_code_names_are_there() -> None:
    """A page or example in a message, a comment or a workflow; those of other projects are named behind these."""
    folders = ("bench", "canary", "deploy", "fixtures", "lab", "script", "suites", "vllm_qualify", ".github")
    sources = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in READ or not path.suffix
    ]
    named = {
        (str(path.relative_to(ROOT)), name)
        for path in sources
        if path.is_file()
        for name in NAMED.findall(path.read_text(encoding="utf-8", errors="replace"))
    }

    assert len(named) > 10
    assert {(path, name) for path, name in named if not (ROOT / name).exists()} == set()
