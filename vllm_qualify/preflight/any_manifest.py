"""Reads how vLLM is started from what an operator names for preflight: pods, Compose, scripts, units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vllm_qualify.container import host_file
from vllm_qualify.kube import any_kind, config_map_files, manifests
from vllm_qualify.kube.config_maps import ConfigMaps, Lookup, nowhere
from vllm_qualify.kube.containers import Around
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight import manifest_texts
from vllm_qualify.system import text_files


def serving(
    path: Path,
    *,
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    workload: str = "",
    elsewhere: Lookup = nowhere,
) -> ServingManifest:
    """Read the container that runs vLLM.

    Args:
        path: a file, ``-`` for standard input, or a folder.
        variables: what somebody sets from outside; it outranks the manifest.
        environment: of this process, which Compose puts into its files.
        workload: name of the workload or the service, where several could be meant.
        elsewhere: where ConfigMaps are that no file has.

    Raises:
        BadManifest: it cannot be read; the message says what to give instead.
    """
    read = _serving(path, variables, environment, workload, elsewhere)
    # Of several it is told which one was read.
    return replace(read, source=f"{read.source}, {read.kind} {read.name}") if workload else read


def _serving(
    path: Path, variables: Mapping[str, str], environment: Mapping[str, str], workload: str, elsewhere: Lookup
) -> ServingManifest:
    found = manifest_texts.gathered(path)
    if len(found) == 1 and host_file.is_start(path, found[0].text):
        from vllm_qualify.preflight import host_starts  # noqa: PLC0415 - with all that reads containers.

        return host_starts.serving(path, found[0], variables=variables, environment=environment, name=workload)
    if len(found) == 1 and "services" in found[0].text:
        from vllm_qualify.preflight import compose_files  # noqa: PLC0415 - as above.
        from vllm_qualify.preflight.compose import services  # noqa: PLC0415 - as above.

        for document in manifests.documents_of(found[0].text, source=found[0].source):
            if host_file.is_compose(document.data):
                folder = Path() if str(path) == text_files.STDIN else path.parent
                project = compose_files.project(
                    document, source=found[0].source, folder=folder, environment=environment, given=variables
                )
                return services.serving(project, name=workload)
    known = ConfigMaps(elsewhere=elsewhere, beside=config_map_files.beside(path))
    return any_kind.serving(found, name=workload, around=Around(config_maps=known, variables=variables))
