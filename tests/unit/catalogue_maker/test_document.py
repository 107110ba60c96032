from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from catalogue_maker import document
from catalogue_maker.source import Source, UnknownShape


def reading(*choices: str, dest: str = "backend", **more: Any) -> dict[str, Any]:
    """What one process read of a release with one option."""
    option = {"options": [f"--{dest}"], "dest": dest, "choices": list(choices), "type": "str"}
    return {"version": "0.8.5", "engines": ["V1"], "options": {"serve": [option]}} | more


def test_readings_that_agree_are_one() -> None:
    """Nothing wavers then."""
    assert document.settled([reading("a", "b"), reading("a", "b")]) == reading("a", "b")


def test_choices_that_hang_on_the_order_of_a_set_waver() -> None:
    """What every start accepts is allowed, the rest is named apart."""
    settled = document.settled([reading("auto", "x"), reading("auto", "x", "y"), reading("auto", "z")])
    option = settled["options"]["serve"][0]

    assert (option["choices"], option["wavering"]) == (["auto"], ["x", "y", "z"])


@pytest.mark.parametrize("other", [reading("b", dest="other"), reading("a", engines=["V0"])], ids=["option", "engine"])
def test_anything_else_that_differs_stops_the_maker(other: dict[str, Any]) -> None:
    """A reading that is different every time cannot be believed."""
    with pytest.raises(UnknownShape, match="order of a set"):
        document.settled([reading("a"), deepcopy(other)])


def test_a_release_that_is_not_understood_is_told_with_file_and_line(tmp_path: Path) -> None:
    """What its own statements raise is no traceback for the developer, but a place to look at."""
    for name, text in {
        "vllm/v1/engine/core.py": "",
        "vllm/envs.py": "import os\nenvironment_variables = os.x.y\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(UnknownShape, match=r"^9\.0:vllm/envs\.py:2: AttributeError: .*; teach the maker"):
        document.read(Source(version=Version("9.0"), root=tmp_path))
