"""Everything that a run would do to an engine, as commands that a reader can follow; nothing is done. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from vllm_qualify.container import creation
from vllm_qualify.core.images import ImageRef
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.mode_start import ModeStart
from vllm_qualify.targets.container.snapshot import LOCK, HostSnapshot


def commands(host: ContainerHost, kept: HostSnapshot, planned: Mapping[ImageRef, Mapping[Mode, ModeStart]]) -> str:
    """The commands of a run in their order, with a comment before each group."""
    return "\n".join(_lines(host, kept, planned))


def _lines(
    host: ContainerHost, kept: HostSnapshot, planned: Mapping[ImageRef, Mapping[Mode, ModeStart]]
) -> Iterator[str]:
    def told(*words: str) -> str:
        return shlex.join(host.engine.argv(*words))

    yield "# while production serves: pull each image and ask its parser"
    yield from (told("pull", str(image)) for image in planned)
    yield f"# the lock, a container that is never started: {LOCK}"
    for one in kept.serving:
        yield f"# production goes away; it is never removed ({one.id[:12]})"
        yield told("stop", one.name)
    for image, modes in planned.items():
        for mode, start in modes.items():
            yield f"# {image} in the {mode.value} mode; variables are handed over by the environment"
            name = f"vllm-qualify-{host.run}-{mode.value}"
            labels = {creation.RUN: host.run}
            yield told(*creation.words(start.spec, name=name, labels=labels, podman=host.engine.podman))
            yield told("start", name)
            yield told("rm", "--force", "--volumes", name)
    for one in kept.serving:
        yield "# production comes back, and must answer as before"
        yield told("start", one.name)
