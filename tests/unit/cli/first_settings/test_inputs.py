"""``vllm-qualify init`` on what people have in their folders: secrets, broken files, odd names, files of the field."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.first_settings.conftest import deployment
from vllm_qualify.config import loading

Written = Callable[[], tuple[str, str, str]]
FIELD = Path(__file__).parents[2] / "kube" / "field"
CANARY = "hf_canarycanarycanary12"
PROXY = f"""\
model_list:
- model_name: a
  litellm_params: {{model: openai/Qwen/Qwen3-8B, api_base: "http://u:{CANARY}@x", api_key: {CANARY}}}
litellm_settings: {{fallbacks: [{{a: [b]}}]}}
"""


def test_no_secret_gets_in(folder: Path, written: Written) -> None:
    """Neither from variables, nor from arguments, nor from addresses, nor from what has the form of one."""
    text = deployment("vllm").replace("--model, Qwen/Qwen3-8B]", f"--model, Qwen/Qwen3-8B, --api-key, {CANARY}]")
    (folder / "a.yaml").write_text(f"{text}          env: [{{name: HF_TOKEN, value: {CANARY}}}]\n")
    (folder / "b.yaml").write_text(deployment("vllm-r1", model=CANARY))
    (folder / "proxy.yaml").write_text(PROXY)

    said = written()

    assert CANARY not in "".join(said)
    assert 'model = "[redacted]"  # left out: it has the form of a secret' in said[0]


def test_a_broken_file_beside_good_ones(folder: Path, written: Written) -> None:
    """The good ones are taken, and the broken one is told with its line."""
    (folder / "a.yaml").write_text("kind: Deployment\nimage: [vllm\n")
    (folder / "b.yaml").write_text(deployment("vllm"))

    text, _, error = written()

    assert tomllib.loads(text)["modes"]["ml"]["manifest"] == "b.yaml"
    assert "a.yaml:3: not valid YAML" in error


def test_a_manifest_that_kubernetes_would_refuse(folder: Path, written: Written) -> None:
    """It is told with its line, and the settings do without it."""
    (folder / "a.yaml").write_text(deployment("vllm").replace("Qwen/Qwen3-8B]", "Qwen/Qwen3-8B, --port, 8000]"))

    text, _, error = written()

    assert "modes" not in tomllib.loads(text)
    assert "a.yaml:12: args[3] is 8000, which YAML reads as int" in error


def test_a_chart_is_told_as_such(folder: Path, written: Written) -> None:
    """Its templates are read by nobody before they are rendered."""
    (folder / "charts/vllm/templates").mkdir(parents=True)
    (folder / "charts/vllm/Chart.yaml").write_text("name: vllm\n")
    (folder / "charts/vllm/templates/deployment.yaml").write_text("replicas: {{ .Values.replicas }}\n")
    (folder / "template.yaml").write_text("# vllm\nreplicas: {{ .Values.replicas }}\n")

    _, _, error = written()

    assert "charts/vllm is a Helm chart; render it (helm template RELEASE charts/vllm " in error
    assert "template.yaml has {{ .Values.replicas }} in line 2, so it is a template" in error


def test_two_in_one_file_are_told_apart(folder: Path, written: Written) -> None:
    """The settings name the workload, and what else runs vLLM stands in a comment."""
    (folder / "all.yaml").write_text(f"{deployment('one')}---\n{deployment('two')}")

    text, _, _ = written()

    assert tomllib.loads(text)["modes"]["ml"] == {"manifest": "all.yaml", "workload": "one", "model": "Qwen/Qwen3-8B"}
    assert "# Also found: Deployment two (all.yaml)." in text
    assert "# guessed: Deployment one is the first of 2 workloads that run vLLM" in text


def test_the_only_one_that_asks_for_a_gpu(folder: Path, written: Written) -> None:
    """An image of one's own is taken for vLLM, and the reader is told why."""
    (folder / "a.yaml").write_text(deployment("llm").replace("vllm/vllm-openai:v0.10.2", "registry.local/llm:1"))

    text, _, _ = written()

    assert "# guessed: Deployment llm is the only workload that asks for a GPU" in text


def test_the_operators_copy_of_the_repository_is_kept(folder: Path, written: Written) -> None:
    """Candidates come from where production's image comes from."""
    (folder / "a.yaml").write_text(deployment("llm").replace("vllm/vllm-openai:", "mirror.local/vllm/vllm-openai:"))

    text, _, _ = written()

    assert all(one.startswith("mirror.local/vllm/vllm-openai:v") for one in tomllib.loads(text)["candidates"])


def test_compose_only(folder: Path, written: Written) -> None:
    """The file is judged as a mode; production is not named where no engine runs it."""
    (folder / "compose.yaml").write_text(
        "services:\n  llm:\n    image: vllm/vllm-openai:v0.10.2\n    command: --model Qwen/Qwen3-8B\n"
    )
    (folder / "compose.override.yaml").write_text("services:\n  llm:\n    image: vllm/vllm-openai:v0.11.0\n")

    text, _, error = written()

    assert tomllib.loads(text)["modes"]["ml"] == {"manifest": "compose.yaml", "model": "Qwen/Qwen3-8B"}
    assert '# compose = ["compose.yaml", "compose.override.yaml"]' in text
    assert "[container] is written as a comment: It is not named, because no container engine" in error


def test_a_script_that_starts_a_container(folder: Path, written: Written) -> None:
    """Its name is what the settings would name."""
    (folder / "start.sh").write_text(
        "docker run -d --name llm --gpus all vllm/vllm-openai:v0.10.2 --model Qwen/Qwen3-8B\n"
    )

    text, _, _ = written()

    assert '# container = "llm"  # from start.sh' in text
    assert tomllib.loads(text)["modes"]["ml"] == {"manifest": "start.sh", "model": "Qwen/Qwen3-8B"}


def test_what_reads_metrics(folder: Path, written: Written) -> None:
    """Dashboards and rules on names that a release has; not whatever looks like one."""
    (folder / "dashboard.json").write_text('{"expr": "vllm:num_requests_running"}')
    (folder / "else.json").write_text('{"image": "me/vllm:v_one_two"}')

    text, _, _ = written()

    assert tomllib.loads(text)["metrics"] == {"files": ["dashboard.json"]}


@pytest.mark.parametrize(
    "name", ['quote".yaml', "new\nline.yaml", "back\\slash.yaml", "café \U0001f600.yaml", "\x7f.yaml"]
)
def test_any_name_of_a_file(folder: Path, written: Written, name: str) -> None:
    """It comes out as it is, and no comment becomes a key."""
    (folder / name).write_text(deployment("vllm"))

    text, _, _ = written()

    assert tomllib.loads(text)["modes"]["ml"]["manifest"] == name


def test_a_name_that_no_settings_can_hold(folder: Path, written: Written) -> None:
    """It is told, and left out."""
    (folder / os.fsdecode(b"bad\xff.yaml")).write_text(deployment("vllm"))

    text, _, error = written()

    assert "modes" not in tomllib.loads(text)
    assert "is a name that no settings can hold" in error


@pytest.mark.parametrize("name", sorted(one.name for one in FIELD.glob("*.yaml")))
def test_the_files_of_the_field(folder: Path, written: Written, name: str) -> None:
    """Each gives a file that can be loaded, or a word on what is missing as well."""
    (folder / name).write_text((FIELD / name).read_text())

    _, _, error = written()

    assert loading.load(folder / "qualify.toml").candidates
    helm = name.startswith(("m03", "m05"))
    assert (f"{name} " in error) is helm
