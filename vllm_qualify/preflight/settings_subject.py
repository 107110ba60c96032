"""What preflight is asked about the operator's settings, by a run and by ``vllm-qualify preflight`` alike."""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.config import ModeSettings, Settings
from vllm_qualify.config import loading as settings_files
from vllm_qualify.core import advisories
from vllm_qualify.kube.config_maps import Lookup, nowhere
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight import NodeFacts, any_manifest, launch_specs
from vllm_qualify.preflight.predict import Subject


def subject(
    settings: Settings, *, node: NodeFacts, variables: Mapping[str, str], elsewhere: Lookup = nowhere
) -> Subject:
    """Every mode that is configured, with variables set from outside.

    Args:
        settings: name the manifests, the load budget, the policy and what is waived.
        node: where candidates would run.
        variables: they outrank the manifests.
        elsewhere: where ConfigMaps are that no file has.

    Raises:
        BadManifest: a manifest cannot be read, or a kustomize folder cannot be rendered.
        BadConfig: a file cannot be read at all.
    """
    modes = settings.modes.named.values()
    read = (serving(mode, variables=variables, elsewhere=elsewhere) for mode in modes)
    starts = launch_specs.with_env([launch_specs.of(manifest) for manifest in read], variables)
    return Subject(
        node=node,
        starts=starts,
        load_seconds=settings.budgets.load_seconds,
        waivers=settings.waivers,
        policy=advisories.floor(settings.policy.advisories),
    )


def serving(
    mode: ModeSettings, *, variables: Mapping[str, str] | None = None, elsewhere: Lookup = nowhere
) -> ServingManifest:
    """The serving container of a mode of the settings, be its manifest one of Kubernetes, a Compose file or a script.

    Args:
        mode: names the manifest.
        variables: what somebody sets from outside; it outranks the manifest.
        elsewhere: where ConfigMaps are that no file has.

    Raises:
        BadManifest: it cannot be read.
        BadConfig: the file cannot be read at all.
    """
    if settings_files.of_a_host(mode.manifest):
        return any_manifest.serving(
            mode.manifest, variables=variables or {}, environment={}, workload=mode.workload, elsewhere=elsewhere
        )
    return settings_files.serving(mode, variables=variables, elsewhere=elsewhere)
