"""--suites and qualify.toml: suites of the operator's own, beside the shipped ones."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import ROOT, outcomes

IMAGE = ("--image", "vllm/vllm-openai:v0.12.0")
OLD = "vllm/vllm-openai:v0.8.5.post1"

Qualify = Callable[..., pytest.RunResult]
Matrix = Callable[[], dict[str, Any]]


@pytest.fixture(name="example")
def _example(checkout: pytest.Pytester) -> Path:
    """The example, in the folder where pytest is started."""
    shutil.copytree(ROOT / "examples" / "own-suite", checkout.path, dirs_exist_ok=True)
    return checkout.path


def of(matrix: Matrix) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The only candidate, and its cases by id."""
    (candidate,) = matrix()["candidates"]
    return candidate, {case["id"]: case for case in candidate["cases"]}


def test_the_example_is_judged_after_the_shipped_suites(qualify: Qualify, example: Path, matrix: Matrix) -> None:
    """Its columns come last under the declared sentences, with what was measured; a candidate may qualify."""
    result = qualify(*IMAGE)

    candidate, cases = of(matrix)
    assert (result.ret, candidate["verdict"]) == (0, "qualified"), result.stdout.str()
    assert [(one["id"], one["sentence"]) for one in matrix()["requirements"]][-2:] == [
        ("LATENCY", "A summary comes within four seconds, and no later than today."),
        ("WHOLE", "A summary is whole, and counted."),
    ]
    assert candidate["cases"][-1]["id"] == "WHOLE/ends-by-itself"
    assert cases["LATENCY/summary"]["observations"][0]["limit"] == {"low": None, "high": 4.0}
    page = (example / "reports" / "latest" / "matrix.html").read_text()
    assert "A summary is whole, and counted." in page


def test_what_is_marked_is_compared_with_the_baseline(
    qualify: Qualify, suite: Callable[..., None], matrix: Matrix
) -> None:
    """The baseline is asked it before and after, and a case that compares finds both."""
    suite(
        """
        pytestmark = pytest.mark.requirement("LATENCY")
        @pytest.mark.beside
        def test_measures(candidate, conclude):
            conclude(held("time", 4.0 if candidate.name == "v0.12.0" else 2.0, unit="s", high=9))
        def test_no_later(compared, conclude):
            conclude(no_worse(compared.cases("LATENCY/measures"), "time", share=0.1))
        """
    )

    qualify(*IMAGE, "--suites", "checks", "--baseline", OLD, "-k", "test_own")

    _, cases = of(matrix)
    assert [case["id"] for case in matrix()["baseline"]["cases"]] == ["LATENCY/measures"]
    assert cases["LATENCY/no-later"]["outcome"] == "failed"
    assert cases["LATENCY/no-later"]["message"] == "time 4 s, the baseline 2 and 2: 100 % worse (limit 10 %)"


def test_a_candidate_that_does_not_start_leaves_them_blocked(qualify: Qualify, example: Path, matrix: Matrix) -> None:
    """They say nothing about what was never asked."""
    result = qualify(*IMAGE, scripts="{'v0.12.0': Script(never_ready=True)}")

    assert result.ret == 1, example
    found = outcomes(of(matrix)[0])
    assert [found[case] for case in ("LATENCY/summary", "WHOLE/ends-by-itself")] == ["blocked", "blocked"]


def test_one_that_is_required_has_to_be_shown(qualify: Qualify, example: Path, matrix: Matrix) -> None:
    """Without a case of it the candidate is undecided; one that is not required has no column then."""
    result = qualify(*IMAGE, "--deselect", "checks/test_summaries.py")

    candidate, _ = of(matrix)
    assert (result.ret, candidate["verdict"]) == (10, "inconclusive"), example
    assert candidate["requirements"]["WHOLE"] is None
    assert "LATENCY" not in candidate["requirements"]


def test_the_list_and_the_level_know_them(qualify: Qualify, example: Path, matrix: Matrix) -> None:
    """They are listed after the shipped ones, and a quick look leaves out what is not marked for it."""
    listed = qualify("--list-checks").stdout.str()
    qualify(*IMAGE, "--checks", "quick")

    assert listed.index("ROUTE/") < listed.index("LATENCY/summary") < listed.index("LATENCY/no-later"), example
    assert listed.index("LATENCY/no-later") < listed.index("WHOLE/ends-by-itself")
    assert [case for case in outcomes(of(matrix)[0]) if case.startswith(("LATENCY/", "WHOLE/"))] == [
        "WHOLE/ends-by-itself"
    ]


