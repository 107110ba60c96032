from __future__ import annotations

import re
from pathlib import Path

import pytest

from vllm_qualify.kube import any_kind
from vllm_qualify.kube.any_kind import SourceText
from vllm_qualify.kube.serving import BadManifest, ServingManifest

FIELD = Path(__file__).parent / "field"
POD = "containers: [{name: vllm, image: 'vllm/vllm-openai:v0.9.2', args: [--model=m]}]"
SIDE = "containers: [{name: proxy, image: 'litellm/litellm:v1', args: [--config=c]}]"


def read(text: str, *, name: str = "") -> ServingManifest:
    """The container that serves."""
    return any_kind.serving([SourceText(text=text, source="d.yaml")], name=name)


def refused(text: str, *, name: str = "") -> str:
    """What a text is refused for."""
    with pytest.raises(BadManifest) as caught:
        read(text, name=name)
    return str(caught.value)


def workload(kind: str, name: str, pod: str = POD) -> str:
    """A workload of a kind that Kubernetes knows."""
    return f"kind: {kind}\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{{pod}}}}}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        *(workload(kind, "w") for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet", "Rollout")),
        f"kind: Pod\nmetadata: {{name: w}}\nspec: {{{POD}}}",
        f"kind: CronJob\nmetadata: {{name: w}}\nspec: {{jobTemplate: {{spec: {{template: {{spec: {{{POD}}}}}}}}}}}",
        f"kind: InferenceService\nmetadata: {{name: w}}\nspec: {{predictor: {{{POD}}}}}",
        f"kind: ClusterServingRuntime\nmetadata: {{name: w}}\nspec: {{{POD}}}",
        f"kind: Invented\nmetadata: {{name: w}}\nspec: {{a: [{{b: {{{POD}}}}}]}}",
        f"kind: List\nitems:\n- kind: Service\n- kind: Pod\n  metadata: {{name: w}}\n  spec: {{{POD}}}",
        f"kind: DeploymentList\nitems:\n- kind: Pod\n  metadata: {{name: w}}\n  spec: {{{POD}}}",
        workload("Deployment", "proxy", SIDE) + "---\n" + workload("Deployment", "w"),
    ],
)
def test_pods_are_found_in_any_kind(text: str) -> None:
    """By the kind where it is known, by the shape where it is not, and beside workloads that are something else."""
    found = read(text)

    assert (found.name, found.image, found.model) == ("w", "vllm/vllm-openai:v0.9.2", "m")


def test_the_leader_of_a_group_serves() -> None:
    """The workers have the same image and start no server."""
    leader = "[{name: l, image: 'vllm/vllm-openai:v1', command: [sh, -c, 'lead $(SIZE); vllm serve m']}]"
    worker = "[{name: w, image: 'vllm/vllm-openai:v1', command: [sh, -c, 'follow']}]"
    text = (
        "kind: LeaderWorkerSet\nmetadata: {name: w}\nspec: {leaderWorkerTemplate: "
        f"{{workerTemplate: {{spec: {{containers: {worker}}}}}, leaderTemplate: {{spec: {{containers: {leader}}}}}}}}}"
    )

    assert read(text).command_line == ("vllm", "serve", "m")


def test_the_command_line_outranks_the_name_of_an_image() -> None:
    """One container has vLLM's image and does something else with it, the other one starts the server."""
    pod = (
        "containers: [{name: fetch, image: 'vllm/vllm-openai:v1', command: [sleep, '9'], resources: "
        "{limits: {nvidia.com/gpu: 1}}}, {name: own, image: 'registry.example/llm:1', command: [vllm, serve, m]}]"
    )

    assert read(workload("Deployment", "w", pod)).container == "own"


def test_of_several_servers_the_operator_chooses() -> None:
    """The message has all names and the option; with it the one that is meant is read."""
    text = workload("Deployment", "a") + "---\n" + workload("StatefulSet", "b", POD.replace("=m", "=n"))

    assert refused(text).endswith(
        "found Deployment a, StatefulSet b; all of them run vLLM; choose one with --workload NAME"
    )
    assert read(text, name="b").model == "n"
    assert "has no workload c that runs vLLM; found Deployment a, StatefulSet b" in refused(text, name="c")


def test_an_image_of_ones_own_is_told_by_its_options() -> None:
    """Options that only vLLM has are as good as its name."""
    own = "containers: [{name: x, image: 'registry.example/llm:1', args: [m, --gpu_memory_utilization=0.9]}]"

    assert read(workload("Deployment", "w", own)).executed_args == ("m", "--gpu_memory_utilization=0.9")


