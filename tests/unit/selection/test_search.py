"""Where the candidates of a run come from, and what is asked of whom before they are chosen."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import registry as fake
from tests.registry import HUB, Internet
from vllm_qualify import preflight
from vllm_qualify.config import Modes, ModeSettings, RegistryAccess, Settings
from vllm_qualify.config.policy import Policy
from vllm_qualify.core import images, tags
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.preflight import settings_subject
from vllm_qualify.registry.credentials import DockerConfig
from vllm_qualify.selection import search as choosing
from vllm_qualify.selection import tag_listing
from vllm_qualify.selection.request import CandidateRequest
from vllm_qualify.selection.tag_listing import NoCandidates

BASE = f"{HUB}/v2/vllm/vllm-openai"
LISTED = ["latest", "v0.20.0", "v0.20.0-cu129", "v0.11.0", "v0.10.2", "v0.10.2rc1", "v0.8.5.post1", "nightly"]
# As the images of these releases have it; with vllm as its entrypoint the example's --model would not be taken.
CONFIG = fake.config(Env=["CUDA_VERSION=12.8.1"], Entrypoint=["python3", "-m", "vllm.entrypoints.openai.api_server"])
NODE = preflight.node(gpu="RTX 3060", driver="570.195.03", toolkit="1.18.0")


def search(written: str = "vllm/vllm-openai:>=v0.8.5", **more: Any) -> CandidateRequest:
    """A search in one range."""
    return CandidateRequest(pick=True, ranges=(tags.read_range(written),), **more)


def internet(*held: str) -> Internet:
    """A registry that lists tags, and holds images under some of them."""
    missing = {"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}
    pages: dict[str, Any] = {f"{HUB}/v2/gone/vllm/tags/list": fake.answer(missing, 404)}
    pages |= {f"{BASE}/tags/list": fake.answer({"name": "vllm/vllm-openai", "tags": LISTED})}
    for tag in held:
        pages |= fake.image(BASE, tag, CONFIG, 7)
    return Internet(pages)


def chosen(
    one: CandidateRequest, web: Internet, *named: str, environment: Mapping[str, str] | None = None
) -> choosing.Choice:
    """What is chosen with that registry, on the home lab's node, with variables set for the run."""
    asking = functools.partial(tag_listing.asking, client=web.client, logins=DockerConfig)
    settings = Settings()
    asked = settings_subject.subject(settings, node=NODE, variables=environment or {})
    return choosing.of_search(replace(one, images=tuple(map(images.parse, named))), settings, asked, asking=asking)


def test_a_range_is_what_the_registry_lists_of_it() -> None:
    """Newest first; what facts rule out is set aside, and only those that are tried are asked for one by one."""
    web = internet("v0.11.0", "v0.10.2")
    choice = chosen(search(tries=2), web)

    assert [image.tag for image in choice.images] == ["v0.20.0", "v0.11.0", "v0.10.2"]
    assert [image.tag for image in choice.tries] == ["v0.11.0", "v0.10.2"]
    assert choice.not_considered == 1
    assert not [one for one in web.requests if "v0.20.0" in str(one.url)]


def test_an_image_that_the_registry_lists_and_does_not_have_is_set_aside() -> None:
    """It could not be pulled, so it takes nobody's try."""
    gone = fake.answer({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}, 404)
    web = internet("v0.10.2")
    web.replies[f"{BASE}/manifests/v0.11.0"] = gone
    choice = chosen(search(tries=1), web)

    assert [image.tag for image in choice.tries] == ["v0.10.2"]
    assert [image.tag for image in choice.skipped] == ["v0.20.0", "v0.11.0"]


def test_what_the_image_itself_holds_outranks_the_catalogue() -> None:
    """A derived image under a release's tag may start otherwise, and preflight sees that before it is tried."""
    web = internet("v0.10.2")
    web.replies |= fake.image(BASE, "v0.11.0", fake.config(Env=["CUDA_VERSION=12.8.1"]), 7)
    choice = chosen(search(tries=1), web)

    assert [image.tag for image in choice.tries] == ["v0.10.2"]
    assert "refuses --model" in list(choice.skipped.values())[-1].reason


def test_variants_and_pre_releases_count_when_asked_for() -> None:
    """Neither is tried by accident."""
    choice = chosen(search(tries=9, variants=True, pre_releases=True, force=True), internet())

    assert [image.tag for image in choice.images] == [
        "v0.20.0",
        "v0.20.0-cu129",
        "v0.11.0",
        "v0.10.2",
        "v0.10.2rc1",
        "v0.8.5.post1",
    ]


def test_images_that_are_named_join_those_of_a_range() -> None:
    """In one order, each once."""
    choice = chosen(search(tries=9, force=True), internet(), "my/vllm:v0.12.0", "vllm/vllm-openai:v0.11.0")

    assert [image.tag for image in choice.tries][:3] == ["v0.20.0", "v0.12.0", "v0.11.0"]
    assert len(choice.tries) == 5


