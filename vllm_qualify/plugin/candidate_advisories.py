"""What is recorded about the security of the candidates when a run begins; the plugin writes it to the journal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

from packaging.version import Version

from vllm_qualify import preflight
from vllm_qualify.config import Settings
from vllm_qualify.config.modes import built_in_modes
from vllm_qualify.core import images
from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import BadImage, ImageRef
from vllm_qualify.plugin.baseline_choice import Baseline
from vllm_qualify.preflight import predict, settings_subject
from vllm_qualify.preflight.predict import Subject


def of(
    candidates: Iterable[ImageRef], settings: Settings, *, environment: Mapping[str, str], baseline: Baseline
) -> dict[str, AdvisoryOutlook]:
    """What is recorded of each candidate whose release the catalogue has, by image.

    Args:
        candidates: all that were asked for.
        settings: name the manifests, and by them the image that runs now.
        environment: variables that are set for each candidate.
        baseline: an image or a stored run with which candidates are compared stands for what runs now.
    """
    subject, running = _subject(settings, environment), _running(baseline)
    found = {str(one): predict.advisory_outlook(one, subject, running=running) for one in candidates}
    return {image: outlook for image, outlook in found.items() if outlook is not None}


def _subject(settings: Settings, environment: Mapping[str, str]) -> Subject:
    """How candidates are started; the built-in example is nobody's production, so it tells nothing."""
    if settings.modes != built_in_modes():
        # Whoever starts a candidate by a manifest that cannot be read says so.
        with contextlib.suppress(UserError):
            return settings_subject.subject(settings, node=preflight.node(), variables=environment)
    return Subject(node=preflight.node(), starts=())


def _running(baseline: Baseline) -> Version | None:
    if baseline.image is not None:
        return baseline.image.release
    with contextlib.suppress(BadImage):
        return images.parse(baseline.stored.first.image).release if baseline.stored else None
    return None
