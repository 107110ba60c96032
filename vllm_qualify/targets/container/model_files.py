"""Which revision of a model lies in the folders that a container is given; for what its verdict holds for. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from vllm_qualify.core import foreign, verdict_facts

_LONGEST = 64
# The cache of huggingface_hub keeps the commit of each branch in a file; HF_HOME has the cache in its folder hub
# (huggingface_hub, docs/source/en/guides/manage-cache.md).
_REFS = ("hub/models--{name}/refs/main", "models--{name}/refs/main")


def revision(compose: str, model: str, read: Callable[[str], str | None]) -> str:
    """What is known of the files of a model on this host; ``""`` where nothing is.

    Args:
        compose: a Compose file with the one service that serves it, as ``container.manifest_text`` writes it.
        model: as ``--model`` has it, a name or a path in the container.
        read: a file of this host, ``None`` where it cannot be read.
    """
    bound = sorted(_bound(compose), key=lambda pair: len(pair[1]), reverse=True)
    if model.startswith("/"):
        inside = ((source, posixpath.relpath(posixpath.normpath(model), target)) for source, target in bound)
        files = (posixpath.join(source, path, "config.json") for source, path in inside if not path.startswith(".."))
        config = next(filter(None, map(read, files)), None)
        return f"with config.json {verdict_facts.fingerprint(config)}" if config else ""
    name = model.replace("/", "--")
    refs = (posixpath.join(source, ref.format(name=name)) for source, _ in bound for ref in _REFS)
    commit = next(filter(None, map(read, refs)), "")
    return f"at {commit.strip()[:_LONGEST]}" if commit else ""


def _bound(compose: str) -> Iterator[tuple[str, str]]:
    """Where from and where to, of each folder of the host."""
    document: Any = yaml.safe_load(compose)
    for service in foreign.mapping(foreign.mapping(document).get("services")).values():
        for one in foreign.mappings(foreign.mapping(service).get("volumes")):
            if one.get("type") == "bind":
                yield str(one.get("source")), posixpath.normpath(str(one.get("target")))