def test_what_runs_no_vllm_is_not_judged_as_if_it_did() -> None:
    """Unless the operator says that it is the one."""
    text = workload("Deployment", "proxy", SIDE)

    assert "Deployment proxy does not seem to run vLLM, judging by its image and command line" in refused(text)
    assert read(text, name="proxy").container == "proxy"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "replicas: {{ .Values.replicas }}\nkind: Deployment",
            "so it is a template, such as of a Helm chart; render it: helm",
        ),
        (workload("Deployment", "w", POD.replace("vllm-openai:v0.9.2", "{{ .Values.tag }}")), "so it is a template"),
        (
            (FIELD / "m03-helm-values-stack.yaml").read_text(),
            "has the values of a Helm chart, not rendered",
        ),
        ("image: {repository: vllm/vllm-openai, tag: v1}\nservice: {}", "helm template RELEASE CHART -f VALUES |"),
        ("apiVersion: v2\nname: c\nversion: 1.0.0", "is the Chart.yaml of a Helm chart"),
        (
            "kind: Application\nmetadata: {name: a}\nspec: {source: {path: apps/vllm, repoURL: 'https://x/y'}}",
            "is an Argo CD Application, which points to apps/vllm of https://x/y; give that folder",
        ),
        ("kind: ApplicationSet\nmetadata: {name: a}", "is an Argo CD ApplicationSet, a"),
        (
            "kind: HelmRelease\nmetadata: {name: a}\nspec: {chart: {spec: {chart: vllm-stack}}}",
            "is a HelmRelease of Flux, a: values for the chart vllm-stack; render it: helm template a vllm-stack",
        ),
        (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./b}",
            "is a Kustomization of Flux, a, which points to ./b; give that folder",
        ),
        ("kind: Kustomization\nresources: [a.yaml]", "is a kustomization; give its folder"),
        ("kind: VLLMRuntime\nmetadata: {name: a}\nspec: {}", "is a VLLMRuntime of the production stack, a"),
        ("kind: RayService\nmetadata: {name: a}\nspec: {}", "in which Ray Serve starts the engine"),
        (
            "kind: InferenceService\nmetadata: {name: a}\nspec: {predictor: {model: {runtime: vllm}}}",
            (
                "is the InferenceService a, whose container is defined in the ServingRuntime vllm; add that to the "
                "same file"
            ),
        ),
        (
            "kind: Service\nmetadata: {name: a}\n---\nkind: ConfigMap\nmetadata: {name: b}",
            "found Service a, ConfigMap b",
        ),
        ("a: 1", "found no Kubernetes object"),
        ("", "found no Kubernetes object"),
        ("\n---\n".join(f"kind: Service\nmetadata: {{name: s{n}}}" for n in range(9)), "Service s4 and 4 more"),
        ("kind: [", "d.yaml:1: not valid YAML"),
    ],
)
def test_what_holds_no_command_line_is_named_with_the_way_on(text: str, said: str) -> None:
    """In one line, that says what it is and what to give instead."""
    message = refused(text)

    assert said in message
    assert message.startswith("d.yaml")
    assert "\n" not in message


def test_a_service_of_kserve_is_joined_with_its_runtime() -> None:
    """Arguments stand behind the runtime's, variables are known, and the placeholder is the service's name."""
    runtime = (
        "kind: ServingRuntime\nmetadata: {name: rt}\nspec:\n  containers:\n  - name: kserve-container\n"
        "    image: vllm/vllm-openai:v0.8.4\n    command: [python3, -m, vllm.entrypoints.openai.api_server]\n"
        "    args: ['--served-model-name={{.Name}}', --model=/mnt/models]\n    env: [{name: A, value: '1'}]\n"
    )
    service = (
        "kind: InferenceService\nmetadata: {name: tiny}\nspec: {predictor: {model: {runtime: rt, "
        "image: 'vllm/vllm-openai:v0.9.2', args: [--dtype=half, '--port=$(A)']}}}"
    )

    found = read(runtime + "---\n" + service)

    assert (found.kind, found.name, found.image) == ("InferenceService", "tiny", "vllm/vllm-openai:v0.9.2")
    assert found.args == ("--served-model-name=tiny", "--model=/mnt/models", "--dtype=half", "--port=$(A)")
    assert found.command_line[-1] == "--port=1"


def test_a_predictor_of_the_field_is_read() -> None:
    """The container of the predictor, not the one that fetches the model before."""
    found = read((FIELD / "m05-kserve-isvc.yaml").read_text())

    assert (found.kind, found.container) == ("InferenceService", "kserve-container")
    assert found.flag("--max-model-len") == "4096"


def test_several_files_are_read_together() -> None:
    """A folder has the ConfigMap in one file and the workload in the other; lines are those of the workload's file."""
    pod = POD.replace("--model=m", "--model=$(M)").replace("]}]", "], envFrom: [{configMapRef: {name: c}}]}]")
    texts = [
        SourceText(text="kind: ConfigMap\nmetadata: {name: c}\ndata: {M: a/b}\n", source="a.yaml"),
        SourceText(text=workload("Deployment", "w", pod), source="b.yaml"),
    ]

    found = any_kind.serving(texts)

    assert (found.source, found.model) == ("b.yaml", "a/b")
    assert re.fullmatch(r"\d+", str(found.lines["image"]))
