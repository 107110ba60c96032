"""The operator's own requirements in ``qualify.toml``: ids and sentences that own suites are marked with. No I/O.

They are declared here rather than in the suites: so they are checked before anything is imported, a sentence stands
once however many cases it has, a marker with a slip is found, and whether a candidate must show one is policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from vllm_qualify.config.values import NO_OTHER_KEYS, read_by, within
from vllm_qualify.core.requirements import BY_ID, Requirement

_ID = re.compile(r"[A-Z][A-Z0-9]{0,15}")
_EXPECTED = "is not an id; expected at most 16 capital letters and digits, a letter first, such as LATENCY"
_MOST = 200


def _id(text: str) -> str:
    """Refuse an id that no column could have, or that has one already."""
    if not _ID.fullmatch(text):
        raise ValueError(_EXPECTED)
    if text in BY_ID:
        raise ValueError(f"is a shipped requirement ({BY_ID[text].sentence}); choose another id for your own")
    return text


def _sentence(text: str) -> str:
    """Refuse what is no sentence that fits the head of a table."""
    if not text.strip() or len(text) > _MOST or not text.isprintable():
        raise ValueError(f"must be one sentence on one line, of at most {_MOST} characters")
    return text


OwnId = Annotated[str, read_by(_id)]
Sentence = Annotated[str, read_by(_sentence)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRequirement:
    """A requirement of your own, which cases of your own suites are marked with.

    Attributes:
        sentence: what must hold, in one sentence; it heads the column in every report.
        required: true: a candidate that no case of it was run on is left undecided; false: it counts where one was run.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    sentence: Sentence
    required: Annotated[bool, within(strict=True)] = False

    def named(self, name: str) -> Requirement:
        """The same as a run records it."""
        return Requirement(id=name, sentence=self.sentence, optional=not self.required)
