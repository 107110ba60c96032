"""Which services of some Compose files run vLLM, when it is their text that will be changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vllm_qualify.container import compose_config
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.kube import edits


def chosen(texts: Sequence[str], files: Sequence[str], services: Sequence[str]) -> tuple[str, ...]:
    """The services that are meant.

    Args:
        texts: of the files, in the order in which later ones change what is above them.
        files: their names, for messages.
        services: as the operator names them; empty: the only one that runs vLLM.

    Raises:
        BadManifest: a file is no YAML.
        UnreadableContainer: there is no such service, or several could be meant.
    """
    merged: dict[str, dict[str, Any]] = {}
    for text, file in zip(texts, files, strict=True):
        for document in edits.read(edits.split_mark(text)[1], file)[:1]:
            known = document.data.get("services") if isinstance(document.data, dict) else None
            for name, service in (known or {}).items():
                merged[str(name)] = {**merged.get(str(name), {}), **(service or {})}
    if strange := sorted(set(services) - set(merged)):
        raise UnreadableContainer(
            f"{', '.join(files)}: there is no service {strange[0]}; there are {', '.join(merged) or 'none'}"
        )
    if services:
        return tuple(services)
    found = compose_config.serving(merged)
    if len(found) != 1:
        said = f"the services {', '.join(found)} each run vLLM" if found else "no service seems to run vLLM"
        raise UnreadableContainer(f"{', '.join(files)}: {said}; choose with --service NAME")
    return found
