"""The house rules on the operator's own folder: each speaks where it is broken, and nowhere else."""

from __future__ import annotations

import re

import pytest

from tests.unit.kube.policy.checked_folder import CACHE_MOUNT, HOST_PATH, ML, R1, SERVICE, VLLM, checked, edited
from vllm_qualify.core.records import Severity
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube.policy.rules import RULES

BLOCK, WARN = Severity.BLOCK, Severity.WARN
SHM_MOUNT = "            - name: shm\n              mountPath: /dev/shm\n"
STARTUP = (VLLM / ML).read_text().partition("          startupProbe:")[2].partition("          livenessProbe:")[0]


def test_the_operators_folder_keeps_every_rule() -> None:
    """The example is right, so a finding in it would be a false alarm."""
    texts = {path.name: path.read_text() for path in HOME_LAB.glob("applications/*/*.yaml")}

    assert len(texts) == 8
    assert checked(texts) == ()


@pytest.mark.parametrize(
    ("rule", "severity", "edit", "at"),
    [
        ("H01", BLOCK, (SERVICE, "namespace: ml", "namespace: default"), "namespace: default"),
        ("H01", WARN, (R1, "  namespace: ml\n", ""), "metadata:"),
        ("H02", BLOCK, (ML, "type: Recreate", "type: RollingUpdate"), "type: RollingUpdate"),
        ("H02", BLOCK, (ML, "  strategy:\n    type: Recreate\n", ""), "spec:"),
        ("H02", BLOCK, (R1, "type: Recreate", "type: Recreate\n    rollingUpdate: {}"), "rollingUpdate: {}"),
        ("H03", BLOCK, (ML, "replicas: 1", "replicas: 2"), "replicas: 2"),
        ("H04", BLOCK, (ML, HOST_PATH, "          nfs: {server: nas, path: /models}\n"), "- name: model-cache"),
        ("H04", BLOCK, (ML, HOST_PATH, "          csi: {driver: nfs.csi.k8s.io}\n"), "- name: model-cache"),
        ("H04", WARN, (ML, HOST_PATH, "          emptyDir: {}\n"), "- name: model-cache"),
        ("H04", WARN, (ML, "type: Directory", "type: DirectoryOrCreate"), "type: DirectoryOrCreate"),
        ("H04", WARN, (R1, CACHE_MOUNT, ""), "volumeMounts:"),
        ("H05", BLOCK, (ML, SHM_MOUNT, ""), "volumeMounts:"),
        ("H05", BLOCK, (ML, "            medium: Memory\n", ""), "- name: shm"),
        ("H05", WARN, (ML, "            sizeLimit: 2Gi\n", ""), "emptyDir:"),
        ("H05", WARN, (R1, "sizeLimit: 2Gi", "sizeLimit: 17Gi"), "sizeLimit: 17Gi"),
        ("H06", BLOCK, (ML, "nvidia.com/gpu: 1", "nvidia.com/gpu: 2"), "nvidia.com/gpu: 2"),
        ("H06", BLOCK, (ML, "              nvidia.com/gpu: 1\n", ""), "limits:"),
        ("H06", BLOCK, (ML, "memory: 8Gi", "memory: 8Gi\n              nvidia.com/gpu: 2"), "nvidia.com/gpu: 2"),
        ("H07", WARN, (ML, "part-of: home-lab", "part-of: lab"), "part-of: lab"),
        ("H07", WARN, (ML, "        app.kubernetes.io/part-of: home-lab\n", ""), "labels:"),
        ("H08", WARN, (SERVICE, "  name: vllm-api", "  name: vllm"), "name: vllm"),
        ("H08", WARN, (SERVICE, "type: ClusterIP", "type: NodePort"), "type: NodePort"),
        ("H08", WARN, (SERVICE, "port: 8000", "port: 80"), "ports:"),
        (
            "H09",
            BLOCK,
            (R1, "        app: vllm-server\n        mode: r1\n    spec", "        mode: r1\n    spec"),
            "labels:",
        ),
        ("H10", BLOCK, (ML, "            - --enforce-eager\n", ""), "args:"),
        ("H10", BLOCK, (ML, "- --quantization", "- --no-enforce-eager\n            - --quantization"), "args:"),
        ("H11", WARN, (ML, (VLLM / ML).read_text().partition("apiVersion")[0], ""), "apiVersion: apps/v1"),
        ("H12", WARN, (ML, "vllm-openai:v0.5.5", "vllm-openai:latest"), "image: vllm/vllm-openai:latest"),
        ("H12", WARN, (ML, "vllm/vllm-openai:v0.5.5", "nas:5000/vllm-openai"), "image: nas:5000/vllm-openai"),
        ("H13", WARN, (ML, "failureThreshold: 60", "failureThreshold: 20"), "startupProbe:"),
        ("H13", WARN, (ML, f"          startupProbe:{STARTUP}", ""), "livenessProbe:"),
        ("H13", WARN, (R1, "initialDelaySeconds: 120", "initialDelaySeconds: 20"), "livenessProbe:"),
        ("H14", WARN, (R1, "readinessProbe", "xProbe"), "- name: vllm"),
        ("H15", WARN, (ML, "/root/.cache/huggingface", "/root/.cache"), "- name: model-cache"),
    ],
)
def test_each_violation_is_found_on_its_line(
    rule: str, severity: Severity, edit: tuple[str, str, str], at: str
) -> None:
    """One place of the operator's folder is wrong: exactly that rule speaks, and points at the line."""
    texts = edited(*edit)

    (found,) = checked(texts)

    name, _, number = found.subject.partition(":")
    assert (found.id, found.severity, name) == (rule, severity, edit[0])
    # A block is found on its first line, which is the one below its key.
    assert at in "".join(texts[name].splitlines()[max(int(number) - 2, 0) : int(number)])
    assert found.expected
    assert found.actual
    assert found.remedy
    assert found.blocks is (severity is BLOCK)


