"""--suites: own suites that could not be judged are refused before anything is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

IMAGE, OLD = ("--image", "vllm/vllm-openai:v0.12.0"), "vllm/vllm-openai:v0.8.5.post1"

Qualify = Callable[..., pytest.RunResult]


def problems(result: pytest.RunResult) -> list[str]:
    """The lines of a refusal."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR, result.stdout.str() + result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    return [line for line in result.stderr.str().removeprefix("ERROR: ").splitlines() if line]


def test_all_that_cannot_be_judged_is_told_before_anything_runs(
    qualify: Qualify, suite: Callable[..., None], checkout: pytest.Pytester
) -> None:
    """One line a problem, each with its place, and no folder of a run is left."""
    suite(
        """
        def test_unmarked(candidate): pass
        @pytest.mark.requirement("LATENCI")
        def test_undeclared(candidate): pass
        @pytest.mark.requirement("LOAD")
        def test_shipped(candidate): pass
        @pytest.mark.requirement("LATENCY")
        def test_alone(): pass
        @pytest.mark.requirement("LATENCY")
        def test_typo(candidate, subject): pass
        @pytest.mark.requirement("LATENCY")
        @pytest.mark.level("slow")
        @pytest.mark.cost("much")
        @pytest.mark.only_with("--nothing")
        def test_marks(candidate): pass
        @pytest.mark.requirement("LATENCY")
        def test_twice(candidate): pass
        class TestAgain:
            @pytest.mark.requirement("LATENCY")
            def test_twice(self, candidate): pass
        """
    )
    suite("import nothing_of_that_name\n", name="test_import.py")
    suite("def test_x(:\n", name="test_syntax.py")

    told = problems(qualify(*IMAGE, "--image", OLD, "--suites", "checks"))

    wanted = {
        "test_import.py:3: cannot be imported: ModuleNotFoundError: No module named 'nothing_of_that_name'",
        "test_syntax.py:3: cannot be imported: SyntaxError",
        "test_unmarked has no requirement",
        "the requirement 'LATENCI' is not declared; did you mean LATENCY?",
        "LOAD is a shipped requirement",
        "test_alone asks no candidate",
        "test_typo takes subject, and there is no such fixture",
        "its level is 'slow'; expected one of quick, default, full",
        "its cost is 'much'",
        "it only runs with '--nothing'",
        "is LATENCY/twice, as",
    }
    assert [one for one in wanted if sum(one in line for line in told) != 1] == [], told
    assert len(told) == len(wanted)
    assert not list((checkout.path / "reports").glob("2*"))


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("gone", "there is no folder"),
        ("qualify.toml", "there is no folder"),
        ("empty", "holds no case"),
        (".", "is, holds or lies in the shipped suites"),
        ("suites", "is, holds or lies in the shipped suites"),
    ],
)
def test_a_folder_that_can_hold_none_is_refused(
    qualify: Qualify, suite: Callable[..., None], checkout: pytest.Pytester, folder: str, said: str
) -> None:
    """With what is the matter with it, in one line."""
    suite("", name="helper.py")
    (checkout.path / "empty").mkdir()

    [line] = problems(qualify(*IMAGE, "--suites", folder))

    assert said in line


def test_a_file_that_cannot_be_imported_is_told_whoever_gives_up_first(
    qualify: Qualify, suite: Callable[..., None]
) -> None:
    """With -x pytest stops collecting there; that is no verdict on any image. Nor is it listed as if all were well."""
    suite("import nothing_of_that_name\n")

    for words in (("-x", *IMAGE), ("--list-checks",)):
        [line] = problems(qualify("--suites", "checks", *words))

        assert "test_own.py:3: cannot be imported" in line
