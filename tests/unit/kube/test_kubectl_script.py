from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vllm_qualify.kube import kubectl_script
from vllm_qualify.kube.kubectl_script import KubectlCommand

CANARY = "canary-s3cret"


def printed(obj: dict[str, Any]) -> str:
    """What a dry run prints of a command with this object."""
    return kubectl_script.commands(
        [KubectlCommand(argv=("kubectl", "create", "--raw", "/x", "-f", "-"), why="Try it.", stdin=obj)]
    )


def container(**fields: Any) -> dict[str, Any]:
    """A Deployment with such a container."""
    return {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": "vllm"} | fields]}}}}


def test_a_command_stands_below_its_reason() -> None:
    """Words with blanks are quoted, and an object follows its command; between two commands is a blank line."""
    steps = [
        KubectlCommand(argv=("kubectl", "get", "--raw", "/api?a=b&c"), why="Look\nfirst."),
        KubectlCommand(argv=("kubectl", "replace", "--raw", "/x", "-f", "-"), why="Then act.", stdin={"kind": "Pod"}),
    ]

    assert kubectl_script.commands(steps) == (
        "# Look\n# first.\nkubectl get --raw '/api?a=b&c'\n\n"
        '# Then act.\nkubectl replace --raw /x -f - <<\'EOF\'\n{\n  "kind": "Pod"\n}\nEOF\n'
    )


def test_nothing_to_do_prints_nothing() -> None:
    """No step, no line."""
    assert kubectl_script.commands([]) == ""


@settings(max_examples=40, deadline=None)  # Each starts a shell.
@given(
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text() | st.sampled_from(["EOF", "\nEOF\n", "$HOME `id`"]), max_size=3),
)
def test_a_shell_reads_the_words_and_the_object_back(words: list[str], obj: dict[str, str]) -> None:
    """Nothing in them is taken for a command, a variable, or the end."""
    show = 'for word in "$@"; do printf "%s\\0" "$word"; done; cat'
    step = KubectlCommand(argv=("sh", "-c", show, "sh", *words), why="Show $(id)\n`id`.", stdin=obj)

    said = subprocess.run(
        ["/bin/sh"], input=kubectl_script.commands([step]).encode(), capture_output=True, check=True
    ).stdout

    *read, body = said.decode().split("\0")
    assert (read, json.loads(body)) == (words, obj)


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HIDING = {
    "token": container(env=[{"name": "HF_TOKEN", "value": CANARY}]),
    "key": container(env=[{"name": "VLLM_API_KEY", "value": CANARY}]),
    "password": container(env=[{"name": "PGPASSWORD", "value": CANARY}]),
    "small": container(env=[{"name": "client_secret", "value": CANARY}]),
    "behind a flag": container(args=["--api-key", CANARY]),
    "in a flag": container(args=[f"--api-key={CANARY}"]),
    "in a script": container(command=["sh", "-c", f"vllm serve m --api-key {CANARY} --port 1"]),
    "header": container(readinessProbe={"httpGet": {"httpHeaders": [{"name": "X-Api-Key", "value": CANARY}]}}),
    "secret": {"kind": "Secret", "data": {"a": CANARY}, "stringData": {"a": CANARY}},
    "list": {"kind": "List", "items": [{"kind": "Secret", "data": {"a": CANARY}}]},
    "no json": {"kind": "Pod", "metadata": {"annotations": {LAST_APPLIED: f"no json {CANARY}"}}},
    "json": {
        "kind": "Pod",
        "metadata": {"annotations": {LAST_APPLIED: f'{{"kind": "Secret", "data": {{"a": "{CANARY}"}}}}'}},
    },
}


@pytest.mark.parametrize("obj", HIDING.values(), ids=HIDING)
def test_no_secret_is_printed(obj: dict[str, Any]) -> None:
    """Wherever an object holds one; and the reader is told that something is missing."""
    said = printed(obj)

    assert CANARY not in said
    assert "# [redacted] replaces secrets that are not shown" in said


def test_a_secret_in_the_command_line_is_not_printed() -> None:
    """A token may be given to a command as well."""
    said = kubectl_script.commands([KubectlCommand(argv=("curl", "--token", CANARY), why="Ask.")])

    assert CANARY not in said
    assert "# [redacted]" in said


@pytest.mark.parametrize(
    "obj",
    [
        container(env=[{"name": "TOKENIZERS_PARALLELISM", "value": "false"}, {"name": "HF_HOME", "value": "/x"}]),
        container(env=[{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}]),
        container(args=["--max-num-batched-tokens", "8192", "--tokenizer", "a/b", "--api-key", "--port", "1"]),
        {"kind": "ConfigMap", "data": {"config.yaml": "model_list: []\n"}},
        {"kind": "Deployment", "metadata": {"annotations": {LAST_APPLIED: '{"kind": "Deployment"}'}}},
    ],
)
def test_what_is_no_secret_is_printed_as_it_is(obj: dict[str, Any]) -> None:
    """A redacted command cannot be run, so nothing is hidden without need."""
    body = printed(obj).partition("<<'EOF'\n")[2].removesuffix("EOF\n")

    assert json.loads(body) == obj
