from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import edits, manifests
from vllm_qualify.kube.serving import BadManifest

OLD, NEW = "vllm/vllm-openai:v0.5.5", "vllm/vllm-openai:v0.8.5.post1"
DEPLOYMENTS = sorted((HOME_LAB / "applications" / "vllm").glob("deployment*.yaml"))
HEAD = "kind: Deployment\nmetadata: {name: vllm-server}\nspec:\n  template:\n    spec:\n"


def edited(text: str, image: str = NEW) -> str:
    """The text with another image in the container vllm."""
    return edits.with_image(text, kind="Deployment", name="vllm-server", container="vllm", image=image, source="d.yaml")


def refused(text: str) -> str:
    """What an edit is refused for."""
    with pytest.raises(BadManifest) as caught:
        edited(text)
    return str(caught.value)


@pytest.mark.parametrize("path", DEPLOYMENTS, ids=lambda path: path.name)
def test_one_line_of_the_example_changes(path: Path) -> None:
    """Comments and blank lines stay, and what is read back is the new image."""
    before = path.read_text()
    name = manifests.serving(before, source=path.name).name

    after = edits.with_image(before, kind="Deployment", name=name, container="vllm", image=NEW)

    assert after == before.replace(OLD, NEW)
    assert manifests.serving(after, source=path.name).image == NEW


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f"image: {OLD}", f"image: {NEW}"),
        (f"image:   '{OLD}'  # NFR115", f"image:   '{NEW}'  # NFR115"),
        (f'image: "{OLD}"', f'image: "{NEW}"'),
        (f'"image": {OLD}', f'"image": {NEW}'),
        (r'image: "vllm\u002fvllm-openai:v0.5.5"', f'image: "{NEW}"'),
        (f"image: !!str {OLD}", f"image: !!str {NEW}"),
        (f"image: &it {OLD}", f"image: &it {NEW}"),
        (f"image: &it # here\n            {OLD}", f"image: &it # here\n            {NEW}"),
        (f"image: >- # {OLD}\n            {OLD}", f"image: >- # {OLD}\n            {NEW}"),
        (f"? image\n          : {OLD}", f"? image\n          : {NEW}"),
    ],
)
def test_the_style_of_the_scalar_is_kept(written: str, expected: str) -> None:
    """Quotes, tags, anchors that nothing else uses, blocks, and comments that name the same image."""
    text = HEAD + "      containers:\n        - name: vllm\n          {}\n          args: [--port, '8000']\n"
    head, _, tail = text.rpartition("{}")

    assert edited(head + written + tail) == head + expected + tail


@pytest.mark.parametrize("image", ["10.0.0.1:5000/vllm:v1", "12:30", "on", "y", "a#b", "a: b", ""])
def test_what_a_parser_could_read_as_something_else_gets_quotes(image: str) -> None:
    """A reference stays a string for every parser of YAML."""
    text = HEAD + f"      containers:\n        - {{name: vllm, image: {OLD}}}\n"

    assert edited(text, image) == text.replace(OLD, f'"{image}"')


def test_an_alias_gives_way_to_the_image_itself() -> None:
    """The image that the alias repeated stays where it is written."""
    sidecar = f"      initContainers:\n        - {{name: warm, image: &it {OLD}}}\n      containers:\n"
    text = HEAD + sidecar + "        - name: vllm\n          image: *it\n"

    assert edited(text) == text.replace("*it", NEW)


@pytest.mark.parametrize(
    "containers",
    [
        f"- {{name: vllm, image: &it {OLD}}}\n- {{name: other, image: *it}}\n",
        f"- &it {{name: other, image: {OLD}}}\n- {{<<: *it, name: vllm}}\n",
    ],
)
def test_an_image_that_others_share_is_refused(containers: str) -> None:
    """An anchor and a merge key both carry the change to a container that nobody meant."""
    said = refused(HEAD + "      containers:\n" + "".join(f"      {line}\n" for line in containers.splitlines()))

    assert said.startswith("d.yaml:")
    assert "shared with other values through a YAML anchor" in said


