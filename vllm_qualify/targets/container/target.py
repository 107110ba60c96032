"""A container engine as a target: the candidate's image in production's place until it is put back, or by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime

import httpx

from vllm_qualify.arguments import command_line
from vllm_qualify.checks import kv_cache_log
from vllm_qualify.checks.production import TransactionEnd
from vllm_qualify.client.openai import new_http_client
from vllm_qualify.config import ContainerSettings, Settings
from vllm_qualify.container.engine import ContainerEngine, EngineRefused
from vllm_qualify.container.inspection import Container
from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.events import StepTaken
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Finding
from vllm_qualify.kube.sensitive import sensitive
from vllm_qualify.litellm.evidence import RouteEvidence, Service
from vllm_qualify.targets import last_start, route
from vllm_qualify.targets.base import Client, Description, Mode, NotReady
from vllm_qualify.targets.container import (
    engines,
    preconditions,
    prepare,
    rehearsal,
    serving,
    starts,
    subjects,
)
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.attempt import ContainerAttempt
from vllm_qualify.targets.container.engines import Offer
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.mode_start import ModeStart
from vllm_qualify.targets.container.prepare import PreparedImage
from vllm_qualify.targets.container.production import ContainerProduction
from vllm_qualify.targets.container.snapshot import HostSnapshot, KeptContainer
from vllm_qualify.targets.container.subjects import ModeContainer
from vllm_qualify.targets.kind import PATIENCE_SECONDS, TargetRun
from vllm_qualify.targets.serving_production import ServingProduction


class ContainerTarget:
    """An engine; mutable, because production is there, away, and there again.

    Args:
        settings: what is tried and how.
        container: which engine, and which container is production.
        run: what this run is.
        engine: the way to it.
        http: the run's HTTP client.
        gpus: the engine gives containers a GPU.
        free_bytes: room where the engine keeps images; ``None`` where that is not known.
    """

    name = "container"

    def __init__(
        self,
        settings: Settings,
        *,
        container: ContainerSettings,
        run: TargetRun,
        engine: ContainerEngine,
        http: httpx.Client,
        gpus: bool,
        free_bytes: int | None = None,
    ) -> None:
        self._settings = settings
        self._container = container
        self._run = run
        self._gpus = gpus
        self._free_bytes = free_bytes
        self._exits = ExitStack()
        self._host = ContainerHost(engine=engine, run=run.name, step=self._step, say=self._say)
        self._access = ContainerAccess(host=self._host, http=http, exits=self._exits, hide=run.hide)
        self._subjects: Mapping[Mode, ModeContainer] = {}
        self._production: ContainerProduction | None = None
        self._current: ContainerAttempt | None = None
        self._starts: dict[ImageRef, Mapping[Mode, ModeStart]] = {}
        self._prepared: dict[ImageRef, PreparedImage] = {}

    def open(self) -> tuple[Finding, ...]:
        """Look, pull and prepare every candidate, and take the lock, while production serves.

        Raises:
            NotReady: something stands in the way; nothing was changed.
        """
        with _in_the_way():
            findings = self._looked()
            if any(finding.blocks for finding in findings):
                raise NotReady("production is not ready for a run", findings)
            for place, image in enumerate(self._run.images):
                self._prepare(image, place)
            self._begin()
        return findings

    @contextmanager
    def deploy(self, image: ImageRef) -> Iterator[ContainerAttempt]:
        """Take up a candidate; what of it still runs is removed on leaving."""
        if self._production is None:
            raise AssertionError("the target was not opened")
        attempt = self._current = ContainerAttempt(
            image,
            prepared=self._prepared[image],
            starts=self._starts[image],
            production=self._production,
            access=self._access,
            hang_seconds=self._settings.budgets.hang_seconds,
            description=self._description(image),
        )
        try:
            yield attempt
        finally:
            attempt.stop()

    def serving(self) -> AbstractContextManager[ServingProduction]:
        """Take up production as it serves now, see ``ProductionTarget``."""
        return serving.taken(
            self._access, self._subjects.get(Mode.ML), hang_seconds=self._settings.budgets.hang_seconds
        )

    def route(self, engine: Client, *, model: str) -> RouteEvidence | str:
        """Ask the operator's proxy, which finds the candidate by production's names in its networks."""
        settings, subject = self._settings.routing, self._subjects.get(Mode.ML)
        if settings is None or self._current is None:
            return "no proxy is configured: qualify.toml has no [routing]"
        if subject is None:
            return f"the candidate serves a canary, and {settings.proxy} does not lead to it"
        names = [one for aliases in subject.container.spec.networks.values() for one in aliases]
        return route.ask(
            settings,
            engine=engine,
            model=model,
            transport=self._current.transport(settings.proxy),
            service=Service(name=subject.container.name, namespace="", port=subject.manifest.port, others=tuple(names)),
            waivers=self._settings.waivers,
        )

    def rehearse(self) -> str:
        """Everything that a run would do, as commands; nothing is changed.

        Raises:
            NotReady: something stands in the way.
        """
        with _in_the_way():
            findings = self._looked()
        if any(finding.blocks for finding in findings):
            raise NotReady("production is not ready for a run", findings)
        kept = self._captured()
        planned = {image: self._planned(image, place) for place, image in enumerate(self._run.images)}
        # A key may stand on production's command line, and what is printed here is copied into tickets.
        return redaction.text(rehearsal.commands(self._host, kept, planned), self.secrets())

    def close(self) -> TransactionEnd | None:
        """Put production back; ``None`` where there was none."""
        if self._production is None:
            return None
        try:
            ended = self._production.close()
        finally:
            self._exits.close()
            self._remove_images()
        return ended if self._subjects else None

    def _remove_images(self) -> None:
        """Of the images that the run pulled the last ones stay, as many as were asked for."""
        keep = self._run.wishes.keep_images or self._container.keep_images
        pulled = [image for image, one in self._prepared.items() if one.pull_seconds is not None]
        for image in pulled[: len(pulled) - keep] if keep is not None else ():
            self._prepared.pop(image)
            try:
                self._host.engine.change("rmi", str(image))
            except EngineRefused as problem:
                self._say(f"{image} stays on the host: {problem}")

    def secrets(self) -> frozenset[str]:
        """What must not be seen in any report: values whose names say that they are secrets."""
        specs = [one.container.spec for one in self._subjects.values()]
        values = {value for spec in specs for name, value in spec.env.items() if sensitive(name) and value}
        words = [word for spec in specs for word in (*(spec.entrypoint or ()), *(spec.command or ()))]
        return frozenset(values) | command_line.secrets(words)

    def _looked(self) -> tuple[Finding, ...]:
        self._subjects = subjects.found(self._host, self._container)
        images = [image for image in self._run.images if self._host.engine.image(str(image)) is None]
        space = preconditions.space(images, self._free_bytes, self._settings.waivers)
        return (*preconditions.findings(self._subjects, self._settings.waivers), *space)

    def _prepare(self, image: ImageRef, place: int) -> None:
        self._starts[image] = planned = self._planned(image, place)
        for mode, subject in self._subjects.items():
            said = starts.difference(subject, planned[mode])
            self._say(f"{image.short}: only this differs from container {subject.container.name}:\n{said}")
        serves = "; production still serves" if self._subjects else ""
        self._say(f"{image.short}: pulling the image and running its parser{serves}")
        manifests = {mode: one.manifest for mode, one in planned.items()}
        like = planned[Mode.ML].spec
        offline = self._run.wishes.offline
        self._prepared[image] = prepare.prepare(self._host, image, manifests, like=like, offline=offline)

    def _planned(self, image: ImageRef, place: int) -> Mapping[Mode, ModeStart]:
        for composed in filter(None, (one.composed for one in self._subjects.values())):
            composed.check(image)
        if self._subjects:
            volume = f"vllm-qualify-{self._run.name}-{place}"
            environment = self._run.wishes.environment
            return starts.in_place(self._subjects, image, environment=environment, volume=volume)
        return starts.canaries(self._settings, image, gpus=self._gpus)

    def _begin(self) -> None:
        kept = self._captured()
        there = [*(one.image_id for one in kept.containers), *(one.id for one in self._prepared.values() if one.id)]
        if not there:
            problems = [one.problem or (one.fault.reason if one.fault else "") for one in self._prepared.values()]
            raise NotReady("; ".join(dict.fromkeys(problems)) or "no candidate")
        production = ContainerProduction(
            self._access,
            kept,
            signals=self._run.signals,
            most_seconds=self._container.max_downtime_seconds,
            patience_seconds=self._run.wishes.patience_seconds or PATIENCE_SECONDS,
        )
        production.begin(there[0])
        self._production = production
        subject = self._subjects.get(Mode.ML)
        if subject is not None and subject.container.state.running:
            log = self._host.engine.log(subject.container.id).splitlines()
            production.kv_cache = kv_cache_log.read(log)
            production.expect(last_start.seconds(log, started=subject.container.state.started))

    def _captured(self) -> HostSnapshot:
        kept = tuple(self._kept(one) for one in self._subjects.values())
        return HostSnapshot(run=self._run.name, taken=datetime.now(UTC), containers=kept)

    def _kept(self, subject: ModeContainer) -> KeptContainer:
        one: Container = subject.container
        running = one.state.running
        served = self._access.client(one, subject.manifest).models().ids if running else ()
        return KeptContainer(
            id=one.id, name=one.name, image_id=one.image_id, running=running, served=served, unit=one.unit
        )

    def _description(self, image: ImageRef) -> Description:
        prepared = self._prepared[image]
        facts = {"digest": prepared.digest, "container engine": self._host.engine.program}
        if prepared.pull_seconds is not None:
            facts["pull"] = f"{prepared.pull_seconds:.1f} s, before production was taken down"
        for mode, start in self._starts[image].items():
            facts[f"arguments of the {mode.value} mode"] = " ".join(start.manifest.command_line)
        if not self._subjects:
            facts["model"] = "a canary in the place of yours; [container] in qualify.toml names your own container"
        room = self._production.kv_cache if self._production else None
        return Description(facts={name: value for name, value in facts.items() if value}, production=room)

    def _say(self, line: str) -> None:
        self._run.say(redaction.text(line, self.secrets()))

    def _step(self, phase: str, what: str) -> None:
        self._run.journal(StepTaken(at=datetime.now(UTC), phase=phase, what=what))


@contextmanager
def _in_the_way() -> Iterator[None]:
    """Whatever an operator can mend keeps a run from beginning."""
    try:
        yield
    except NotReady:
        raise
    except UserError as problem:
        refused = "the container engine refused: " if isinstance(problem, EngineRefused) else ""
        raise NotReady(f"{refused}{problem}") from problem


def made(settings: Settings, container: ContainerSettings, run: TargetRun, *, offer: Offer) -> ContainerTarget:
    """The target of a run; every command that changes something on the engine is journalled before it is given."""
    http = new_http_client()
    run.at_end(http.close)
    return ContainerTarget(
        settings,
        container=container,
        run=run,
        engine=engines.journalled(offer.engine, run.journal),
        http=http,
        gpus=offer.gpus,
        free_bytes=offer.free_bytes,
    )
