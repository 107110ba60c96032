"""Where the models and the compile caches lie: what the rules make of volumes and mounts."""

from __future__ import annotations

import pytest

from tests.unit.kube.policy.checked_folder import CACHE_MOUNT, HOST_PATH, ML, checked, edited
from vllm_qualify.core.records import Certainty

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: v, namespace: ml}}
spec:
  template:
    spec:
      containers:
        - name: vllm
          image: vllm/vllm-openai:v0.8.5
          args: [--model, m]
          env: [{environment}]
          volumeMounts: [{{name: c, mountPath: {mount}}}]
      volumes:
        - {{name: c, {volume}}}
"""


@pytest.mark.parametrize(
    ("mount", "volume", "environment", "shared"),
    [
        ("/root/.cache", "hostPath: {path: /c}", "", "/root/.cache/vllm and /root/.cache/flashinfer"),
        ("/root", "persistentVolumeClaim: {claimName: c}", "", "/root/.cache/vllm and /root/.triton/cache"),
        ("/root/.cache/vllm", "nfs: {server: nas, path: /c}", "", "/root/.cache/vllm on"),
        ("/data", "hostPath: {path: /c}", "{name: VLLM_CACHE_ROOT, value: /data/vllm}", "/data/vllm on"),
        ("/data", "hostPath: {path: /c}", "{name: XDG_CACHE_HOME, value: /data}", "/data/vllm on"),
        ("/data", "hostPath: {path: /c}", "{name: TORCHINDUCTOR_CACHE_DIR, value: /data/i}", "/data/i on"),
        ("/data", "hostPath: {path: /c}", "{name: FLASHINFER_WORKSPACE_BASE, value: /data}", "/data/.cache/flashinfer"),
        ("/root/.cache", "emptyDir: {}", "", ""),
        (
            "/root/.cache",
            "hostPath: {path: /c}",
            "{name: VLLM_CACHE_ROOT, value: /tmp/v}",
            "/root/.cache/flashinfer on",
        ),
        ("/root/.cache/huggingface", "hostPath: {path: /c}", "", ""),
        ("/data", "hostPath: {path: /c}", "", ""),
    ],
)
def test_what_outlasts_the_pod_where_kernels_are_compiled(
    mount: str, volume: str, environment: str, shared: str
) -> None:
    """Wherever the variables put the caches, and whatever kind of volume lies there; the models' own are none of it."""
    text = DEPLOYMENT.format(mount=mount, volume=volume, environment=environment)

    found = [each for each in checked({"d.yaml": text}) if each.id == "H15"]

    assert [shared in each.expected for each in found] == ([True] if shared else [])


def test_a_mount_that_cannot_be_written_to_shares_nothing() -> None:
    """A candidate leaves nothing in it."""
    mount = "/root/.cache, readOnly: true"
    text = DEPLOYMENT.format(mount=mount, volume="hostPath: {path: /c}", environment="")

    assert "H15" not in {each.id for each in checked({"d.yaml": text})}


def test_a_claim_is_only_suspected() -> None:
    """The manifest does not tell what disk is behind a claim, so the finding does not say that it is NFS."""
    (found,) = checked(edited(ML, HOST_PATH, "          persistentVolumeClaim:\n            claimName: vllm-models\n"))

    assert (found.id, found.certainty, found.blocks) == ("H04", Certainty.POSSIBLE, False)
    assert "the claim vllm-models" in found.actual


def test_a_mount_around_the_models_holds_them() -> None:
    """The rule on models has nothing against it; it holds the compile caches as well, which another rule is about."""
    found = checked(edited(ML, "/root/.cache/huggingface", "/root/.cache"))

    assert [each.id for each in found] == ["H15"]


def test_models_elsewhere_need_a_volume_there() -> None:
    """The folder that the environment names counts, not the one that is mounted by habit."""
    env = "          env: [{name: HF_HOME, value: /models}]\n          args:\n"

    (found,) = checked(edited(ML, "          args:\n", env))

    assert (found.id, found.expected) == (
        "H04",
        "a volume at /models: a hostPath of type Directory, on the node's own disk",
    )


@pytest.mark.parametrize("inner", ["emptyDir: {}", "nfs: {server: nas, path: /m}"])
def test_the_innermost_mount_holds_the_models(inner: str) -> None:
    """A folder may be mounted into another mount; the rule looks at what is really there."""
    texts = edited(ML, CACHE_MOUNT, CACHE_MOUNT + "            - name: inner\n              mountPath: /root\n")
    texts[ML] += f"        - name: inner\n          {inner}\n"

    assert "H04" not in {each.id for each in checked(texts)}
