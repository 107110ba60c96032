from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import manifests, yamltext
from vllm_qualify.kube.serving import BadManifest, Probe, ServingManifest

HOUSE_ARGS = "--enforce-eager --quantization awq_marlin --gpu-memory-utilization 0.90 --max-model-len 8192"
APPLICATIONS = HOME_LAB / "applications"


def deployment(container: str, *, before: str = "") -> str:
    """A Deployment with one container, or with another one before it."""
    containers = textwrap.indent(before + container, " " * 8)
    return (
        "kind: Deployment\nmetadata:\n  name: vllm-server\n  namespace: ml\n"
        f"spec:\n  template:\n    spec:\n      containers:\n{containers}"
    )


def read(container: str, *, before: str = "") -> ServingManifest:
    """The serving container of such a Deployment."""
    return manifests.serving(deployment(container, before=before), source="d.yaml")


def refused(text: str) -> str:
    """What a text is refused for."""
    with pytest.raises(BadManifest) as caught:
        manifests.serving(text, source="d.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("deployment.yaml", "Qwen/Qwen3-8B-AWQ"),
        ("deployment-r1.yaml", "casperhansen/deepseek-r1-distill-qwen-7b-awq"),
    ],
)
def test_the_example_gives_the_command_line_of_the_story(name: str, model: str) -> None:
    """Both modes hold the arguments whose acceptance is a requirement, and serve their model under its own name."""
    found = manifests.serving((APPLICATIONS / "vllm" / name).read_text(), source=name)

    assert HOUSE_ARGS in " ".join(found.command_line)
    assert (found.model, found.served_model_names) == (model, (model,))
    assert (found.namespace, found.image) == ("ml", "vllm/vllm-openai:v0.5.5")
    assert found.executed_command == ()
    assert found.executed_args == found.args


def test_the_probes_of_the_reasoning_mode_are_those_of_the_story() -> None:
    """Liveness begins after 120 s; readiness is asked from 90 s on and given up after 210 s."""
    found = manifests.serving((APPLICATIONS / "vllm" / "deployment-r1.yaml").read_text(), source="r1")

    assert found.probes["liveness"].initial_delay_seconds == 120
    assert found.probes["readiness"].initial_delay_seconds == 90
    assert found.probes["readiness"].patience_seconds == 210
    assert "startup" not in found.probes


def test_lines_point_into_the_file() -> None:
    """Each argument is found on its own line, so that a report can name it."""
    text = (APPLICATIONS / "vllm" / "deployment.yaml").read_text()
    found = manifests.serving(text, source="deployment.yaml")

    lines = text.splitlines()
    assert lines[found.lines["image"] - 1].strip() == "image: vllm/vllm-openai:v0.5.5"
    assert lines[found.lines["args[2]"] - 1].strip() == "- --enforce-eager"


def test_the_container_that_asks_for_the_gpu_serves() -> None:
    """A sidecar before it is passed over."""
    vllm = "- name: vllm\n  image: v\n  resources: {limits: {nvidia.com/gpu: 1}}\n"

    found = read(vllm, before="- name: exporter\n  image: e\n")

    assert found.container == "vllm"


def test_a_shell_script_is_resolved_with_the_variables_above_it() -> None:
    """Kubernetes' variables first, then the shell's own."""
    found = read(
        "- name: vllm\n  command: [sh, -c, 'exec vllm serve $MODEL --port $(PORT)']\n"
        "  env: [{name: ORG, value: Qwen}, {name: MODEL, value: $(ORG)/Q3}, {name: PORT, value: '8000'}]\n"
    )

    assert found.command_line == ("vllm", "serve", "Qwen/Q3", "--port", "8000")
    assert found.executed_command == found.command_line
    assert found.executed_args == ()
    assert found.model == "Qwen/Q3"


def test_a_script_that_cannot_be_known_is_refused() -> None:
    """The message says where, why, and what to write instead."""
    said = refused(deployment("- name: vllm\n  command: [sh, -c, 'serve() { vllm serve x; }; serve']\n"))

    assert said.startswith("d.yaml:10: the container starts a shell whose script defines a function")
    assert "write command and args as lists of words" in said


def test_all_that_is_no_string_is_listed() -> None:
    """A bare number, and JSON without quotes, which YAML takes for a mapping: the API server refuses both."""
    said = refused(deployment("- name: vllm\n  args: [--len, 8192,\n  --x, {a: 1}, true]\n"))

    assert [line.partition(",")[0] for line in said.splitlines()] == [
        "d.yaml:10: args[1] is 8192",
        "d.yaml:11: args[3] is {a: 1}",
        "d.yaml:11: args[4] is true",
    ]


def test_a_secret_stays_unknown_and_no_value_is_shown() -> None:
    """What comes from a Secret has no value here, and a token in plain sight does not reach a failure message."""
    env = "[{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: B, value: canary-token}]"

    found = read(f"- name: vllm\n  args: [--api-key, $(A)]\n  env: {env}\n")

    assert found.env == {"A": None, "B": "canary-token"}
    assert found.command_line == ("--api-key", "$(A)")
    assert "canary-token" not in repr(found)


