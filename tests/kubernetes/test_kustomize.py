from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab import kubectl
from vllm_qualify.core import images
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import edits, kubectl_script, kustomize, manifests, objects
from vllm_qualify.kube import manifest_files as files
from vllm_qualify.kube.serving import BadManifest

CANDIDATES = ["vllm/vllm-openai:v0.12.0", "mirror:5000/vllm:1.0@sha256:" + "0" * 64]
OVERLAY = """\
# What is different in production
resources:
  - ../base
namePrefix: prod-
images:
  - name: vllm/vllm-openai # see NFR115
    digest: sha256:{digest}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """The ML mode of the example as a kustomize base with its Service, and an overlay that pins the image."""
    base, folder = tmp_path / "base", tmp_path / "prod"
    base.mkdir()
    folder.mkdir()
    for name in ("deployment.yaml", "service.yaml"):
        shutil.copy(HOME_LAB / "applications" / "vllm" / name, base)
    (base / "kustomization.yaml").write_text("resources: [deployment.yaml, service.yaml]\n")
    (folder / "kustomization.yaml").write_text(OVERLAY.format(digest="1" * 64))
    return folder


def rendered(cluster: Any, folder: Path) -> files.Rendered:
    """What the cluster's own kubectl makes of a folder."""
    return files.rendered(folder, kubectl=cluster.kubectl_argv()[0])


def test_a_kustomize_folder_is_read_like_a_file(cluster: Any, overlay: Path) -> None:
    """Names, image and arguments are those that kustomize makes, and lines lead into what it rendered."""
    found = rendered(cluster, overlay)
    obj, serving = manifests.workload(found.text, source=found.source)

    assert (serving.name, serving.model) == ("prod-vllm-server", "Qwen/Qwen3-8B-AWQ")
    assert serving.image == obj["spec"]["template"]["spec"]["containers"][0]["image"]
    assert serving.image == "vllm/vllm-openai@sha256:" + "1" * 64
    assert serving.image in found.text.splitlines()[serving.lines["image"] - 1]


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_kustomize_renders_the_edited_image_and_nothing_else(cluster: Any, overlay: Path, candidate: str) -> None:
    """An empty field is none to kustomize, so what the edit leaves behind does not act."""
    before = rendered(cluster, overlay).text
    edited = Path(shutil.copytree(overlay, overlay.parent / "edited")) / "kustomization.yaml"
    image = images.parse(candidate)

    edited.write_text(kustomize.with_image(edited.read_text(), name="vllm/vllm-openai", image=image))
    after = rendered(cluster, edited).text

    asked = {"kind": "Deployment", "name": "prod-vllm-server", "container": "vllm", "image": candidate}
    assert after == edits.with_image(before, **asked)
    assert "# see NFR115" in edited.read_text()


def test_what_kustomize_refuses_is_told_in_its_words(cluster: Any, overlay: Path) -> None:
    """The file that is not there is named."""
    (overlay.parent / "base" / "service.yaml").unlink()

    with pytest.raises(BadManifest, match=r"kubectl kustomize cannot render this: accumulating .*service\.yaml"):
        rendered(cluster, overlay)


def test_a_printed_command_does_what_it_says(cluster: Any, here: Any, overlay: Path) -> None:
    """Pasted into a shell, the API server gets the very object; here it is asked for no more than a dry run."""
    obj, _serving = manifests.workload(rendered(cluster, overlay).text, source="prod")
    obj = objects.with_namespace(obj, here.name)
    path = f"/apis/apps/v1/namespaces/{here.name}/deployments?dryRun=All"
    argv = tuple(cluster.kubectl_argv("create", "--raw", path, "-f", "-"))

    script = kubectl_script.commands(
        [kubectl_script.KubectlCommand(argv=argv, why="Ask whether it would be taken.", stdin=obj)]
    )
    said = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, check=True, text=True, env=kubectl.environment()
    ).stdout

    made = json.loads(said)
    assert made["metadata"]["uid"]
    assert made["spec"]["template"]["spec"]["containers"][0]["args"] == _args(obj)


def _args(obj: objects.Object) -> list[str]:
    return list(obj["spec"]["template"]["spec"]["containers"][0]["args"])
