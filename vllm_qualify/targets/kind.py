"""What a kind of target can do, and what one is told of a run; ``table`` lists the kinds. Pure.

A collection reads the table, so what is only a type here is not loaded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vllm_qualify.core import fact_names, verdict_facts
from vllm_qualify.targets.abilities import PATIENCE_SECONDS, Ability

if TYPE_CHECKING:
    from vllm_qualify.config import ModeSettings, Settings
    from vllm_qualify.core.events import StepTaken
    from vllm_qualify.core.images import ImageRef
    from vllm_qualify.core.standing import PresentFacts
    from vllm_qualify.doctor.findings import MachineFacts
    from vllm_qualify.preflight import NodeFacts
    from vllm_qualify.system.signals import Signals
    from vllm_qualify.targets.base import Target

__all__ = ["PATIENCE_SECONDS", "Ability", "Lack", "RunWishes", "TargetKind", "TargetRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Why a target does not have an ability, and what else than leaving out the wish would help."""

    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWishes:
    """What the command line asks of a target; it was made sure that the target can do it.

    Attributes:
        environment: variables that every candidate gets, over what the manifests say; production never has them.
        patience_seconds: how long production's surroundings are asked again on the way back; 0: ``PATIENCE_SECONDS``.
        cold_cache: also start each candidate from an empty model cache.
        pause_gitops: hold still what Argo CD or Flux would write back, for the time of the run.
        keep_images: how many of the images that the run pulled stay on the host; 0: as the settings say.
        offline: fetch nothing.
        port: of local engines; 0 takes a free one.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    patience_seconds: float = 0.0
    cold_cache: bool = False
    pause_gitops: bool = False
    keep_images: int = 0
    offline: bool = False
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRun:
    """What a run is, to its target.

    Attributes:
        name: of the run, as its folder is called.
        images: the candidates in their order; all are prepared before production goes away.
        wishes: what it asks of the target.
        journal: takes each step before it is made.
        say: takes a line of progress.
        signals: what must not interrupt the way back.
        hide: takes secrets that were met on the way; from then on they stand in no file and no line.
        at_end: takes what must be called when the run is over.
    """

    name: str
    images: Sequence[ImageRef] = ()
    wishes: RunWishes = field(default_factory=RunWishes)
    journal: Callable[[StepTaken], None]
    say: Callable[[str], None]
    signals: Signals
    hide: Callable[[frozenset[str]], None] = lambda _values: None
    at_end: Callable[[Callable[[], None]], None] = lambda _close: None


class TargetKind(ABC):
    """One row of the table of targets: what is known of a target before there is one.

    Attributes:
        name: as ``--target`` has it.
        holds_for: names of the facts that a verdict on it holds for.
    """

    name: ClassVar[str]
    holds_for: ClassVar[tuple[str, ...]] = verdict_facts.ANYWHERE

    @abstractmethod
    def make(self, settings: Settings, run: TargetRun) -> Target:
        """The target of a run."""

    @abstractmethod
    def lacks(self, settings: Settings) -> Mapping[Ability, Lack]:
        """The abilities that it does not have with these settings."""

    def unnamed(self, _settings: Settings) -> str:
        """Why the settings do not say where it is, and what to do; ``""`` where they do, or need not."""
        return ""

    def reach(self, settings: Settings) -> None:  # noqa: B027 - a target that needs no name is always there.
        """Make sure that it is there before anything is begun.

        Raises:
            UserError: the settings name what there is not, or it does not answer now.
        """

    def settled(self, settings: Settings) -> Settings:
        """The settings with what only the target knows: what serves each mode now, where its own objects say it.

        Raises:
            UserError: they name what there is not, or what cannot be read.
        """
        return settings

    def node(self, _settings: Settings) -> tuple[NodeFacts, str] | None:
        """The node whose GPU candidates run on, and what the reader must know of that; ``None`` where there is none."""
        return None

    def elsewhere(self, _settings: Settings) -> str:
        """Where candidates run, as part of a sentence, if that is no place of this machine; else ``""``."""
        return ""

    def production(self, settings: Settings) -> str:
        """What a run does to production, in one sentence."""
        lack = self.lacks(settings).get(Ability.TAKES_PRODUCTION_AWAY)
        return f"stays as it is: {lack.reason}" if lack else "is taken away while a candidate is tried, and put back"

    def obstacle(self, _image: ImageRef, _settings: Settings) -> str:
        """Why an image cannot be tried on it; ``""`` where nothing is known against it."""
        return ""

    def build(self, _image: ImageRef, _settings: Settings) -> str:
        """Which build takes the place of an image, so that it can be told from another; ``""`` where none does."""
        return ""

    def stored(self, _image: ImageRef, _settings: Settings) -> PresentFacts:
        """What the target's own store of images says of one, without the registry."""
        from vllm_qualify.core.standing import PresentFacts  # noqa: PLC0415 - as above.

        return PresentFacts(unknown={fact_names.DIGEST: f"the {self.name} target has no images that can be asked"})

    def surroundings(self, _settings: Settings, *, offline: bool = False) -> PresentFacts:  # noqa: ARG002 - as below.
        """The place where candidates run, its GPUs, driver and toolkit.

        Args:
            settings: the operator's.
            offline: ask nothing outside of this machine.
        """
        from vllm_qualify.core.standing import PresentFacts  # noqa: PLC0415 - as above.

        return PresentFacts()

    def revision(self, _settings: Settings, _mode: ModeSettings, _model: str) -> str:
        """What is known of the files of a model that production serves, as more words; ``""`` where nothing is."""
        return ""

    def asks(self, _settings: Settings) -> str:
        """The other machine that ``settled`` has to ask; ``""`` where it asks none."""
        return ""

    def missing(self, _facts: MachineFacts) -> tuple[str, ...]:
        """What this machine lacks for it; empty when nothing is."""
        return ()
