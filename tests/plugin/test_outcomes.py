"""What a run makes of engines that fail: the right blame, the right words, the right exit code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

IMAGE = "vllm/vllm-openai:v0.12.0"
Qualify = Callable[..., pytest.RunResult]
Matrix = Callable[[], dict[str, Any]]


def of(matrix: Matrix) -> dict[str, dict[str, Any]]:
    """The cases of the only candidate by their id."""
    (candidate,) = matrix()["candidates"]
    return {case["id"]: case for case in candidate["cases"]} | {"": candidate}


def test_wrong_answers(qualify: Qualify, matrix: Matrix) -> None:
    """An engine that answers garbage fails by its answers; nothing of it is our error."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(behaviour='babbles')}")

    cases = of(matrix)
    assert (result.ret, cases[""]["verdict"]) == (1, "not-qualified")
    assert cases["CLASSIFY/labels"]["outcome"] == "failed"
    assert "0 of 72" in cases["CLASSIFY/labels"]["message"]
    assert "broken" not in {case.get("outcome") for case in cases.values()}


def test_an_engine_that_dies(qualify: Qualify, matrix: Matrix) -> None:
    """The case in which it dies fails with the first cause; what can no longer be asked is blocked."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(behaviour='crashes-on-schema')}")

    cases = of(matrix)
    assert (result.ret, cases["CLASSIFY/with-schema"]["outcome"]) == (1, "failed")
    assert cases["CLASSIFY/with-schema"]["diagnosis"]["cause"] == "E58"
    assert cases["CLASSIFY/invalid-schema"]["outcome"] == "blocked"
    assert "CLASSIFY/with-schema" in cases["CLASSIFY/invalid-schema"]["message"]
    assert {cases[case]["outcome"] for case in ("R1/switch", "R1/reasons", "R1/switch-back")} == {"passed"}


def test_an_error_of_ours_while_the_engine_dies(qualify: Qualify, checkout: pytest.Pytester, matrix: Matrix) -> None:
    """Blame needs evidence: what our code stumbles over when the engine just died is the image's failure."""
    (checkout.path / "suites" / "test_stumble.py").write_text(
        "import pytest\nfrom vllm_qualify.targets.base import Mode\n@pytest.mark.requirement('LOAD')\n"
        "def test_stumble(candidate):\n    '''Stumbles.'''\n    candidate.start(Mode.ML)\n"
        "    candidate._deployment.client.engine.dead = True\n    int('x')\n"
    )

    qualify("--image", IMAGE)

    case = of(matrix)["LOAD/stumble"]
    assert (case["outcome"], case["diagnosis"]["cause"]) == ("failed", "E58")


def test_an_engine_that_dies_after_a_good_answer(qualify: Qualify, matrix: Matrix) -> None:
    """A last answer that was right does not hide that the engine died of it, and nobody else is blamed."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(behaviour='crashes-after-refusal')}")

    cases = of(matrix)
    assert (result.ret, cases["CLASSIFY/invalid-schema"]["outcome"]) == (1, "failed")
    assert "the engine died" in cases["CLASSIFY/invalid-schema"]["message"]
    assert cases["THROUGHPUT/decode-rate"]["outcome"] == "blocked"
    assert cases["VRAM/vram"]["outcome"] == "not-applicable"


def test_an_engine_that_hangs(qualify: Qualify, matrix: Matrix) -> None:
    """It is nobody's failure and no pass: undecided where it hangs, blocked behind that, until the next start."""
    result = qualify("--image", IMAGE, "-k", "test_deploy or test_switch", scripts="{'v0.12.0': Script(hangs=9)}")

    cases = of(matrix)
    assert (result.ret, cases[""]["verdict"]) == (10, "inconclusive")
    assert cases["DEPLOY/starts"]["outcome"] == "inconclusive"
    assert cases["DEPLOY/starts"]["message"] == "started and ready; the engine hung: /health was silent"
    assert cases["DEPLOY/health"]["outcome"] == "blocked"
    assert cases["DEPLOY/health"]["message"] == "the engine hung in DEPLOY/starts: /health was silent"


def test_an_engine_that_hangs_and_comes_back(qualify: Qualify, matrix: Matrix) -> None:
    """The case in which it was noticed has a warning, and no later one pays for it."""
    qualify("--image", IMAGE, "-k", "test_deploy", scripts="{'v0.12.0': Script(hangs=1)}")

    cases = of(matrix)
    assert cases["DEPLOY/starts"]["outcome"] == "warned"
    assert "the engine hung for 31 s and came back" in cases["DEPLOY/starts"]["message"]
    assert {cases[case]["outcome"] for case in ("DEPLOY/health", "DEPLOY/stream", "DEPLOY/stays-up")} == {"passed"}


def test_an_engine_that_never_starts(qualify: Qualify, matrix: Matrix) -> None:
    """It fails once, with the cause; everything that needs it is blocked."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(never_ready=True)}")

    cases = of(matrix)
    assert result.ret == 1
    assert cases["DEPLOY/starts"]["diagnosis"]["cause"] == "E58"
    later = ("DEPLOY/health", "LOAD/first-token", "CLASSIFY/labels", "R1/switch", "R1/models", "R1/switch-back")
    assert {cases[case]["outcome"] for case in later} == {"blocked"}


def test_an_engine_that_cannot_be_had(qualify: Qualify, matrix: Matrix) -> None:
    """It is our lack, not the image's fault: broken once, blocked behind it, exit code 10."""
    script = "{'v0.12.0': Script(unavailable='nothing is cached and --offline forbids fetching')}"

    result = qualify("--image", IMAGE, scripts=script)

    cases = of(matrix)
    assert (result.ret, cases[""]["verdict"]) == (10, "broken")
    assert cases["ARGS/made-up-flag"]["message"] == "nothing is cached and --offline forbids fetching"
    assert cases["DEPLOY/starts"]["outcome"] == "blocked"


