"""The files around a Compose file: ``.env``, those of ``env_file``, and what is bound into its services."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vllm_qualify.container import env_files
from vllm_qualify.container.interpolation import Variables
from vllm_qualify.kube.yamltext import YamlDocument
from vllm_qualify.preflight.compose.services import Project
from vllm_qualify.system import text_files
from vllm_qualify.system.text_files import UnreadableText


def project(
    document: YamlDocument,
    *,
    source: str,
    folder: Path,
    environment: Mapping[str, str],
    given: Mapping[str, str],
) -> Project:
    """Put together what Compose would know of a file.

    Args:
        document: the file.
        source: its name, as messages have it.
        folder: where it is.
        environment: of this process; it outranks ``.env``, as with Compose.
        given: variables that somebody sets from outside.
    """

    def read(path: str) -> str | None:
        try:
            return text_files.read(folder / Path(path).expanduser())
        except UnreadableText:
            return None

    known = env_files.read(read(".env") or "", Variables(values=environment))
    return Project(document=document, source=source, variables={**known, **environment}, given=given, read=read)