def test_every_rule_is_planted_above() -> None:
    """A rule that no test breaks would not be known to work."""
    (marks,) = [mark for mark in test_each_violation_is_found_on_its_line.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]

    assert {row[0] for row in marks.args[1]} == {rule.id for rule in RULES}


def test_the_table_is_whole() -> None:
    """Ids are unique and in order, and each rule says why it is there."""
    ids = [rule.id for rule in RULES]

    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"H\d\d", rule.id) and rule.rationale and rule.title for rule in RULES)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CACHE_MOUNT, CACHE_MOUNT.replace("/root/.cache/huggingface", "/root/.cache/huggingface/hub")),
        ("- --enforce-eager", "- --enforce_eager"),
        ("nvidia.com/gpu: 1", 'nvidia.com/gpu: "1"'),
        ("vllm-openai:v0.5.5", "vllm-openai:latest@sha256:0123"),
        ("replicas: 1", "replicas: 0"),
        ("          args:\n", "          env: [{name: HF_HOME, value: /root/.cache/huggingface/}]\n          args:\n"),
        ("sizeLimit: 2Gi", "sizeLimit: 16384Mi"),
    ],
)
def test_other_spellings_of_the_same_are_no_violation(old: str, new: str) -> None:
    """What Kubernetes and vLLM read alike, the rules read alike."""
    assert checked(edited(ML, old, new)) == ()


def test_the_container_with_the_gpu_is_the_one_that_is_checked() -> None:
    """An exporter before it needs no shared memory and no arguments."""
    exporter = "      containers:\n        - name: exporter\n          image: exporter:1.0\n"

    assert checked(edited(ML, "      containers:\n", exporter)) == ()


def test_a_shell_script_is_searched_by_words() -> None:
    """A script that cannot be resolved still shows its arguments."""
    script = "          command: [sh, -c, 'sleep 1; vllm serve m --enforce-eager']\n          unused:\n"

    assert checked(edited(ML, "          args:\n", script)) == ()
    assert [found.id for found in checked(edited(ML, "          args:\n", script.replace("--enforce-eager", "")))] == [
        "H10"
    ]


def test_other_objects_are_held_to_names_alone() -> None:
    """The proxy's Deployment has no GPU and may roll; cluster-wide objects have no namespace."""
    litellm = "# NFR1\nkind: Deployment\nmetadata: {name: litellm, namespace: ml}\nspec: {replicas: 3}\n"
    wide = "# FR1\nkind: PersistentVolume\nmetadata: {name: disk}\n"

    assert checked({"l.yaml": litellm, "pv.yaml": wide}) == ()


def test_items_of_a_list_are_objects() -> None:
    """What kubectl prints of several objects is read as such, lines included."""
    items = "# FR1\nkind: List\nitems:\n  - kind: ConfigMap\n    metadata:\n      namespace: other\n"

    (found,) = checked({"list.yaml": items})

    assert (found.id, found.subject) == ("H01", "list.yaml:6")


def test_a_waiver_with_a_reason_counts() -> None:
    """The violation stays in the report, with the reason, and stands in nobody's way."""
    texts = edited(ML, "replicas: 1", "replicas: 2")
    waiver = '  annotations:\n    vllm-qualify/waive-H03: "the node has two GPUs"\n  labels:\n'
    texts[ML] = texts[ML].replace("  labels:\n", waiver, 1)

    (found,) = checked(texts)

    assert (found.id, found.waived, found.blocks) == ("H03", "the node has two GPUs", False)


@pytest.mark.parametrize("reason", ['""', '"  "', ""])
def test_a_waiver_without_a_reason_does_not(reason: str) -> None:
    """And the finding says so."""
    texts = edited(ML, "replicas: 1", "replicas: 2")
    waiver = f"  annotations:\n    vllm-qualify/waive-H03: {reason}\n  labels:\n"
    texts[ML] = texts[ML].replace("  labels:\n", waiver, 1)

    (found,) = checked(texts)

    assert found.blocks
    assert "gives no reason, so it does not count" in found.remedy


def test_a_waiver_of_no_rule_is_said() -> None:
    """A slip in the id would leave the operator wondering."""
    waiver = "  annotations:\n    vllm-qualify/waive-H3: because\n  labels:\n"

    (found,) = checked(edited(ML, "  labels:\n", waiver))

    assert (found.id, found.actual, found.blocks) == ("H00", "vllm-qualify/waive-H3", False)


def test_the_operators_own_names_and_budget_count() -> None:
    """Namespace, Service, port and load budget are those of qualify.toml."""
    texts = edited(ML, "replicas: 1", "replicas: 1")

    assert {found.id for found in checked(texts, load_seconds=400)} == {"H13"}
    assert {found.id for found in checked(texts, namespace="llm")} == {"H01"}
    assert [found.path for found in checked(texts, service="vllm", port=80)] == ["metadata.name", "spec.ports"]
