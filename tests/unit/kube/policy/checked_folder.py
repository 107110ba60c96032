"""The operator's folder with one place changed, and what the rules find in it; for tests of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vllm_qualify.core.records import Finding
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import yamltext
from vllm_qualify.kube.policy import rules

ML, R1, SERVICE = "deployment.yaml", "deployment-r1.yaml", "service.yaml"
VLLM = HOME_LAB / "applications" / "vllm"
HOST_PATH = "          hostPath:\n            path: /var/lib/vllm/huggingface\n            type: Directory\n"
CACHE_MOUNT = "            - name: model-cache\n              mountPath: /root/.cache/huggingface\n"


def checked(texts: Mapping[str, str], **how: Any) -> tuple[Finding, ...]:
    """The findings of such files."""
    documents = [(file, document) for file, text in texts.items() for document in yamltext.documents(text)]
    return rules.check(documents, **{"namespace": "ml"} | how)


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """The operator's Deployments and Service, with one place of one file changed."""
    texts = {name: (VLLM / name).read_text() for name in (ML, R1, SERVICE)}
    assert old in texts[file]
    texts[file] = texts[file].replace(old, new, 1)
    return texts
