"""Production's container as it serves now, for the turns of the baseline. Nothing is started, stopped or locked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from vllm_qualify.container import inspection
from vllm_qualify.container.engine import EngineRefused
from vllm_qualify.container.inspection import Container
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.container import gpu_look
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.subjects import ModeContainer
from vllm_qualify.targets.serving_production import ServingProduction


@contextmanager
def taken(
    access: ContainerAccess, subject: ModeContainer | None, *, hang_seconds: float
) -> Iterator[ServingProduction]:
    """Take it up.

    Args:
        access: the run's way to containers, which may have ended by now.
        subject: what serves the everyday mode, as it was found when the run began; ``None`` where nothing does.
        hang_seconds: of silence, after which it is called hung.

    Raises:
        Unavailable: it does not serve.
    """
    if subject is None:
        raise Unavailable("there is no production")
    with ExitStack() as exits:
        yield _now(replace(access, exits=exits), subject, hang_seconds)


def _now(access: ContainerAccess, subject: ModeContainer, hang_seconds: float) -> ServingProduction:
    host, name, manifest = access.host, subject.container.name, subject.manifest
    try:
        live = host.find(subject.container.id)
        if live is None or not live.state.running:
            raise Unavailable(f"container {name} {live.state if live else 'is gone'}, so production does not serve")
        client = access.client(live, manifest)
        image = host.engine.image(live.image_id) or {}
    except (EngineRefused, BadManifest) as problem:
        raise Unavailable(f"production cannot be asked: {problem}") from problem
    model = next(iter(manifest.served_model_names), "")
    listed = client.models()
    if model not in listed.ids:
        said = "; ".join(listed.problems) or f"it names {', '.join(listed.ids) or 'nothing'}, not {model}"
        raise Unavailable(f"container {name} runs, but production does not serve: /v1/models: {said}")
    digest = inspection.digest(image)
    facts = {"digest": digest, "arguments of the ml mode": " ".join(manifest.command_line)}
    return ServingProduction(
        reference=live.spec.image,
        server=client,
        model=model,
        parser=manifest.flag("--reasoning-parser") is not None,
        digest=digest,
        facts={key: value for key, value in facts.items() if value},
        started=live.state.started,
        printed=tuple(host.engine.log(live.id).splitlines()),
        changed=lambda: _changed(host, live),
        look=lambda: gpu_look.inside(host.engine, live.id),
        hang_seconds=hang_seconds,
        clock=host.clock,
        sleep=host.sleep,
    )


def _changed(host: ContainerHost, was: Container) -> str:
    try:
        live = host.find(was.id)
    except EngineRefused as problem:
        raise Unavailable(f"the container engine says nothing about production: {problem}") from problem
    if live is None or not live.state.running:
        return f"container {was.name} {live.state if live else 'is gone'}"
    return "" if live.state.started == was.state.started else f"container {was.name} was restarted"
