"""What the reference says of the code is so, and it leaves nothing out."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from vllm_qualify.core.records import Outcome
from vllm_qualify.core.requirements import REQUIREMENTS

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))


@pytest.fixture(name="maker", scope="module")
def _maker() -> ModuleType:
    """``script/reference``, which has no ending of a module."""
    loader = importlib.machinery.SourceFileLoader("reference_maker", str(ROOT / "script" / "reference"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = sys.modules.setdefault(loader.name, importlib.util.module_from_spec(spec))
    loader.exec_module(module)
    return module


def first_column(page: str) -> set[str]:
    """What the rows of a page's tables are about."""
    text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    return set(re.findall(r"^\| `?([\w-]+)`? \|", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_as_the_code_has_it(page: Path, maker: ModuleType) -> None:
    """``script/reference`` changes nothing on it."""
    text = page.read_text(encoding="utf-8")

    assert maker.written(text) == text


def test_every_part_that_is_made_stands_on_a_page(maker: ModuleType) -> None:
    """A table that is made and shown nowhere would be missed by nobody."""
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert [name for name in maker.PARTS if pages.count(f"<!-- {name} -->") != 1] == []


def test_every_requirement_is_explained() -> None:
    """Each column of the matrix has its row."""
    assert {each.id for each in REQUIREMENTS} <= first_column("requirements.md")


def test_every_outcome_is_explained() -> None:
    """Each word that a case can come to has its row."""
    assert {each.value for each in Outcome} <= first_column("outcomes.md")