def test_the_containers_own_image_wins_over_the_merged_one() -> None:
    """What a merge key brings in is not what is changed."""
    containers = f"        - &it {{name: other, image: {OLD}}}\n        - {{<<: *it, name: vllm, image: {OLD}}}\n"
    text = HEAD + "      containers:\n" + containers
    place = text.rindex(OLD)

    assert edited(text) == text[:place] + NEW + text[place + len(OLD) :]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [", "d.yaml:1: not valid YAML"),
        ("kind: Service\n", "exactly one container vllm in Deployment vllm-server, and found 0"),
        (HEAD + "      containers: [{name: other, image: a}]\n", "and found 0"),
        (HEAD + "      containers: [{name: vllm, image: a}, {name: vllm, image: b}]\n", "and found 2"),
        (HEAD + "      containers:\n        - name: vllm\n", "d.yaml:7: the container vllm names no image"),
        (HEAD + "      containers: [{image: , name: vllm}]\n", "names no image"),
        (HEAD + "      containers: [{image: [a], name: vllm}]\n", "names no image"),
    ],
)
def test_what_cannot_be_changed_is_refused(text: str, said: str) -> None:
    """With the reason, and the line where there is one."""
    assert said in refused(text)


SCALARS = st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from([OLD, "*it", "# no", "- a"]))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, str, list[Any]]:
    """A stream of documents up to the image, what follows it, and all of it with the new image."""
    containers = [{"name": "sidecar", "image": OLD, "env": draw(VALUES)}, {"name": "vllm", "image": NEW}]
    spec = {"containers": draw(st.permutations(containers)), "initContainers": [{"name": "vllm", "image": OLD}]}
    workload: Any = {"kind": "Deployment", "metadata": {"name": "vllm-server", "annotations": draw(VALUES)}}
    workload |= {"status": draw(VALUES), "spec": {"template": {"spec": spec}}}
    if draw(st.booleans()):
        workload = {"kind": "List", "items": [{"kind": "Service"}, workload]}
    documents = [{"kind": "ConfigMap", "data": draw(VALUES)}, workload, {"kind": "Deployment", "spec": draw(VALUES)}]
    flow = draw(st.sampled_from([True, False, None]))
    text = yaml.safe_dump_all(documents, sort_keys=draw(st.booleans()), default_flow_style=flow, width=60)
    head, _, tail = text.replace(f"'{NEW}'", NEW).partition(NEW)
    return head, tail, documents


@given(streams(), st.sampled_from(["'", '"', ""]))
def test_any_manifest_changes_in_that_image_alone(case: tuple[str, str, list[Any]], quote: str) -> None:
    """Every other byte is the same, and so is everything else that is read."""
    head, tail, documents = case

    after = edited(f"{head}{quote}{OLD}{quote}{tail}")

    assert after == f"{head}{quote}{NEW}{quote}{tail}"
    assert list(yaml.safe_load_all(after)) == documents


@given(st.sampled_from(DEPLOYMENTS), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from(["", "\ufeff"]))
def test_line_ends_and_the_end_of_the_file_are_kept(path: Path, newline: str, final: bool, mark: str) -> None:  # noqa: FBT001 (drawn)
    """Windows' line ends, a file without a last newline, and a byte order mark."""
    text = mark + path.read_text().rstrip("\n").replace("\n", newline) + (newline if final else "")
    name = manifests.serving(text, source="d").name

    after = edits.with_image(text, kind="Deployment", name=name, container="vllm", image=NEW)

    assert after == text.replace(OLD, NEW)


def test_no_change_is_no_diff() -> None:
    """Nothing is printed where nothing would be done."""
    assert edits.unified("a\n", "a\n", path="a") == ""


@pytest.mark.parametrize("path", ["d.yaml", "apps/my lab/d.yaml", 'a "quoted" name.yaml', "back\\slash", "/abs/d.yaml"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [f"image: {OLD}", f"image: {OLD}\n", "end\n", "end\f\u2028of\n", "end"])
def test_git_applies_the_diff(tmp_path: Path, path: str, newline: str, last: str) -> None:
    """Whatever the file is called and however its lines end, the patched file is the changed one, byte for byte."""
    before = ("# comment\n" * 4 + f"image: {OLD}\n" + last).replace("\n", newline)
    after = before.replace(OLD, NEW)
    file = tmp_path / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before.encode())

    diff = edits.unified(before, after, path=path)
    apply = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(apply, cwd=tmp_path, input=diff.encode(), capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert file.read_bytes() == after.encode()


def test_a_name_with_a_blank_ends_in_a_tab() -> None:
    """Git does without; patch would take the name to end at the blank."""
    heads = edits.unified("a\n", "b\n", path="my lab/d.yaml").splitlines()[:2]

    assert heads == ["--- a/my lab/d.yaml\t", "+++ b/my lab/d.yaml\t"]
