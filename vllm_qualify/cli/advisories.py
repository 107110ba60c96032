"""``vllm-qualify advisories [IMAGE...]``: what staying costs, and what an upgrade would close and open."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from vllm_qualify.cli import preflight_subject, terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core import images
from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.outcomes import EXIT_QUALIFIED, EXIT_UNDECIDED
from vllm_qualify.preflight import predict
from vllm_qualify.preflight.launch_specs import BadInput
from vllm_qualify.preflight.predict import Subject
from vllm_qualify.reports import advisories

HELP = CommandHelp(
    usage="[IMAGE...] [options]",
    examples=(
        CommandExample(
            command="vllm-qualify advisories vllm/vllm-openai:v0.19.1",
            what="what an upgrade to v0.19.1 closes and opens, against the image of ./qualify.toml",
        ),
        CommandExample(
            command="vllm-qualify advisories --args '--model facebook/opt-125m' vllm/vllm-openai:v0.12.0",
            what="what is open in one release, started without a manifest",
        ),
    ),
    exit_codes={
        0: "all of them are listed",
        10: "nothing is known of one of the releases",
    },
)


def arguments(parser: CommandParser) -> None:
    """The images, and how they would be started."""
    parser.add_argument(
        "images",
        nargs="*",
        metavar="IMAGE",
        help="an image, such as vllm/vllm-openai:v0.19.1 (default: the one that runs now, by manifest or settings)",
    )
    preflight_subject.start_arguments(parser)
    parser.set_defaults(context="")
    parser.output("json: one object for each image, one a line")


def run(options: argparse.Namespace) -> int:
    """List them; 10 where nothing is known of one of the releases."""
    subject = preflight_subject.without_node(options)
    asked = tuple(map(images.parse, dict.fromkeys(options.images))) or _running(subject)
    found = {image: predict.advisory_outlook(image, subject) for image in asked}
    if options.format == "json":
        from vllm_qualify.reports import advisories_json  # noqa: PLC0415 - the types of a document that few ask for.

        for image, outlook in found.items():
            terminal.show_json(advisories_json.document(str(image), outlook))
    else:
        sys.stdout.write(_people(found, subject, options))
    return EXIT_QUALIFIED if all(found.values()) else EXIT_UNDECIDED


def _people(found: Mapping[ImageRef, AdvisoryOutlook | None], subject: Subject, options: argparse.Namespace) -> str:
    texts = (
        advisories.people(str(image), outlook, brief=options.quiet, width=terminal.width())
        for image, outlook in found.items()
    )
    if options.quiet:
        return "".join(texts)
    hint = preflight_subject.hint(subject)
    return "\n".join([*([f"started by {subject.starts[0].manifest.source} {hint}\n"] if hint else []), *texts])


def _running(subject: Subject) -> Sequence[ImageRef]:
    """The images that run now.

    Raises:
        BadInput: no manifest names one.
    """
    named = dict.fromkeys(start.manifest.image for start in subject.starts if start.manifest.image)
    if not named:
        raise BadInput(
            "give an image, such as vllm/vllm-openai:v0.19.1, or the --manifest that names the one that runs"
        )
    return tuple(map(images.parse, named))
