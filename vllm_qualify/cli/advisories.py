"""``vllm-qualify advisories [IMAGE...]``: what staying costs, and what an upgrade would close and open."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from vllm_qualify.cli import preflight_subject
from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.outcomes import EXIT_QUALIFIED, EXIT_UNDECIDED
from vllm_qualify.preflight import predict
from vllm_qualify.preflight.launch_specs import BadInput
from vllm_qualify.preflight.predict import Subject
from vllm_qualify.reports import advisories


def arguments(parser: argparse.ArgumentParser) -> None:
    """The images, and how they would be started."""
    parser.add_argument(
        "images",
        nargs="*",
        metavar="IMAGE",
        help="an image, such as vllm/vllm-openai:v0.19.1 (default: the one that runs now, by manifest or settings)",
    )
    preflight_subject.start_arguments(parser)
    parser.set_defaults(context="")


def run(options: argparse.Namespace) -> int:
    """List them; 10 where nothing is known of one of the releases."""
    subject = preflight_subject.without_node(options)
    asked = tuple(map(images.parse, dict.fromkeys(options.images))) or _running(subject)
    found = {image: predict.advisory_outlook(image, subject) for image in asked}
    if hint := preflight_subject.hint(subject):
        sys.stdout.write(f"started by {subject.starts[0].manifest.source} {hint}\n\n")
    sys.stdout.write("\n".join(advisories.people(str(image), outlook) for image, outlook in found.items()))
    return EXIT_QUALIFIED if all(found.values()) else EXIT_UNDECIDED


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
