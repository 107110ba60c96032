"""The engine on which candidates are tried, with what a run tells and how it waits; used by everything here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from vllm_qualify.container import creation, inspection
from vllm_qualify.container.engine import ContainerEngine, EngineFault, EngineRefused
from vllm_qualify.container.inspection import Container
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.system import clock as clocks
from vllm_qualify.targets.telling import all_the_same

POLL_SECONDS = 0.5
STOP_SECONDS = 120.0
_PAUSE_SECONDS = 2.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerHost:
    """An engine and the run that uses it.

    Attributes:
        engine: the way to it.
        run: name of the run.
        step: gets phase and words of each step before it is made.
        say: takes a line of progress.
        insist_seconds: how long an engine that does not answer is asked again; on the way back for hours.
        clock: seconds, as ``system.clock`` counts them.
        sleep: lets seconds pass.
    """

    engine: ContainerEngine
    run: str
    step: Callable[[str, str], None]
    say: Callable[[str], None]
    insist_seconds: float = 10.0
    clock: Callable[[], float] = clocks.seconds
    sleep: Callable[[float], None] = field(default=time.sleep)

    def find(self, name: str) -> Container | None:
        """A container as it stands now, by name or id; ``None`` where there is none.

        Raises:
            EngineRefused: the engine does not tell.
        """
        found = self.insisting(lambda: self.engine.container(name))
        if found is None:
            return None
        # One whose image is no more is still whole.
        image = self.insisting(lambda: self.engine.image(str(found["Image"])))
        return inspection.container(found, image)

    def make(self, spec: ContainerSpec, *, name: str, labels: dict[str, str]) -> str:
        """Make a container, in all its networks, and start nothing; gives its id.

        Raises:
            EngineRefused: the engine would not.
        """
        whole = {creation.RUN: self.run, **labels}
        words = creation.words(spec, name=name, labels=whole, podman=self.engine.podman)
        made = self.engine.change(*words, variables=creation.handed_over(spec)).split()[-1]
        for network, aliases in creation.connections(spec).items():
            named = [word for alias in aliases for word in ("--alias", alias)]
            self.engine.change("network", "connect", *named, network, made)
        return made

    def start(self, container: Container) -> None:
        """Start a container by whoever owns it; one that runs is left as it is.

        Raises:
            EngineRefused: it could not be started.
        """
        self.engine.change("start", container.id)

    def stop(self, container: str) -> None:
        """Stop a container, as gently as it was made to be; one that has ended is left as it is.

        Raises:
            EngineRefused: it did not end.
        """
        self.engine.change("stop", container, seconds=STOP_SECONDS)

    def remove(self, container: str) -> None:
        """Remove a container of the run's own, and what was made for it alone; one that is not there is fine.

        Raises:
            EngineRefused: it is still there.
        """
        try:
            self.engine.change("rm", "--force", "--volumes", container, seconds=STOP_SECONDS)
        except EngineRefused as problem:
            if problem.fault is not EngineFault.MISSING:
                raise

    def own(self) -> tuple[str, ...]:
        """The ids of everything that the run made and that is still there.

        Raises:
            EngineRefused: the engine does not tell.
        """
        return self.insisting(lambda: self.engine.containers(f"label={creation.RUN}={self.run}"))

    def volumes(self) -> tuple[str, ...]:
        """The names of the volumes that were made for candidates of the run, and that are still there.

        Raises:
            EngineRefused: the engine does not tell.
        """
        prefix = f"vllm-qualify-{self.run}-"
        # What a filter takes for a match differs between engines.
        there = self.insisting(lambda: self.engine.read("volume", "ls", "--quiet", "--filter", f"name={prefix}"))
        return tuple(name for name in there.split() if name.startswith(prefix))

    def insisting(self, ask: Callable[[], _T]) -> _T:
        """Ask again for as long as the engine does not answer at all.

        Raises:
            EngineRefused: it refuses, or has not answered for too long.
        """
        until = self.clock() + self.insist_seconds
        while True:
            try:
                return ask()
            except EngineRefused as problem:
                if problem.fault is not EngineFault.UNREACHED or self.clock() >= until:
                    raise
            self.sleep(_PAUSE_SECONDS)

    def until(self, holds: Callable[[], bool], *, seconds: float) -> bool:
        """Poll until something holds; ``False`` when the time is up."""
        deadline = self.clock() + seconds
        while not holds():
            if self.clock() >= deadline:
                return False
            self.sleep(POLL_SECONDS)
        return True

    def unstoppable(self, seconds: float) -> ContainerHost:
        """The same for the way back: a terminal that is gone or a full disk must not keep production away.

        Args:
            seconds: how long an engine that does not answer is asked again.
        """
        engine = replace(self.engine, on_change=all_the_same(self.engine.on_change))
        step, say = all_the_same(self.step), all_the_same(self.say)
        return replace(self, engine=engine, step=step, say=say, insist_seconds=seconds)
