from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import images
from vllm_qualify.kube import kustomize
from vllm_qualify.kube.serving import BadManifest

NAME = "vllm/vllm-openai"
DIGEST = "sha256:" + "0" * 64
HEAD = "# the overlay\nresources:\n  - ../base # one level up\n"


def edited(text: str, image: str = f"{NAME}:v0.12.0") -> str:
    """The kustomization with another image for vLLM."""
    return kustomize.with_image(text, name=NAME, image=images.parse(image))


def refused(text: str) -> str:
    """What an edit is refused for."""
    with pytest.raises(BadManifest) as caught:
        edited(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"images:\n  - name: {NAME}\n    newTag: v0.12.0\n"),
        ("# nothing yet", f"# nothing yet\nimages:\n  - name: {NAME}\n    newTag: v0.12.0"),
        (HEAD, f"{HEAD}images:\n  - name: {NAME}\n    newTag: v0.12.0\n"),
        (HEAD + "images: [] # none", f"{HEAD}images: [{{name: {NAME}, newTag: v0.12.0}}] # none"),
        (
            HEAD + "images: [{name: a}]\n",
            f"{HEAD}images: [{{name: a}}, {{name: {NAME}, newTag: v0.12.0}}]\n",
        ),
        (
            "images:\n- name: a # one\n  newTag: b # two\n# three\nresources: []\n",
            f"images:\n- name: a # one\n  newTag: b # two\n- name: {NAME}\n  newTag: v0.12.0\n# three\nresources: []\n",
        ),
    ],
)
def test_an_entry_is_added(before: str, after: str) -> None:
    """In the style of those beside it; comments stay where they are, and so does the end of the file."""
    assert edited(before) == after
    assert edited(before.replace("\n", "\r\n")).replace("\r\n", "\n") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("newTag: v0.5.5 # NFR115", "newTag: v0.12.0 # NFR115"),
        ("newTag: 'v0.5.5'", "newTag: 'v0.12.0'"),
        ("# none yet", "newTag: v0.12.0\n    # none yet"),
        ("newName: mirror/it\n    newTag: v0.5.5", 'newName: ""\n    newTag: v0.12.0'),
        ("newTag: >-\n      v0.5.5", "newTag: v0.12.0"),
        (f"digest: {DIGEST} # pinned", 'newTag: v0.12.0\n    digest: "" # pinned'),
    ],
)
def test_the_entry_that_is_there_is_changed(before: str, after: str) -> None:
    """A name or digest that no longer holds is emptied, and its line keeps its comment."""
    text = f"{HEAD}images:\n  - name: other\n    newTag: v0.5.5\n  - name: {NAME}\n    {{}}\n\nnamespace: ml\n"

    assert edited(text.replace("{}", before)) == text.replace("{}", after)


@pytest.mark.parametrize(
    ("image", "fields"),
    [
        (f"{NAME}:v1", "newTag: v1"),
        (f"{NAME}:1.0", 'newTag: "1.0"'),
        (f"{NAME}:1e3", 'newTag: "1e3"'),
        ("mirror:5000/it:v1", "newTag: v1, newName: mirror:5000/it"),
        (f"{NAME}@{DIGEST}", f'newTag: "", digest: {DIGEST}'),
        (f"{NAME}:v1@{DIGEST}", f"newTag: v1, digest: {DIGEST}"),
    ],
)
def test_every_kind_of_reference_is_written(image: str, fields: str) -> None:
    """Another repository, a tag that looks like a number, a digest, both."""
    text = "images: [{name: %s, newTag: old}]\n"

    assert edited(text % NAME, image) == f"images: [{{name: {NAME}, {fields}}}]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("images: [", "kustomization.yaml:1: not valid YAML"),
        ("- a list\n", "expected one document"),
        ("a: 1\n---\nb: 1\n", "expected one document"),
        ("a: 1\nimages: {a: b}\n", "kustomization.yaml:2: images must be a list"),
        ("a: 1\nimages:\n", "kustomization.yaml:2: images is written in a way"),
        ("{resources: [a]}\n", f"add the entry {{name: {NAME}, newTag: v0.12.0}}"),
        ("a: 1\n...\n", "written in a way"),
        ("x: &t b\nimages: [{name: vllm/vllm-openai, newTag: *t}]\n", "written in a way"),
        ("images:" + f"\n- name: {NAME}" * 2, f"names {NAME} 2 times"),
    ],
)
def test_what_is_not_edited_says_what_to_write(text: str, said: str) -> None:
    """Rather than a file that says more or less than before."""
    assert said in refused(text)


ENTRIES = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b/c", "vllm"])},
    optional={"newTag": st.sampled_from(["v1", "1.0"]), "newName": st.just("x"), "digest": st.just(DIGEST)},
)


@given(
    st.lists(ENTRIES, max_size=3),
    st.none() | ENTRIES.map(lambda entry: entry | {"name": NAME}),
    st.sampled_from(["block", "flow"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([f"{NAME}:v0.12.0", f"mirror/it@{DIGEST}"]),
)
def test_only_that_entry_reads_differently(
    others: list[dict[str, str]], entry: dict[str, str] | None, style: str, newline: str, image: str
) -> None:
    """Whatever stands beside it, in every style that a tool writes; and the edit of an edit changes nothing."""
    before = {"images": [*others, *([entry] if entry else [])], "namespace": "ml", "resources": ["base"]}
    listed = yaml.safe_dump({"images": before["images"]}, default_flow_style=style == "flow", sort_keys=False)
    listed = listed[1:-2] + "\n" if style == "flow" else listed
    text = (listed + "namespace: ml\nresources: [base]\n").replace("\n", newline)

    after = edited(text, image)

    read = yaml.safe_load(after)
    *kept, last = read["images"]
    assert (kept, read | {"images": before["images"]}) == (others, before)
    assert {key: value for key, value in last.items() if value} == kustomize._fields(NAME, images.parse(image))
    assert edited(after, image) == after
