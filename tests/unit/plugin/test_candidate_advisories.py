"""What a run knows of its candidates' security when it begins."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from vllm_qualify.checks.comparison.stored import StoredRun
from vllm_qualify.config import Modes, ModeSettings, Settings
from vllm_qualify.core import images
from vllm_qualify.core.advisories import AdvisoryOutlook, Applicability
from vllm_qualify.core.records import CandidateRecord
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.plugin import candidate_advisories
from vllm_qualify.plugin.baseline_choice import Baseline, BaselineSource

NEW, NIGHTLY = "vllm/vllm-openai:v0.19.1", "vllm/vllm-openai:nightly"
MANIFEST = HOME_LAB / "applications" / "vllm" / "deployment.yaml"
STORED = StoredRun(name="r", first=CandidateRecord(image="vllm/vllm-openai:v0.9.2", target="local"))


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings with a manifest of the operator's own, which uses an API key."""
    manifest = tmp_path / "deployment.yaml"
    manifest.write_text(MANIFEST.read_text().replace("- --enforce-eager", "- --api-key=k"))
    return Settings(modes=Modes(ml=ModeSettings(manifest=manifest)))


def of(settings: Settings, *tags: str, baseline: Baseline | None = None) -> dict[str, AdvisoryOutlook]:
    """What is known of images."""
    candidates = map(images.parse, tags)
    return candidate_advisories.of(candidates, settings, environment={}, baseline=baseline or Baseline())


def test_the_manifest_names_what_runs_now(own: Settings) -> None:
    """And its arguments say what applies."""
    (found,) = of(own, NEW).values()

    assert (found.against, len(found.closes), len(found.opens)) == ("v0.5.5", 22, 5)
    assert [one.name for one in found.open if one.applies is Applicability.APPLIES] == ["CVE-2026-48746"]


@pytest.mark.parametrize(
    ("baseline", "against"),
    [
        (Baseline(source=BaselineSource.CURRENT), "v0.5.5"),
        (Baseline(source=BaselineSource.IMAGE, image=images.parse("vllm/vllm-openai:v0.10.2")), "v0.10.2"),
        (Baseline(source=BaselineSource.RUN, stored=STORED), "v0.9.2"),
        (
            Baseline(
                source=BaselineSource.RUN,
                stored=dataclasses.replace(STORED, first=dataclasses.replace(STORED.first, image="")),
            ),
            "v0.5.5",
        ),
    ],
)
def test_an_own_baseline_stands_for_what_runs_now(own: Settings, baseline: Baseline, against: str) -> None:
    """Production as it serves is what the manifest says."""
    assert of(own, NEW, baseline=baseline)[NEW].against == against


def test_the_built_in_example_is_nobodys_production() -> None:
    """All that is open is told, and that nobody can say what applies."""
    found = of(Settings(), NEW)[NEW]

    assert (found.against, found.closes, found.opens) == ("", (), ())
    assert {one.applies for one in found.open} == {Applicability.UNKNOWN}


def test_a_manifest_that_cannot_be_read_stops_nothing_here(tmp_path: Path) -> None:
    """The run itself says so where it needs it."""
    settings = Settings(modes=Modes(ml=ModeSettings(manifest=tmp_path / "none.yaml")))

    assert of(settings, NEW)[NEW].against == ""


def test_of_an_unknown_release_nothing_is_told(own: Settings) -> None:
    """It has no place in the journal."""
    assert list(of(own, NIGHTLY, NEW)) == [NEW]
