"""``vllm-qualify preflight IMAGE...``, or ``--all``: what should work on a node, from facts alone."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from vllm_qualify import catalogue
from vllm_qualify.cli import preflight_subject, streams, terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core import images, redaction, tags
from vllm_qualify.core.images import ImageRef
from vllm_qualify.preflight import PredictedVerdict, launch_specs, predict
from vllm_qualify.preflight.launch_specs import BadInput
from vllm_qualify.preflight.predict import ImagePrediction, RegistryAnswer, Subject
from vllm_qualify.reports import preflight, preflight_table, preflight_words, text

_COLOURS = {
    re.compile(r"(?<=^  )STOP(?= )", re.MULTILINE): f"1;{terminal.RED}",
    re.compile(r"(?<=^  )warn(?= )", re.MULTILINE): terminal.YELLOW,
    re.compile(r"\bwill not work(?=  | \()"): terminal.RED,
    re.compile(r"\bneeds override(?=  | \()"): terminal.YELLOW,
    re.compile(r"\bcannot verify(?=  | \()"): terminal.MAGENTA,
    re.compile(r"\bshould work(?=  | \()"): terminal.GREEN,
}
_USABLE = frozenset({PredictedVerdict.SHOULD_WORK, PredictedVerdict.NEEDS_OVERRIDE})

HELP = CommandHelp(
    usage="IMAGE... [options], or --all [options]",
    examples=(
        CommandExample(
            command="vllm-qualify preflight vllm/vllm-openai:v0.19.1",
            what="one image on this machine's GPU, started as ./qualify.toml says",
        ),
        CommandExample(
            command='vllm-qualify preflight --all --gpu "RTX 3060" --driver 570.195.03 --toolkit 1.18.0',
            what="every release on a node that is not this machine",
        ),
        CommandExample(
            command="vllm-qualify preflight vllm/vllm-openai:v0.12.0 --gpu L4 --args '--model facebook/opt-125m'",
            what="without a manifest",
        ),
    ),
    exit_codes={
        0: "every image should work; with --all: one of them should",
        1: "some need a change, or will not work; with --all: none should work",
        10: "some cannot be verified, and nothing is worse; with --all: none should work, some may",
    },
)


def arguments(parser: CommandParser) -> None:
    """The images, and what is known of node and start."""
    which = parser.add_argument_group("which images")
    which.add_argument("images", nargs="*", metavar="IMAGE", help="an image, such as vllm/vllm-openai:v0.12.0")
    which.add_argument("--all", action="store_true", help="a table of all releases, newest first")
    asked = parser.add_argument_group("who is asked about images")
    asked.add_argument("--registry", action="store_true", help="also read what the registry says about the image")
    asked.add_argument("--offline", action="store_true", help="ask no registry, even with --registry")
    preflight_subject.arguments(parser)
    parser.output("json: one object for each image, one a line")


def run(options: argparse.Namespace) -> int:
    """Predict; the exit code says whether all that was asked for should work, or one of the table."""
    wanted = _wanted(options)
    subject = preflight_subject.gather(options)
    told = _told(wanted, options)
    asked = options.registry and not options.offline
    found = (
        predict.every(subject)
        if options.all
        else tuple(predict.of(image, subject, told=told.get(image), insisted=asked) for image in wanted)
    )
    secrets = launch_specs.secrets(subject.starts)
    if options.format == "json":
        from vllm_qualify.reports import preflight_json  # noqa: PLC0415 - the types of a document that few ask for.

        for one in found:
            terminal.show_json(preflight_json.document(one, subject, secrets))
    else:
        shown = redaction.shown("\n".join(_texts(found, subject, options)), secrets)
        sys.stdout.write(terminal.painted(shown, _COLOURS))
    return predict.exit_code(found, table=options.all)


def _wanted(options: argparse.Namespace) -> tuple[ImageRef, ...]:
    """The images, each once.

    Raises:
        BadImage: one of them is no reference.
        BadInput: the options contradict each other.
    """
    if bool(options.images) == options.all:
        raise BadInput("give either images, such as vllm/vllm-openai:v0.12.0, or --all for a table of all releases")
    if options.all and options.registry:
        raise BadInput(
            "--registry works only for named images, because registries limit requests; give images instead of --all"
        )
    return tuple(map(_image, dict.fromkeys(options.images)))


def _image(name: str) -> ImageRef:
    """Read one image; a tag alone is only completed to one that exists, as far as the catalogue knows.

    Raises:
        BadImage: it is no reference.
        BadInput: it is a tag alone, of a release that the catalogue does not have.
    """
    tag = tags.read(name)
    if tag is not None and catalogue.find(tag.version) is None:
        newest = catalogue.releases()[-1].version
        raise BadInput(
            f"{name!r} is only a tag, and the catalogue has no such release; expected NAME:TAG, such as "
            f"vllm/vllm-openai:v{newest}"
        )
    return images.parse(name)


def _told(wanted: Sequence[ImageRef], options: argparse.Namespace) -> Mapping[ImageRef, RegistryAnswer]:
    """What the registry tells, where it may be asked."""
    if not options.registry or options.offline:
        return {}
    # HTTP loads slower than the catalogue answers.
    from vllm_qualify.cli import progress  # noqa: PLC0415
    from vllm_qualify.preflight import image_lookup  # noqa: PLC0415
    from vllm_qualify.registry import login  # noqa: PLC0415
    from vllm_qualify.registry.client import DEADLINE_SECONDS  # noqa: PLC0415

    logins = login.docker_logins()
    if logins.problem:
        note = f"note: {logins.source} could not be read ({logins.problem}); registries are asked without that login"
        streams.complain("preflight", note)
    what = f"asking the registry about {text.counted(len(wanted), 'image')}"
    with progress.waiting(what, budget=f"at most {DEADLINE_SECONDS:g} s each", quiet=options.quiet):
        return image_lookup.ask(wanted)


def _texts(found: Sequence[ImagePrediction], subject: Subject, options: argparse.Namespace) -> Iterator[str]:
    """What people read."""
    hint, width = preflight_subject.hint(subject), terminal.width()
    if not options.quiet:
        about = preflight_words.about(subject, basis=_basis(found, options), hint=hint, width=width)
        yield "".join(f"{line}\n" for line in about)
    if options.all:
        yield preflight_table.table(found, others=_other_tags(found, subject), width=width, brief=options.quiet)
        return
    if options.quiet:
        yield "".join(f"{preflight.headline(one)}\n" for one in found)
        return
    for one in found:
        others = tuple(predict.of(image, subject) for image in one.other_tags)
        yield preflight.people(one, others=others, width=width)


def _other_tags(found: Sequence[ImagePrediction], subject: Subject) -> tuple[ImagePrediction, ...]:
    """The newest other tag that is not ruled out as well."""
    others = (predict.of(image, subject) for one in found for image in one.other_tags)
    first = next((other for other in others if other.verdict in _USABLE), None)
    return (first,) if first else ()


def _basis(found: Sequence[ImagePrediction], options: argparse.Namespace) -> str:
    """Who answers for the images; of registries only those that did."""
    first, *_, last = (str(one.version) for one in catalogue.releases())
    known = f"the catalogue of releases v{first} to v{last}"
    if options.offline:
        return f"{known} only (--offline)"
    if options.all:
        return known
    if not options.registry:
        return f"{known}; add --registry to read the image's own"
    answered = sum(bool(one.told.facts.digest) for one in found)
    if answered == len(found):
        return f"{known}, and the registry"
    return f"{known}, and the registry for {answered} of {len(found)} images" if answered else f"{known}, alone"
