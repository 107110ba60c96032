"""A row says everything that pytest must know of an option, and loading the rows costs next to nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from vllm_qualify.config import Settings
from vllm_qualify.plugin.option_table import OPTION_ROWS
from vllm_qualify.targets.table import AUTO, TARGETS

ROOT = Path(__file__).parents[3]
BY_NAME = {row.name: row for row in OPTION_ROWS}


def test_every_target_can_be_chosen() -> None:
    """The table of targets is asked, and what help and settings name are the same."""
    choices = BY_NAME["--target"].how["choices"]

    assert list(choices) == [AUTO, *TARGETS]
    assert get_args(get_type_hints(Settings)["target"]) == tuple(choices)
    assert (len(choices), "moon" in choices) == (len(TARGETS) + 1, False)


@pytest.mark.parametrize("name", ["--advisories", "--target"])
def test_help_names_what_is_read_later(name: str) -> None:
    """The words come from where they are made; what help shows of them is the same."""
    how = BY_NAME[name].how

    assert how["metavar"] == f"{{{','.join(how['choices'])}}}"


@pytest.mark.parametrize(
    "option", ["cold_cache", "local_dtype", "max_downtime", "pause_gitops", "pre_releases", "restore_patience"]
)
def test_an_option_is_named_in_five_files_at_most(option: str) -> None:
    """Its row says all that the plugin must know of it; the others are where it is carried to, and where it acts."""
    name = re.compile(rf"\b{option.replace('_', '[-_]')}(_seconds)?\b")
    files = [path for folder in ("vllm_qualify", "fixtures", "suites") for path in (ROOT / folder).rglob("*.py")]
    named = [path.name for path in files if name.search(path.read_text())]

    assert "option_table.py" in named
    assert len(named) <= 5, named
