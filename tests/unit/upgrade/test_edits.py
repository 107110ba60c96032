from __future__ import annotations

import dataclasses

import pytest

from vllm_qualify.core import images
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import manifests
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.upgrade import edits
from vllm_qualify.upgrade.edits import Folder, ModeFile, RouteFile, Upgrade

IMAGE = images.parse("vllm/vllm-openai:v0.9.2")
MANIFEST, PROXY = "deployment.yaml", "configmap.yaml"
TEXTS = {
    MANIFEST: (HOME_LAB / "applications" / "vllm" / MANIFEST).read_text(),
    PROXY: (HOME_LAB / "applications" / "litellm" / PROXY).read_text(),
}
KUSTOMIZATION = "kustomization.yaml"


def folder(proxy: str = TEXTS[PROXY], manifest: str = TEXTS[MANIFEST], **mode: str) -> Folder:
    """The everyday mode, and the proxy before it."""
    ml = ModeFile(mode="ml", path=MANIFEST, serving=manifests.serving(manifest, source=MANIFEST), **mode)  # type: ignore[arg-type]
    return Folder(texts={MANIFEST: manifest, PROXY: proxy}, modes=(ml,), route=RouteFile(path=PROXY, alias="vllm-qwen"))


def kustomized(text: str, image: str) -> Folder:
    """A kustomization, and what kubectl renders of it."""
    serving = manifests.serving(TEXTS[MANIFEST].replace("vllm/vllm-openai:v0.5.5", image), source="rendered")
    mode = ModeFile(mode="ml", path=KUSTOMIZATION, serving=serving, kustomized=True)
    return Folder(texts={KUSTOMIZATION: text}, modes=(mode,))


def upgraded(found: Folder, **environment: str) -> Upgrade:
    """The upgrade to the image."""
    return edits.of(found, image=IMAGE, environment=environment)


def after(found: Folder, path: str) -> str:
    """The text of a file afterwards."""
    changed = {change.path: change.after for change in upgraded(found).changes}
    return changed.get(path, found.texts[path])


def test_what_is_right_already_is_left_alone() -> None:
    """No change, also where the variable has that value."""
    there = TEXTS[MANIFEST].replace("v0.5.5\n", "v0.9.2\n          env: [{name: PATHS, value: /a}]\n")

    assert upgraded(folder(manifest=there), PATHS="/a") == Upgrade(image=IMAGE, changes=())


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/Qwen/Qwen2.5-7B-Instruct-AWQ", "openai/Qwen/Qwen3-8B-AWQ"),
        ("hosted_vllm/old", "hosted_vllm/Qwen/Qwen3-8B-AWQ"),
        ("Qwen/Qwen3-8B-AWQ", "openai/Qwen/Qwen3-8B-AWQ"),
        ("hosted_vllm/Qwen/Qwen3-8B-AWQ", "hosted_vllm/Qwen/Qwen3-8B-AWQ"),
    ],
)
def test_the_proxy_asks_for_what_the_manifest_serves(model: str, expected: str) -> None:
    """By the provider that it asks already, if that speaks to vLLM."""
    before = TEXTS[PROXY].replace("openai/Qwen/Qwen3-8B-AWQ", model)

    assert after(folder(before), PROXY) == TEXTS[PROXY].replace("openai/Qwen/Qwen3-8B-AWQ", expected)


@pytest.mark.parametrize(
    ("asked", "settings", "expected"), [("qwen", "", "qwen"), ("old", "", "main"), ("main", "qwen", "qwen")]
)
def test_of_several_names_the_one_in_use_stays(asked: str, settings: str, expected: str) -> None:
    """Unless it is not served, or the settings name another."""
    names = TEXTS[MANIFEST].replace(
        "- --enforce-eager", "- --served-model-name\n            - main\n            - qwen"
    )
    before = TEXTS[PROXY].replace("Qwen/Qwen3-8B-AWQ", asked)

    found = after(folder(before, names, served_name=settings), PROXY)

    assert found == TEXTS[PROXY].replace("Qwen/Qwen3-8B-AWQ", expected)


def test_every_entry_of_the_alias_is_changed_and_no_other() -> None:
    """Entries of one alias share the load."""
    entry = "- model_name: {}\n  litellm_params: {{model: openai/old}} # {}\n"
    before = "model_list:\n" + entry.format("vllm-qwen", 1) + entry.format("other", 2) + entry.format("vllm-qwen", 3)

    rows = after(folder(before), PROXY).splitlines()

    assert [row for row in rows if "Qwen3" in row] == [rows[2], rows[6]]
    assert rows[4] == before.splitlines()[4]


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("model_list: [", f"{PROXY}:1: not valid YAML"),
        (TEXTS[PROXY].replace("model_name: vllm-qwen", "model_name: other"), "add an entry with model_name: vllm-qwen"),
        ("model_list:\n- {model_name: vllm-qwen}\n", "set model: openai/Qwen/Qwen3-8B-AWQ"),
    ],
)
def test_what_cannot_be_changed_at_the_proxy_is_left_to_the_operator(proxy: str, said: str) -> None:
    """In words; the image is changed all the same."""
    found = upgraded(folder(proxy))

    assert [change.path for change in found.changes] == [MANIFEST]
    assert len(found.by_hand) == 1
    assert said in found.by_hand[0]


def test_changes_in_one_file_build_on_each_other() -> None:
    """A file may hold the Deployment and the proxy's config map."""
    both = TEXTS[MANIFEST] + "---\n" + TEXTS[PROXY].replace("Qwen3-8B", "Old")
    found = dataclasses.replace(folder(), texts={MANIFEST: both}, route=RouteFile(path=MANIFEST, alias="vllm-qwen"))

    [change] = upgraded(found, PATHS="/a").changes

    assert len(change.what) == 3
    assert all(word in change.after for word in (str(IMAGE), "name: PATHS", "model: openai/Qwen/Qwen3-8B-AWQ"))


@pytest.mark.parametrize(
    ("text", "image", "expected"),
    [
        ("resources: [../base]\n", "vllm/vllm-openai:v0.5.5", "name: vllm/vllm-openai\n    newTag: v0.9.2"),
        ("images:\n- name: vllm/vllm-openai\n  newTag: old # why\n", "vllm/vllm-openai:old", "newTag: v0.9.2 # why"),
        (
            "images:\n- {name: vllm, newName: mirror:5000/vllm, newTag: old}\n",
            "mirror:5000/vllm:old",
            "{name: vllm, newName: vllm/vllm-openai, newTag: v0.9.2}",
        ),
    ],
)
def test_a_kustomization_gets_an_image_by_the_manifests_own_name(text: str, image: str, expected: str) -> None:
    """Also where it puts another repository in the place of that name already."""
    assert expected in after(kustomized(text, image), KUSTOMIZATION)


def test_a_kustomization_gets_no_variable() -> None:
    """What to write into which container is said instead."""
    with pytest.raises(BadManifest, match=r'^kustomization.yaml: .* add \{name: PATHS, value: "/a"\} to the env of'):
        upgraded(kustomized("resources: [../base]\n", "vllm/vllm-openai:v0.5.5"), PATHS="/a")
