"""An own suite's word on the candidate is told from a fault of its code, and from one of the harness."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.plugin import suite_faults

HARNESS = Path(suite_faults.__file__).parents[1]


@pytest.fixture(name="raised")
def _raised(tmp_path: Path) -> Callable[..., BaseException]:
    """Runs a text as a file of the suites that calls another file, and gives what was raised."""

    def run(text: str, *, calls: str = "", within: Path = HARNESS) -> BaseException:
        names: dict[str, Any] = {"pytest": pytest}
        exec(compile(calls, str(within / "callee.py"), "exec"), names)  # noqa: S102 - a suite of this test
        file = tmp_path / "checks" / "test_x.py"
        file.parent.mkdir()
        file.write_text(text)
        try:
            exec(compile(text, str(file), "exec"), names)  # noqa: S102
        except BaseException as error:  # noqa: BLE001 - whatever it is
            return error
        raise AssertionError("nothing was raised")

    return run


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("assert 1 == 2, 'one is not two'", "one is not two"),
        ("raise AssertionError('first\\nsecond')", "first"),
        ("seconds = 5\nassert seconds < 4", "assert seconds < 4"),
        ("pytest.fail('too slow')", "too slow"),
        ("int('x')", ""),
        ("raise KeyError('a')", ""),
    ],
)
def test_an_assertion_speaks_of_the_candidate(
    raised: Callable[..., BaseException], tmp_path: Path, text: str, said: str
) -> None:
    """With its first line, or with its own text where it has none; no other exception does."""
    assert suite_faults.asserted(raised(text), tmp_path / "checks") == said


def test_an_assertion_within_the_harness_is_its_own(raised: Callable[..., BaseException], tmp_path: Path) -> None:
    """It says that something of ours is wrong, and nothing of the image."""
    error = raised("broken()", calls="def broken():\n    raise AssertionError('ours')")

    assert suite_faults.asserted(error, tmp_path / "checks") == ""


def test_an_assertion_of_a_library_is_the_suites(raised: Callable[..., BaseException], tmp_path: Path) -> None:
    """It holds the values that the suite gave it."""
    error = raised("same()", calls="def same():\n    raise AssertionError('not same')", within=tmp_path)

    assert suite_faults.asserted(error, tmp_path / "checks") == "not same"


def test_a_fault_of_the_code_is_told_with_its_place(raised: Callable[..., BaseException], tmp_path: Path) -> None:
    """The author of the suite sees the line to mend."""
    assert suite_faults.stumbled(raised("\nint('x')"), tmp_path / "checks") == (
        "test_x.py:2: ValueError: invalid literal for int() with base 10: 'x'"
    )


def test_what_no_line_of_the_suites_raised_is_told_without_one(tmp_path: Path) -> None:
    """As where pytest itself refuses to call it."""
    assert suite_faults.stumbled(ValueError("odd"), tmp_path) == "ValueError: odd"
