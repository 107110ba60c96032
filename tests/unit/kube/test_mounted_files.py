from __future__ import annotations

from typing import Any

import pytest

from vllm_qualify.arguments.shell.config_file import Content
from vllm_qualify.kube import mounted_files
from vllm_qualify.kube.config_maps import ConfigMaps

MAPS = ConfigMaps(known={("", "c"): {"vllm.yaml": "port: 1", "b.yaml": "port: 2"}})
MAP = {"name": "v", "configMap": {"name": "c"}}
PROJECTED = {"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}, {"configMap": {"name": "c"}}]}}
RENAMED = {"name": "v", "configMap": {"name": "c", "items": [{"key": "b.yaml", "path": "sub/vllm.yaml"}]}}


def find(path: str, volume: dict[str, Any], **mount: str) -> Content | str:
    """What is found of a path in a container with one volume."""
    container = {"volumeMounts": [{"name": "v", "mountPath": "/etc/vllm", **mount}]}
    return mounted_files.of(container, [volume], namespace="ml", config_maps=MAPS)(path)


@pytest.mark.parametrize(
    ("path", "volume", "mount", "key"),
    [
        ("/etc/vllm/vllm.yaml", MAP, {}, "vllm.yaml"),
        ("/etc/vllm/../vllm/vllm.yaml", MAP, {"mountPath": "/etc/vllm/"}, "vllm.yaml"),
        ("/config.yaml", MAP, {"mountPath": "/config.yaml", "subPath": "b.yaml"}, "b.yaml"),
        ("/etc/vllm/vllm.yaml", PROJECTED, {}, "vllm.yaml"),
        ("/etc/vllm/sub/vllm.yaml", RENAMED, {}, "b.yaml"),
    ],
)
def test_a_file_of_a_config_map_is_found(path: str, volume: dict[str, Any], mount: dict[str, str], key: str) -> None:
    """Whole volumes, single files, projected volumes and keys that become other paths."""
    content = find(path, volume, **mount)

    assert isinstance(content, Content)
    assert content.where == f"key {key} of the ConfigMap c"


@pytest.mark.parametrize(
    ("path", "volume", "said"),
    [
        ("/opt/vllm.yaml", MAP, "it is in the image"),
        ("vllm.yaml", MAP, "it is in the image"),
        ("/etc/vllmish/vllm.yaml", MAP, "it is in the image"),
        ("/etc/vllm/gone.yaml", MAP, "the ConfigMap c does not have it"),
        ("/etc/vllm/vllm.yaml", RENAMED, "the ConfigMap c does not have it"),
        ("/etc/vllm/x", {"name": "v", "configMap": {"name": "d"}}, "it is in the ConfigMap d, which is not available"),
        ("/etc/vllm/x", {"name": "v", "hostPath": {"path": "/x"}}, "it is in the volume v (hostPath)"),
        ("/etc/vllm/x", {"name": "other"}, "it is in the volume v (of an unknown kind)"),
    ],
)
def test_where_a_file_is_that_is_not_at_hand(path: str, volume: dict[str, Any], said: str) -> None:
    """So that the operator knows what to give."""
    assert find(path, volume) == said