@pytest.mark.parametrize(
    ("args", "model", "names"),
    [
        ("[--model=a/b]", "a/b", ("a/b",)),
        ("[--model, a, --model, b]", "b", ("b",)),
        ("[a/b, --port, '8000']", "a/b", ("a/b",)),
        ("[serve, a/b, --port, '8000']", "a/b", ("a/b",)),
        ("[--model, a/b, --served_model_name, x, y, --port, '1']", "a/b", ("x", "y")),
        ("[--port, '8000']", "", ()),
        ("[]", "", ()),
    ],
)
def test_model_and_names_are_read_as_vllm_reads_them(args: str, model: str, names: tuple[str, ...]) -> None:
    """Either spelling of a flag, the last of several, and the positional model."""
    found = read(f"- name: vllm\n  args: {args}\n")

    assert (found.model, found.served_model_names) == (model, names)


def test_flags_tell_bare_from_absent() -> None:
    """A switch has the empty value, a flag that is not there has none."""
    found = read("- name: vllm\n  args: [--enforce-eager, --max_model_len, '8192']\n")

    assert found.flag("--enforce-eager") == ""
    assert found.flag("--max-model-len") == "8192"
    assert found.flag("--dtype") is None


def test_probes_are_filled_in_as_kubernetes_does() -> None:
    """What a probe leaves out has the defaults of the API."""
    found = read("- name: vllm\n  livenessProbe: {httpGet: {path: /health, port: http}, periodSeconds: 5}\n")

    assert found.probes == {"liveness": Probe(path="/health", port="http", period_seconds=5)}
    assert found.probes["liveness"].patience_seconds == 15


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected exactly one workload, such as a Deployment, and found none"),
        ("kind: Service", "found none"),
        ("- a list", "found none"),
        ("kind: Deployment", "d.yaml:1: the workload has no container"),
        (deployment("- name: a\n- name: b\n"), "not exactly one of them asks for nvidia.com/gpu"),
        (deployment("- name: a\n  args: --model x\n"), "d.yaml:10: args must be a list of strings"),
        (deployment("- name: a\n") + "\n---\n" + deployment("- name: b\n"), "found Deployment vllm-server, Deployment"),
        ("kind: [", "d.yaml:1: not valid YAML"),
    ],
)
def test_what_serves_nothing_is_refused(text: str, said: str) -> None:
    """Each with its own words, and with its line where there is one."""
    assert said in refused(text)


@pytest.mark.parametrize("path", sorted(APPLICATIONS.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_manifest_of_the_example_keeps_the_house_rules_of_a_file(path: Path) -> None:
    """Each reads as YAML, sits in the namespace, and names its requirements in its head."""
    text = path.read_text()
    head = text.partition("apiVersion")[0]

    found = yamltext.documents(text)

    assert all(line.startswith("#") for line in head.splitlines())
    assert "FR20" in head or "NFR1" in head
    assert [document.data["metadata"]["namespace"] for document in found] == ["ml"]
    assert found[0].data["metadata"]["labels"]["app.kubernetes.io/part-of"] == "home-lab"


LISTED = """\
apiVersion: v1
kind: List
items:
  - kind: Service
  - kind: Deployment
    metadata:
      name: vllm-server
      namespace: ml
      annotations: {since: 2026-01-02, window: 1:30, at: 2026-01-02T03:04:05Z}
    spec:
      template:
        spec:
          containers:
            - name: vllm
              image: v
              args: [--port, '8000']
"""


def test_a_workload_within_a_list_is_read_with_its_lines() -> None:
    """What ``kubectl get -o yaml`` prints is a manifest as well."""
    found = manifests.serving(LISTED, source="d.yaml")

    assert (found.kind, found.name, found.namespace, found.image) == ("Deployment", "vllm-server", "ml", "v")
    assert found.lines["image"] == 15
    assert "d.yaml:16: args[1] is 8000" in refused(LISTED.replace("'8000'", "8000"))


def test_the_object_is_what_kubectl_would_send() -> None:
    """Dates and numbers with colons are strings to Kubernetes, and numbers stay numbers."""
    found, manifest = manifests.workload("kind: Service\n---\n" + LISTED, source="d.yaml")

    assert found["metadata"]["annotations"] == {"since": "2026-01-02", "window": "1:30", "at": "2026-01-02T03:04:05Z"}
    assert found["spec"]["template"]["spec"]["containers"][0]["args"] == list(manifest.args)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("path", sorted((APPLICATIONS / "vllm").glob("deployment*.yaml")), ids=lambda path: path.name)
def test_the_object_of_the_example_is_its_whole_document(path: Path) -> None:
    """Nothing is left out or added on the way to the API."""
    found, manifest = manifests.workload(path.read_text(), source=path.name)

    assert found == yamltext.documents(path.read_text())[0].data
    assert found["metadata"]["name"] == manifest.name


def test_an_object_that_contains_itself_is_refused() -> None:
    """No JSON can say it, and nothing runs in circles."""
    with pytest.raises(BadManifest, match=r"d\.yaml:1: a value contains itself"):
        manifests.workload(deployment("- name: vllm\n  x: &x [*x]\n"), source="d.yaml")
