"""A made-up release of a few files, written the ways in which vLLM is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from packaging.version import Version

from catalogue_maker.source import Source


@pytest.fixture
def release(tmp_path: Path) -> Callable[[Mapping[str, str]], Source]:
    """Makes a release of these files, by path."""

    def make(files: Mapping[str, str]) -> Source:
        for name, text in files.items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(dedent(text), encoding="utf-8")
        return Source(version=Version("0.12.0"), root=tmp_path)

    return make
