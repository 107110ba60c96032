from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import manifests, variables
from vllm_qualify.kube.serving import BadManifest

DEPLOYMENTS = sorted((HOME_LAB / "applications" / "vllm").glob("deployment*.yaml"))
VALUE = "/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64"
HEAD = "kind: Deployment\nmetadata: {name: vllm-server}\nspec:\n  template:\n    spec:\n"
CONTAINER = HEAD + "      containers:\n        - name: vllm\n          image: a\n"


def edited(text: str, variable: str = "PATHS", value: str = VALUE) -> str:
    """The text with a variable in the container vllm."""
    return variables.with_variable(
        text,
        kind="Deployment",
        name="vllm-server",
        container="vllm",
        variable=variable,
        value=value,
        source="d.yaml",
    )


@pytest.mark.parametrize("path", DEPLOYMENTS, ids=lambda path: path.name)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_example_gets_three_lines(path: Path, newline: str) -> None:
    """Behind the arguments, indented as they are; every other line, comments included, stays."""
    before = path.read_text().replace("\n", newline)
    name = manifests.serving(before, source="d").name

    after = variables.with_variable(
        before, kind="Deployment", name=name, container="vllm", variable="PATHS", value=VALUE
    )

    added = [f"{' ' * 10}env:{newline}", f"{' ' * 12}- name: PATHS{newline}", f'{" " * 14}value: "{VALUE}"{newline}']
    assert after.replace("".join(added), "") == before
    assert after.index("env:") > after.index("args:")
    assert manifests.serving(after, source="d").env == {"PATHS": VALUE}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("env: []", 'env: [{name: NCCL, value: "1"}]'),
        ("env: [{name: A, value: b}] # kept", 'env: [{name: A, value: b}, {name: NCCL, value: "1"}] # kept'),
        ("env:\n          - name: A\n            value: b # kept", None),
        ("env:\n            - name: A\n              value: b # kept", None),
        ("env: [{name: NCCL, value: '0'}] # kept", "env: [{name: NCCL, value: '1'}] # kept"),
        ("env:\n          - value: old # kept\n            name: NCCL", None),
    ],
)
def test_the_style_of_those_that_are_there_is_kept(written: str, expected: str | None) -> None:
    """In brackets, indented or not, with comments; one that is there gets another value in its place."""
    after = edited(f"{CONTAINER}          {written}\n          # the end\n", "NCCL", "1")

    read = manifests.serving(after, source="d").env
    assert read == ({"A": "b"} if "name: A" in written else {}) | {"NCCL": "1"}
    assert after.endswith("\n          # the end\n")
    assert ("# kept" in after) == ("# kept" in written)
    assert expected is None or expected in after


def test_a_container_in_braces_gets_it_there() -> None:
    """Before the closing brace."""
    after = edited(HEAD + "      containers: [{name: vllm, image: a}] # one\n", "NCCL", "x")

    assert after == HEAD + "      containers: [{name: vllm, image: a, env: [{name: NCCL, value: x}]}] # one\n"


def test_the_last_line_without_a_newline_stays_the_last() -> None:
    """Nothing is glued to it."""
    assert edited(CONTAINER.rstrip("\n"), "NCCL", "x").endswith(
        "image: a\n          env:\n            - name: NCCL\n              value: x"
    )


@pytest.mark.parametrize(
    "written",
    [
        "env:",
        "env: 5",
        "env: text",
        "env: [{name: NCCL, valueFrom: {fieldRef: {fieldPath: a}}}]",
        "env: [{name: NCCL}]",
        "env: [{name: NCCL, value: a}, {name: NCCL, value: b}]",
        "env: [{name: NCCL, value: &it a}, {name: M, value: *it}]",
    ],
)
def test_what_is_not_edited_says_what_to_write(written: str) -> None:
    """A value from elsewhere, twice the same name, an anchor that carries the change on."""
    with pytest.raises(BadManifest, match=r'd\.yaml:9: .*add the entry \{name: NCCL, value: "1"\}'):
        edited(f"{CONTAINER}          {written}\n", "NCCL", "1")


def test_a_list_that_two_containers_share_is_refused() -> None:
    """The other one would get the variable as well."""
    other = "        - {name: other, image: b, env: &shared [{name: A, value: a}]}\n"
    text = HEAD + "      containers:\n" + other + "        - name: vllm\n          image: a\n          env: *shared\n"

    with pytest.raises(BadManifest, match="without changing more"):
        edited(text)


# What no YAML may hold, a manifest cannot either.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=8)
ENTRIES = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("ABC"), "value": TEXTS}),
    max_size=3,
    unique_by=lambda entry: entry["name"],
)


@given(ENTRIES, st.sampled_from(["A", "NEW"]), TEXTS, st.sampled_from([True, False, None]))
def test_any_manifest_gets_that_variable_alone(
    entries: list[dict[str, str]],
    variable: str,
    value: str,
    flow: bool | None,  # noqa: FBT001 (drawn)
) -> None:
    """Whatever the style and the value, everything else reads as before."""
    container = {"name": "vllm", "args": ["--port", "8000"], **({"env": entries} if entries else {}), "tty": True}
    spec = {"containers": [{"name": "other", "env": entries}, container]}
    data = {"kind": "Deployment", "metadata": {"name": "vllm-server"}, "spec": {"template": {"spec": spec}}}
    text = yaml.dump(data, Dumper=_WithoutAliases, sort_keys=False, default_flow_style=flow)

    after = edited(text, variable, value)

    kept = {entry["name"]: entry["value"] for entry in entries}
    wanted = [{"name": name, "value": old} for name, old in (kept | {variable: value}).items()]
    expected = container | {"env": wanted}
    assert yaml.safe_load(after)["spec"]["template"]["spec"]["containers"] == [spec["containers"][0], expected]


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, _data: object) -> bool:
        return True
