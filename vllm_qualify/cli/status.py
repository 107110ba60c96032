"""``vllm-qualify status [IMAGE...]``: which verdicts still hold; reads runs and this machine, and changes nothing."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vllm_qualify.cli import streams, terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.config import Settings, lookup
from vllm_qualify.config import loading as settings_files
from vllm_qualify.core import fact_names, images, redaction, verdict_facts
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import BadImage, ImageRef
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.standing import PresentFacts, Standing, standing
from vllm_qualify.history import store
from vllm_qualify.reports import judged, run_folders, status, text
from vllm_qualify.reports.judged import JudgedImage
from vllm_qualify.system import path_checks
from vllm_qualify.targets import present_facts, rule_ids
from vllm_qualify.targets.kind import TargetKind
from vllm_qualify.targets.table import TARGETS

HELP = CommandHelp(
    usage="[IMAGE...] [options]",
    examples=(
        CommandExample(
            command="vllm-qualify status",
            what="every verdict in reports/",
        ),
        CommandExample(
            command="vllm-qualify status vllm/vllm-openai:v0.12.0 --offline",
            what="one image, asking nobody",
        ),
    ),
    exit_codes={
        0: "every verdict that was asked for holds, and the image qualified",
        1: "one has expired, or an image did not qualify or is ruled out; outranks 10",
        4: "a mistake in what was given, or no folder of runs",
        10: "of one nobody can tell, one was left open, or an image was never judged",
    },
)

_COLOURS = {
    re.compile(r"(?<=: )still holds$", re.MULTILINE): terminal.GREEN,
    re.compile(r"(?<=: )EXPIRED$", re.MULTILINE): terminal.RED,
}


def arguments(parser: CommandParser) -> None:
    """The images, where their runs are, and who may be asked."""
    parser.add_argument(
        "images", nargs="*", metavar="IMAGE", help="an image as it was named in its run (default: all ever judged)"
    )
    verdicts = parser.add_argument_group("the verdicts")
    verdicts.add_argument("--config", metavar="FILE", help="the operator's settings (default: ./qualify.toml)")
    verdicts.add_argument(
        "--reports-dir", type=Path, default=Path("reports"), metavar="DIR", help="folder of the runs (default: reports)"
    )
    asked = parser.add_argument_group("who is asked what is now")
    asked.add_argument("--engine", action="store_true", help="ask the container engine for the digest of each image")
    asked.add_argument("--registry", action="store_true", help="ask the registry what each tag names now")
    asked.add_argument(
        "--offline", action="store_true", help="ask no registry, no cluster and no engine, even with the other options"
    )
    parser.output("json: one object for each verdict, one a line")


def run(options: argparse.Namespace) -> int:
    """Hold the verdicts against what is now; the exit code is the worst of them."""
    wanted = [str(images.parse(one)) for one in dict.fromkeys(options.images)]
    source = Path(options.config) if options.config else lookup.find(Path.cwd())
    now = _Now(options=options, settings=settings_files.load(source, rules=rule_ids.known))
    verdicts = _verdicts(options.reports_dir, now.settings.history.file or options.reports_dir / store.FILE_NAME)
    found = [one for one in judged.newest(verdicts) if not wanted or one.image in wanted]
    now.ask_registry([one.image for one in found])
    known = {one.image for one in found}
    documents = [status.document(one, now.standing_of(one)) for one in found]
    documents += [status.never(image) for image in wanted if image not in known]
    _print(documents, options)
    return status.exit_code(documents)


def _verdicts(reports: Path, history: Path) -> list[JudgedImage]:
    """All that runs ever said; of a run that is in the history too, its folder has the word.

    Raises:
        NoJournal: there is neither a folder of runs nor a history.
    """
    found: list[JudgedImage] = []
    problems: list[str] = []
    try:
        found += (
            [each for one in store.load(history) for each in judged.recorded(one)]
            if path_checks.exists(history)
            else []
        )
    except store.BadHistory as problem:
        problems += problem.lines
    if path_checks.is_folder(reports) or not found:
        runs, unread = run_folders.all_in(reports)
        found += [each for one in runs for each in judged.of(one)]
        problems += unread
    for line in problems:
        streams.complain("status", f"{line}; it is left out")
    return found


def _print(documents: Sequence[status.StatusDocument], options: argparse.Namespace) -> None:
    if options.format == "json":
        for one in documents:
            terminal.show_json(status.values(one))
        return
    told = status.people(documents, brief=options.quiet) or "no image was judged in these runs\n"
    sys.stdout.write(terminal.painted(redaction.shown(told), _COLOURS))


@dataclass(slots=True, kw_only=True)
class _Now:
    """Looks up what is now, each thing once; mutable because it keeps what it found."""

    options: argparse.Namespace
    settings: Settings
    digests: Mapping[str, PresentFacts] = field(default_factory=dict)
    _gathered: dict[Any, PresentFacts] = field(default_factory=dict)

    def ask_registry(self, names: Sequence[str]) -> None:
        """Ask for the digests of all images, where that is wanted."""
        if not self.options.registry or self.options.offline:
            return
        # HTTP loads slower than the rest answers.
        from vllm_qualify.cli import progress  # noqa: PLC0415
        from vllm_qualify.preflight import image_lookup  # noqa: PLC0415
        from vllm_qualify.registry.client import DEADLINE_SECONDS  # noqa: PLC0415

        wanted = [one for one in map(_reference, dict.fromkeys(names)) if one is not None]
        what = f"asking the registry about {text.counted(len(wanted), 'image')}"
        with progress.waiting(what, budget=f"at most {DEADLINE_SECONDS:g} s each", quiet=self.options.quiet):
            told = image_lookup.ask(wanted)
        self.digests = {
            str(image): _fact(answer.facts.digest, f"the registry does not say it: {answer.problem}")
            for image, answer in told.items()
        }

    def standing_of(self, image: JudgedImage) -> Standing:
        """What has become of a verdict."""
        kind = TARGETS.get(image.target)
        if kind is None:
            why = f"this vllm-qualify has no target {image.target}"
            nothing = PresentFacts(unknown=dict.fromkeys(verdict_facts.NAMES, why))
            return standing(image.holds_for, nothing, needed=verdict_facts.ANYWHERE)
        needed = frozenset(kind.holds_for)
        if image.verdict is Verdict.RULED_OUT:
            # It was judged from facts alone, so nothing was pulled.
            needed -= {fact_names.DIGEST, fact_names.BUILD}
        facts = self._around(kind, image.environment) | self._of_image(kind, image.image)
        return standing(image.holds_for, facts, needed=needed)

    def _around(self, kind: TargetKind, environment: Mapping[str, str]) -> PresentFacts:
        key = (kind.name, *sorted(environment.items()))
        if key not in self._gathered:
            self._gathered[key] = self._gather(kind, environment)
        return self._gathered[key]

    def _gather(self, kind: TargetKind, environment: Mapping[str, str]) -> PresentFacts:
        offline = self.options.offline
        # As if the target were named: what it would be by itself says nothing about an earlier run.
        settings = replace(self.settings, target=kind.name)  # type: ignore[arg-type]  # A third one may have joined.
        try:
            settled = present_facts.settled(settings, kind, offline=offline)
        except UserError as problem:
            return present_facts.without_manifests(settings, kind, why=str(problem), offline=offline)
        return present_facts.gather(settled, kind, environment=environment, offline=offline)

    def _of_image(self, kind: TargetKind, name: str) -> PresentFacts:
        image = _reference(name)
        if image is None:
            return PresentFacts(unknown={fact_names.DIGEST: "its name is not an image reference"})
        try:
            build = _fact(kind.build(image, self.settings), "there is no build of it", name=fact_names.BUILD)
        except UserError as problem:
            build = _fact("", str(problem), name=fact_names.BUILD)
        return build | self._digest(kind, image)

    def _digest(self, kind: TargetKind, image: ImageRef) -> PresentFacts:
        if image.digest:
            return _fact(image.digest, "")
        if told := self.digests.get(str(image)):
            return told
        if self.options.engine and not self.options.offline:
            return kind.stored(image, self.settings)
        asked = (
            "--offline asks nobody"
            if self.options.offline
            else "it was not looked up; --registry or --engine does that"
        )
        return _fact("", f"what its tag names now is not known: {asked}")


def _reference(name: str) -> ImageRef | None:
    try:
        return images.parse(name)
    except BadImage:
        return None


def _fact(value: str, why: str, *, name: str = fact_names.DIGEST) -> PresentFacts:
    return PresentFacts(known={name: value}) if value else PresentFacts(unknown={name: why})