def test_a_port_that_is_in_use(qualify: Qualify, matrix: Matrix) -> None:
    """What cannot be started here is told once; the cases behind it are blocked, those beside it are judged."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(no_start='port 8000 is in use')}")

    cases = of(matrix)
    assert (result.ret, cases["DEPLOY/starts"]["outcome"]) == (10, "broken")
    assert cases["DEPLOY/starts"]["message"] == "port 8000 is in use"
    assert {cases[case]["outcome"] for case in ("DEPLOY/health", "LOAD/first-token", "R1/switch")} == {"blocked"}
    assert cases["ARGS/accepted"]["outcome"] == "passed"


def test_a_parser_that_cannot_be_had(qualify: Qualify, matrix: Matrix) -> None:
    """Without the release's parser the arguments are undecided, and everything else is judged all the same."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(no_parser='no such wheel')}")

    cases = of(matrix)
    assert (result.ret, cases["ARGS/made-up-flag"]["outcome"]) == (10, "broken")
    assert cases["ARGS/accepted"]["outcome"] == "blocked"
    assert cases["CLASSIFY/labels"]["outcome"] == "passed"


def test_an_argument_that_is_gone(qualify: Qualify, matrix: Matrix) -> None:
    """The argument is named in the message, and the image fails by it."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(refuses='--enforce-eager')}")

    cases = of(matrix)
    assert (result.ret, cases["ARGS/accepted"]["outcome"]) == (1, "failed")
    assert "--enforce-eager" in cases["ARGS/accepted"]["message"]
    assert cases["ARGS/r1-accepted"]["outcome"] == "passed"


@pytest.mark.parametrize(
    ("release", "outcome", "said"),
    [
        ("0.12.0", "passed", "all 195 options"),
        ("0.15.1", "warned", "the package claims to be vLLM 0.15.1"),
        ("", "not-applicable", "reported 0 options"),
    ],
)
def test_an_image_that_is_another_release(
    qualify: Qualify, matrix: Matrix, release: str, outcome: str, said: str
) -> None:
    """What is not the release that its tag names is warned of; what stands in for a parser proves nothing of that."""
    qualify("--image", IMAGE, "-k", "catalogue", scripts=f"{{'v0.12.0': Script(release={release!r})}}")

    case = of(matrix)["ARGS/catalogue"]
    assert (case["outcome"], said in case["message"]) == (outcome, True), case["message"]


def test_the_next_image_is_tried_all_the_same(qualify: Qualify, matrix: Matrix) -> None:
    """A failed candidate does not cost the next one its turn."""
    images = ("--image", IMAGE, "--image", "vllm/vllm-openai:v0.15.1")

    result = qualify(*images, scripts="{'v0.12.0': Script(never_ready=True)}")

    assert result.ret == 1
    assert [one["verdict"] for one in matrix()["candidates"]] == ["not-qualified", "qualified"]


def test_failures_are_told_without_a_traceback(qualify: Qualify) -> None:
    """The terminal shows what happened, the cause and the remedy; a traceback would hide them."""
    result = qualify("--image", IMAGE, scripts="{'v0.12.0': Script(never_ready=True)}")

    result.stdout.fnmatch_lines(["*cause: logits must be of type float32 (E58; *", "*what to do: use float32*"])
    assert "Traceback" not in result.stdout.str()
    assert not re.search(r"\.py:\d", result.stdout.str())


def test_part_of_the_suites_qualifies_nothing(qualify: Qualify, matrix: Matrix) -> None:
    """A run that left requirements out is inconclusive, however green it was."""
    result = qualify("--image", IMAGE, "-k", "test_deploy")

    assert (result.ret, of(matrix)[""]["verdict"]) == (10, "inconclusive")


def test_a_suite_that_never_concludes(qualify: Qualify, checkout: pytest.Pytester, matrix: Matrix) -> None:
    """A case without a conclusion proves nothing and is shown as our fault."""
    (checkout.path / "suites" / "test_empty.py").write_text(
        "import pytest\n@pytest.mark.requirement('LOAD')\ndef test_nothing(candidate):\n    '''Nothing.'''\n"
    )

    result = qualify("--image", IMAGE)

    assert (result.ret, of(matrix)["LOAD/nothing"]["outcome"]) == (10, "broken")


def test_our_own_fault_keeps_its_traceback(qualify: Qualify, checkout: pytest.Pytester, matrix: Matrix) -> None:
    """An error of the harness is broken, not failed; where it happened is kept as evidence, not thrown at the user."""
    (checkout.path / "suites" / "test_ours.py").write_text(
        "import pytest\n@pytest.mark.requirement('LOAD')\ndef test_ours(candidate):\n    '''Ours.'''\n    int('x')\n"
    )

    result = qualify("--image", IMAGE)

    case = of(matrix)["LOAD/ours"]
    assert (result.ret, case["outcome"]) == (10, "broken")
    assert "Traceback" not in result.stdout.str()
    (kept,) = (one["path"] for one in case["evidence"] if one["name"].endswith("traceback"))
    assert 'test_ours.py", line 5' in (checkout.path / "reports" / "latest" / kept).read_text()