def test_offline_the_catalogue_answers() -> None:
    """It knows the official releases, and nobody is asked."""
    web = Internet({})
    choice = chosen(search("vllm/vllm-openai:>=0.10.2,<=0.12", offline=True), web)

    assert [image.tag for image in choice.tries] == ["v0.11.0", "v0.10.2"]
    assert web.requests == []


def test_a_variable_of_the_run_may_let_a_newer_one_be_tried() -> None:
    """Error 804 rules v0.12.0 out as the manifests are; with the host's library first it should work."""
    one = search("vllm/vllm-openai:>=0.10.2,<=0.12", offline=True)
    override = {"LD_LIBRARY_PATH": "/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"}

    assert chosen(one, Internet({})).tries[0].tag == "v0.11.0"
    assert chosen(one, Internet({}), environment=override).tries[0].tag == "v0.12.0"


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (search("vllm/vllm-openai:>=99"), "none of 8 tags is a release in that range; widen it"),
        (search("my/vllm:>=0.8", offline=True), "the catalogue only knows vllm/vllm-openai"),
        (search("gone/vllm:>=0.8"), r"gone/vllm: .*; name a mirror in \[registry\] of qualify.toml, or"),
    ],
)
def test_a_range_of_which_nothing_is_known_is_no_range(one: CandidateRequest, said: str) -> None:
    """One line says why, and what to do."""
    with pytest.raises(NoCandidates, match=said):
        chosen(one, internet())


def test_a_mirror_is_asked_in_the_place_of_its_registry() -> None:
    """As the operator's nodes do it."""
    web = Internet({"http://10.0.0.1:5000/v2/vllm/vllm-openai/tags/list": fake.answer({"tags": LISTED})})
    access = RegistryAccess(mirrors={"docker.io": "http://10.0.0.1:5000"})
    with tag_listing.asking(access, client=web.client, logins=DockerConfig) as registry:
        found = tag_listing.of_range(tags.read_range("vllm/vllm-openai:<0.10"), registry=registry)

    assert [image.tag for image in found] == ["v0.8.5.post1"]


def with_remote_code(folder: Path, level: Any) -> Settings:
    """Settings with a policy, and a manifest that lets models bring code: v0.10.2 and v0.15.1 have a high one there."""
    manifest = folder / "deployment.yaml"
    example = HOME_LAB / "applications" / "vllm" / "deployment.yaml"
    manifest.write_text(
        example.read_text().replace("- --enforce-eager", "- --enforce-eager\n            - --trust-remote-code")
    )
    return Settings(modes=Modes(ml=ModeSettings(manifest=manifest)), policy=Policy(advisories=level))


@pytest.mark.parametrize(
    ("level", "force", "left_out"),
    [
        ("none", False, []),
        ("critical", False, []),
        ("high", False, ["v0.15.1", "v0.10.2"]),
        ("high", True, []),
    ],
)
def test_the_policy_holds_where_there_is_no_node(
    tmp_path: Path, level: str, left_out: list[str], *, force: bool
) -> None:
    """On this machine without a GPU it is all that is held against an image; who insists gets it tried."""
    named = tuple(images.parse(f"vllm/vllm-openai:{tag}") for tag in ("v0.15.1", "v0.10.2", "v0.8.5.post1"))
    request = CandidateRequest(images=named, force=force)

    choice = choosing.choose(request, with_remote_code(tmp_path, level), read_node=lambda _: None, environment={})

    assert choice.images == named
    assert [image.tag for image in choice.skipped] == left_out
    assert all(one.reason.startswith("P33 recorded as open in v0.1") for one in choice.skipped.values())


def test_without_a_policy_no_manifest_is_read_for_it(tmp_path: Path) -> None:
    """One that cannot be read stops no run that has no use for it."""
    settings = Settings(modes=Modes(ml=ModeSettings(manifest=tmp_path / "none.yaml")))
    request = CandidateRequest(images=(images.parse("vllm/vllm-openai:v0.15.1"),))

    choice = choosing.choose(request, settings, read_node=lambda _: None, environment={})

    assert choice.tries == request.images


def test_a_search_passes_over_what_the_policy_rules_out(tmp_path: Path) -> None:
    """It takes nobody's try, and the matrix says which advisory it was."""
    settings = with_remote_code(tmp_path, "high")
    asked = settings_subject.subject(settings, node=NODE, variables={})
    one = search("vllm/vllm-openai:>=0.8.5,<=0.11", offline=True, tries=1)

    choice = choosing.of_search(one, settings, asked, asking=tag_listing.asking)

    (image,) = choice.tries
    assert image.tag == "v0.10.0"
    reasons = {image.tag: one.reason for image, one in choice.skipped.items()}
    assert "CVE-2026-22807, high 8.8 (needs: remote code; in use here)" in reasons["v0.10.2"]
