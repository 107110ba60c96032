"""What staying costs, from a run to its reports; and the policy that rules candidates out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import ROOT
from vllm_qualify import cli

OLD, MIDDLE, NEW = (f"vllm/vllm-openai:v{one}" for one in ("0.8.5.post1", "0.10.2", "0.15.1"))
EXAMPLE = ROOT / "examples" / "home-lab" / "applications" / "vllm" / "deployment.yaml"

Qualify = Callable[..., pytest.RunResult]
Matrix = Callable[[], dict[str, Any]]


@pytest.fixture
def own(checkout: pytest.Pytester) -> Callable[[str], None]:
    """Writes a manifest with an argument of one's own, beside a qualify.toml with that manifest."""

    def write(argument: str, settings: str = "") -> None:
        manifest = EXAMPLE.read_text().replace("- --enforce-eager", f"- --enforce-eager\n            - {argument}")
        (checkout.path / "deployment.yaml").write_text(manifest)
        (checkout.path / "qualify.toml").write_text(f'[modes.ml]\nmanifest = "deployment.yaml"\n{settings}')

    return write


def verdicts(matrix: dict[str, Any]) -> list[str]:
    """Of all candidates in their order."""
    return [one["verdict"] for one in matrix["candidates"]]


def test_each_report_tells_what_the_journal_has(
    qualify: Qualify, own: Callable[..., None], matrix: Matrix, checkout: pytest.Pytester
) -> None:
    """Against the image of the manifest, with what applies; a report that is made again says the same."""
    own("--api-key=of-the-operator")

    result = qualify("--image", NEW)

    assert verdicts(matrix()) == ["qualified"]
    (found,) = (one["advisories"] for one in matrix()["candidates"])
    assert (found["against"], found["release"], len(found["opens"])) == ("v0.5.5", "v0.15.1", 7)
    result.stdout.fnmatch_lines(["*advisories: against v0.5.5 closes * opens 7; 20 advisories*"])
    folder = checkout.path / "reports" / "latest"
    pages = {name: (folder / name).read_bytes() for name in ("matrix.html", "matrix.md")}
    for name in (*pages, "matrix.json"):
        (folder / name).unlink()
    assert cli.main(["report", str(folder)]) == 0
    assert {name: (folder / name).read_bytes() for name in pages} == pages
    assert matrix()["candidates"][0]["advisories"] == found
    assert all(b"CVE-2026-48746" in page for page in pages.values())


def test_a_policy_rules_out_what_applies(qualify: Qualify, own: Callable[..., None], matrix: Matrix) -> None:
    """The candidate costs no turn, and its row says which advisory; the other one, where none applies, is tried."""
    own("--trust-remote-code", '[policy]\nadvisories = "high"\n')

    result = qualify("--image", NEW, "--image", OLD)

    assert (result.ret, verdicts(matrix())) == (1, ["ruled-out", "qualified"])
    out = matrix()["candidates"][0]
    assert out["cases"] == []
    why = "CVE-2026-27893, high 8.8 (needs: remote code; in use here)"
    assert f"P33 recorded as open in v0.15.1: {why}" in out["summary"]


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ('[policy]\nadvisories = "high"\n[waivers]\nP33 = "our models are our own"\n', ()),
        ('[policy]\nadvisories = "high"\n', ("--advisories", "none")),
        ('[policy]\nadvisories = "high"\n', ("--advisories", "critical")),
        ('[policy]\nadvisories = "high"\n', ("--force",)),
    ],
    ids=["waived", "outranked", "less grave", "forced"],
)
def test_there_are_ways_around_it(
    qualify: Qualify, own: Callable[..., None], matrix: Matrix, settings: str, options: tuple[str, ...]
) -> None:
    """With a reason, for one run, or because what applies is not as grave."""
    own("--trust-remote-code", settings)

    result = qualify("--image", NEW, *options)

    assert (result.ret, verdicts(matrix())) == (0, ["qualified"])


def test_what_cannot_be_told_rules_nothing_out(qualify: Qualify, own: Callable[..., None], matrix: Matrix) -> None:
    """It is told all the same."""
    own("--disable-log-requests")

    result = qualify("--image", NEW, "--advisories", "low")

    assert (result.ret, verdicts(matrix())) == (0, ["qualified"])
    assert "cannot be told" in {one["applies"] for one in matrix()["candidates"][0]["advisories"]["stays"]}


def test_the_newest_without_one_is_picked(qualify: Qualify, own: Callable[..., None], matrix: Matrix) -> None:
    """Newer releases are passed over with their reason, and the first that qualifies ends the run."""
    own("--trust-remote-code")

    images = ("--image", OLD, "--image", MIDDLE, "--image", NEW)
    result = qualify("--pick", "newest", "--max-tries", "1", "--advisories", "high", *images)

    assert (result.ret, verdicts(matrix())) == (0, ["ruled-out", "ruled-out", "qualified"])


def test_the_command_of_the_page_finds_one(qualify: Qualify, own: Callable[..., None], matrix: Matrix) -> None:
    """As it stands there; where the command asks a registry, this one asks the catalogue."""
    own("--api-key=of-the-operator")
    page = (ROOT / "docs" / "how-to" / "advisories.md").read_text()
    (line,) = re.findall(r"^pytest (--pick .*)$", page, re.MULTILINE)

    result = qualify(*shlex.split(line), "--offline")

    assert result.ret == 0
    assert "qualified" in verdicts(matrix())