def test_the_reports_are_made_again_without_the_suites(qualify: Qualify, example: Path, matrix: Matrix) -> None:
    """Ids and sentences are in the journal: nothing else has to be there."""
    qualify(*IMAGE, "-k", "test_summaries")
    before = matrix()["requirements"]
    for name in ("checks", "suites"):
        shutil.rmtree(example / name)
    (example / "qualify.toml").unlink()

    words = ["report", str(example / "reports" / "latest"), "--to", str(example / "again")]
    subprocess.run([sys.executable, "-m", "vllm_qualify", *words], cwd=example, check=False, capture_output=True)

    (again,) = (example / "again").rglob("matrix.json")
    assert json.loads(again.read_text())["requirements"] == before
    assert before[-1]["sentence"] in again.with_name("matrix.html").read_text()


def test_what_a_case_does_is_what_it_says_of_the_candidate(
    qualify: Qualify, suite: Callable[..., None], checkout: pytest.Pytester, matrix: Matrix
) -> None:
    """An assertion fails the image with its text, wherever in the folder it stands; our slips break, and say where."""
    (checkout.path / "checks" / "conftest.py").write_text(
        "import pytest\n@pytest.fixture\ndef quick():\n    def held(seconds):\n        assert seconds < 4, 'too slow'\n"
        "    return held\n"
    )
    suite(
        """
        pytestmark = pytest.mark.requirement("LATENCY")
        def test_silent(candidate):
            '''It asserts nothing that does not hold.'''
            assert candidate.serving(Mode.ML).health().status == 200
        def test_asserts(candidate):
            assert 1 == 2, "one is <b>not</b> two"
        def test_helped(candidate, quick):
            quick(5)
        def test_fails(candidate):
            pytest.fail("as it says")
        def test_skips(candidate):
            pytest.skip("not here")
        def test_slips(candidate):
            {}["choices"]
        def test_forgets(candidate, conclude):
            pass
        @pytest.mark.parametrize("size", ["small", 2, 0.5, object()])
        def test_sizes(candidate, size):
            pass
        async def test_never_awaited(candidate):
            pass
        """
    )

    result = qualify(*IMAGE, "--suites", "checks", "-k", "test_own")

    candidate, cases = of(matrix)
    found = {case: (one["outcome"], one["message"]) for case, one in cases.items()}
    assert found["LATENCY/silent"] == ("passed", "")
    assert found["LATENCY/asserts"] == ("failed", "one is <b>not</b> two")
    assert found["LATENCY/helped"] == ("failed", "too slow")
    assert found["LATENCY/fails"] == ("failed", "as it says")
    assert found["LATENCY/skips"] == ("not-applicable", "not here")
    assert found["LATENCY/slips"] == ("broken", "test_own.py:17: KeyError: 'choices'")
    assert found["LATENCY/forgets"] == ("broken", "the case ended without a result")
    assert {f"LATENCY/sizes-{size}" for size in ("small", "2", "0.5", "size3")} <= set(found)
    assert found["LATENCY/never-awaited"][0] == "broken"
    assert (result.ret, candidate["verdict"]) == (1, "not-qualified")
    assert cases["LATENCY/fails"]["sentence"] == "fails"
    assert "<b>not</b> two" not in (checkout.path / "reports" / "latest" / "matrix.html").read_text()


def test_what_the_baseline_fails_too_is_a_warning(qualify: Qualify, suite: Callable[..., None], matrix: Matrix) -> None:
    """A failing assertion that is marked for both speaks against no upgrade; an engine that died of it does."""
    suite(
        """
        pytestmark = [pytest.mark.requirement("LATENCY"), pytest.mark.beside]
        def test_asserts(candidate):
            assert candidate.serving(Mode.ML).health().status == 201
        def test_kills(candidate):
            candidate.serving(Mode.ML)
            candidate._deployment.client.engine.dead = candidate.name == "v0.12.0"
        """
    )

    qualify(*IMAGE, "--suites", "checks", "--baseline", OLD, "-k", "test_own")

    _, cases = of(matrix)
    assert cases["LATENCY/asserts"]["outcome"] == "warned"
    assert "the same today" in cases["LATENCY/asserts"]["message"]
    assert cases["LATENCY/kills"]["outcome"] == "failed"
    assert cases["LATENCY/kills"]["diagnosis"]["cause"] == "E58"


def test_names_of_shipped_suites_are_free(qualify: Qualify, suite: Callable[..., None], matrix: Matrix) -> None:
    """Two files of one name are two files."""
    suite(
        '@pytest.mark.requirement("WHOLE")\ndef test_health(candidate):\n    pass\n',
        name="test_deploy.py",
    )

    qualify(*IMAGE, "--suites", "checks", "-k", "test_health")

    assert {"DEPLOY/health", "WHOLE/health"} <= outcomes(of(matrix)[0]).keys()
