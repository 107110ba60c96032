"""`present_facts`: the same settings give the same facts, another argument or variable gives others, and no secret."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from vllm_qualify import __version__
from vllm_qualify.config import Cluster, Local, Settings
from vllm_qualify.config.modes import Modes, ModeSettings
from vllm_qualify.core import fact_names, standing, verdict_facts
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.fact_names import ARGUMENTS, CONTEXT, ENVIRONMENT, HARNESS, MODEL, NODE, REVISION
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.core.standing import PresentFacts
from vllm_qualify.targets import present_facts
from vllm_qualify.targets.kind import TargetKind
from vllm_qualify.targets.kubernetes.kind import KubernetesKind
from vllm_qualify.targets.local.kind import LocalKind

MANIFEST = Path("applications/vllm/deployment.yaml")
PLACE = {CONTEXT, NODE}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The example's everyday mode, in a folder of its own, and a cluster that nobody asks."""
    shutil.copytree(HOME_LAB, tmp_path / "lab")
    modes = Modes(ml=ModeSettings(manifest=tmp_path / "lab" / MANIFEST))
    cluster = Cluster(context="home", node="gpu-1", toolkit="1.18.0")
    return Settings(modes=modes, cluster=cluster, local=replace(Local(), device="cpu"))


def gathered(
    settings: Settings, environment: Mapping[str, str] | None = None, kind: TargetKind | None = None
) -> PresentFacts:
    """What is now, without a look outside of this machine."""
    return present_facts.gather(settings, kind or KubernetesKind(), environment=environment, offline=True)


def edited(settings: Settings, old: str, new: str) -> Settings:
    """The same settings, whose manifest says something else."""
    path = settings.modes.ml.manifest
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    return settings


def changed(was: PresentFacts, now: PresentFacts) -> list[str]:
    """The names of the facts that a verdict would have expired by."""
    return [one.fact for one in standing.standing(was.known, now).changed]


def test_everything_that_every_verdict_holds_for_is_gathered(settings: Settings) -> None:
    """The place as the settings name it, the model with what is known of its revision, words of both long facts."""
    found = gathered(settings).known

    assert set(verdict_facts.ANYWHERE) <= found.keys()
    assert (found[CONTEXT], found[NODE], found[MODEL]) == ("home", "gpu-1", "Qwen/Qwen3-8B-AWQ")
    assert found[REVISION] == "Qwen/Qwen3-8B-AWQ revision not pinned"
    assert found[HARNESS] == f"vllm-qualify {__version__}"
    assert "ml: " in found[ARGUMENTS]
    assert "--max-model-len 8192" in found[ARGUMENTS]


def test_what_nobody_touched_is_the_same(settings: Settings) -> None:
    """A comment and another image change nothing that is started."""
    was = gathered(settings)

    assert changed(was, gathered(edited(settings, "apiVersion", "# a comment\napiVersion"))) == []
    assert changed(was, gathered(edited(settings, "image: ", "image: registry.example/"))) == []


def test_another_argument_is_another_way_of_serving(settings: Settings) -> None:
    """The fact is named, and no other."""
    was = gathered(settings)

    assert changed(was, gathered(edited(settings, "8192", "4096"))) == [ARGUMENTS]


def test_a_pinned_revision_is_known(settings: Settings) -> None:
    """Another one is another model, and another argument."""
    found = gathered(
        edited(settings, "- --max-model-len", "- --revision\n            - abc\n            - --max-model-len")
    )

    assert found.known[REVISION] == "Qwen/Qwen3-8B-AWQ --revision abc"


def test_a_variable_of_the_run_counts_as_one_of_the_manifest(settings: Settings) -> None:
    """Once the plan has written it there, the verdict still holds."""
    was = gathered(settings)
    tried = gathered(settings, {"VLLM_USE_V1": "0"})

    assert changed(was, tried) == [ENVIRONMENT]
    assert "VLLM_USE_V1=0" in tried.known[ENVIRONMENT]
    assert changed(tried, gathered(settings, {"VLLM_USE_V1": "0"})) == []


def test_a_manifest_without_variables_says_so(settings: Settings) -> None:
    """So that a reader does not take it for a fact that was lost."""
    assert gathered(settings).known[ENVIRONMENT].startswith("ml: nothing (sha256 ")


def test_values_that_may_be_secrets_are_not_kept(settings: Settings) -> None:
    """A value of an unknown variable counts without being told; a token does not even count."""
    was = gathered(settings, {"MINE": "quiet-one", "HF_TOKEN": "a-token-1"})

    assert "quiet-one" not in was.known[ENVIRONMENT]
    assert "a-token-1" not in was.known[ENVIRONMENT]
    assert changed(was, gathered(settings, {"MINE": "quiet-two", "HF_TOKEN": "a-token-1"})) == [ENVIRONMENT]
    assert changed(was, gathered(settings, {"MINE": "quiet-one", "HF_TOKEN": "a-token-2"})) == []


def test_canaries_are_known_by_their_files(settings: Settings) -> None:
    """A target that serves them has no model of the operator's."""
    found = gathered(settings, kind=LocalKind()).known

    assert found[MODEL] == "canary"
    assert found[REVISION].startswith("canary ")


def test_a_manifest_that_cannot_be_read_leaves_its_facts_open(settings: Settings) -> None:
    """The rest is known all the same."""
    found = gathered(edited(settings, "apiVersion", "{{"))

    assert set(found.unknown) == {MODEL, REVISION, ARGUMENTS, ENVIRONMENT, *verdict_facts.OF_THE_NODE}
    assert found.known.keys() == {HARNESS, *PLACE}


def test_a_cluster_that_is_not_asked_is_told(settings: Settings) -> None:
    """Its node is known by its name alone."""
    found = gathered(settings)

    assert found.unknown[fact_names.DRIVER] == "the cluster home is not asked (--offline)"


def test_settings_that_name_no_cluster_leave_everything_of_it_open() -> None:
    """Nothing of another cluster is taken for it."""
    kind = KubernetesKind()

    with pytest.raises(UserError, match="no cluster is named") as told:
        present_facts.settled(Settings(), kind)
    found = present_facts.without_manifests(Settings(), kind, why=str(told.value))

    assert found.known.keys() == {HARNESS}
    assert set(found.unknown) == {MODEL, REVISION, ARGUMENTS, ENVIRONMENT}
