from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from vllm_qualify.core import images
from vllm_qualify.core.advisories import AdvisoryOutlook, Applicability, JudgedAdvisory, Rating
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Outcome, RunRecord, StandIn
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.reports import upgrade
from vllm_qualify.reports.upgrade import UpgradePage
from vllm_qualify.upgrade.edits import FileChange, ModeFile, Upgrade
from vllm_qualify.upgrade.patch import Patch
from vllm_qualify.upgrade.steps import UpgradeStep

NOW = datetime(2026, 1, 15, tzinfo=UTC)
IMAGE = "vllm/vllm-openai:v0.9.2"
ARGUMENTS = {"arguments of the ml mode": "--model a"}


def case(requirement: str, outcome: Outcome = Outcome.PASSED) -> CaseRecord:
    """A case."""
    return CaseRecord(image=IMAGE, requirement=requirement, id=requirement, sentence="s", outcome=outcome, started=NOW)


GOOD = CandidateRecord(
    image=IMAGE, target="kubernetes", facts=ARGUMENTS, cases=tuple(case(one.id) for one in REQUIREMENTS)
)
SERVING = ServingManifest(source="d", kind="Deployment", name="vllm", command_line=("--model", "a"))
PLAN = UpgradePage(
    run=RunRecord(run="r", started=NOW, target="kubernetes", candidates=(GOOD,)),
    candidate=GOOD,
    modes=(ModeFile(mode="ml", path="d.yaml", serving=SERVING),),
    upgrade=Upgrade(
        image=images.parse(IMAGE), changes=(FileChange(path="d.yaml", before="", after="", what=("it_changes",)),)
    ),
    patch=Patch(text="-a\r\n+```b\r\n"),
    there=(UpgradeStep(title="First", text="Why.", commands=("one", "two")), UpgradeStep(title="Second")),
    back=(UpgradeStep(title="Third", commands=("three",)),),
)


def page(**changed: object) -> str:
    """The page of a plan."""
    return upgrade.page(dataclasses.replace(PLAN, **changed))  # type: ignore[arg-type]


def test_a_plan_without_a_doubt_warns_of_nothing() -> None:
    """It names the run, and every step in its order; words of the file cannot break the page."""
    said = page()

    assert "**" not in said.partition("## What changes")[0]
    assert "Run `r`: qualified on kubernetes." in said
    assert "- `d.yaml`: it\\_changes\n" in said
    assert "````diff\n-a\n+```b\n````\n" in said
    assert (
        "1. **First.** Why.\n\n   ```sh\n   one\n   two\n   ```\n\n2. **Second.**\n\n## The rollback\n\n1. **Third.**"
        in said
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"run": dataclasses.replace(PLAN.run, production=(case("RESTORE", Outcome.BROKEN),))},
            "run vllm-qualify restore",
        ),
        ({"candidate": dataclasses.replace(GOOD, interrupted=True)}, "did not qualify; the plan was forced"),
        (
            {"candidate": dataclasses.replace(GOOD, stand_in=StandIn(distribution="cpu", version="1", exact=True))},
            "The run used cpu 1, not the image",
        ),
        (
            {"candidate": dataclasses.replace(GOOD, facts={"arguments of the ml mode": "--model b"})},
            "have changed since",
        ),
        (
            {"upgrade": dataclasses.replace(PLAN.upgrade, environment={"NAME": "v"})},
            "No run has tried the image with NAME",
        ),
    ],
)
def test_what_the_run_does_not_speak_for_is_said_first(changed: dict[str, object], said: str) -> None:
    """Before anything that could be copied from the page."""
    assert said in page(**changed).partition("## What changes")[0]


def test_a_variable_that_the_run_had_was_tried() -> None:
    """Only another value would be news."""
    for value, said in (("v", False), ("w", True)):
        changed = {
            "candidate": dataclasses.replace(GOOD, environment={"NAME": "v"}),
            "upgrade": dataclasses.replace(PLAN.upgrade, environment={"NAME": value}),
        }
        assert ("No run has tried the image with NAME" in page(**changed)) is said


def test_what_was_tried_is_named_by_its_digest() -> None:
    """A tag may mean another image tomorrow."""
    found = dataclasses.replace(GOOD, facts=ARGUMENTS | {"digest": "sha256:abc"})

    assert "The tried image is `sha256:abc`" in page(candidate=found)


def test_what_staying_costs_stands_beside_what_changes() -> None:
    """The line, with a link to each that applies; a run of earlier versions has no such part."""
    advisory = JudgedAdvisory(
        name="CVE-1", id="P-1", score=9.8, rating=Rating.CRITICAL, applies=Applicability.APPLIES, why="needs: API key"
    )
    outlook = AdvisoryOutlook(
        release="v2",
        released="2026-01-01",
        against="v1",
        closes=(advisory,),
        opens=(),
        stays=(),
        until="2026-01-02",
        source="somewhere, CC BY 4.0",
    )

    said = page(candidate=dataclasses.replace(GOOD, advisories=outlook))

    assert said.partition("## What staying costs\n\n")[2].partition("\n\n## What changes")[0] == (
        "Against v1 closes 1 (1 applies), opens 0; 0 advisories recorded as open in v2 as of 2026-01-02.\n\n"
        "Apply here, closed by the upgrade:\n\n"
        "- [CVE-1, critical 9.8](https://osv.dev/vulnerability/P-1): needs: API key\n\n"
        "Recorded by 2026-01-02 in the somewhere, CC BY 4.0; none on record does not mean that a release is safe."
    )
    assert "staying" not in page()


def test_what_is_left_to_the_operator_stands_before_the_commands() -> None:
    """It has a part of its own."""
    said = page(upgrade=dataclasses.replace(PLAN.upgrade, by_hand=("mend c.yaml:3",)))

    assert "## To do by hand\n\n- mend c.yaml:3\n\n## The upgrade" in said
