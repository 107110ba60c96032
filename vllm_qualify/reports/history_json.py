"""The history for programs: ``vllm-qualify history --format json``, described by history.schema.json. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vllm_qualify.history.course import ImageCourse
from vllm_qualify.reports import plain, text


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDocument:
    """What was measured over all recorded runs.

    Attributes:
        schema: version of this format.
        images: the course of each image where it ran, baselines first, then by the latest report.
    """

    schema: Literal[1] = 1
    images: tuple[ImageCourse, ...]


def page(courses: Iterable[ImageCourse]) -> str:
    """One document, without what no file may hold."""
    return json.dumps(plain.of(HistoryDocument(images=tuple(courses)), text.clean), indent=2, allow_nan=False) + "\n"
