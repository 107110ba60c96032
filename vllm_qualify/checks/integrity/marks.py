"""Marks: by which word of an answer one knows whose it is, since two releases never agree on all words. Pure.

A mark is an expected label of a document that stands in no other one, such as its correspondent. The probes that look
for answers of somebody else ask marked documents and compare nothing but marks: kernels round otherwise in a batch than
alone, so the words of an answer may differ and nothing is wrong (vLLM #5898, #21096).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vllm_qualify.checks import answers
from vllm_qualify.checks.answers import Answer
from vllm_qualify.config.documents import Document

MOST = 32
"""Documents that are marked at most; so many are asked at once."""
_SHORTEST = 5
"""Shorter labels stand in other words by chance."""
_LOOKED_AT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A document, and what tells the answer to it from all others."""

    document: Document
    mark: str


def marked(documents: Sequence[Document], *, most: int = MOST) -> tuple[Marked, ...]:
    """Documents with a mark of their own, as many as there are and at most so many.

    Args:
        documents: labelled.
        most: that are wanted.
    """
    found: list[Marked] = []
    for document in documents[:_LOOKED_AT]:
        told = _all_words(document)
        mark = next((label for label in _labels(document) if not any(_in(label, one.document) for one in found)), "")
        if mark and not any(one.mark.casefold() in told for one in found):
            found.append(Marked(document=document, mark=mark))
        if len(found) == most:
            break
    return tuple(found)


def holds(said: str, mark: str) -> bool:
    """Whether an answer names a mark, in whichever spelling of JSON it came."""
    return mark.casefold() in _plain(said)


def foreign(said: str, own: Marked, others: Iterable[Marked]) -> str:
    """The mark of another document that an answer names; ``""`` for none."""
    text = _plain(said)
    return next((one.mark for one in others if one.mark != own.mark and one.mark.casefold() in text), "")


def alone(documents: Sequence[Document], read: Sequence[Answer], of: Sequence[Marked]) -> tuple[bool, ...]:
    """Whether the answer to each marked document named its mark when it was asked alone.

    Args:
        documents: that were asked.
        read: the answer to each of them.
        of: some of them, marked.
    """
    told = {document.id: answer for document, answer in zip(documents, read, strict=True)}
    return tuple(holds(json.dumps(told[one.document.id].value, ensure_ascii=False), one.mark) for one in of)


def _labels(document: Document) -> list[str]:
    """Its labels that may mark it: first what stands in its text, which a model only has to copy; longest first."""
    labels = [value for value in document.expected.values() if isinstance(value, str) and len(value) >= _SHORTEST]
    return sorted(labels, key=lambda label: (label not in document.text, -len(label)))


def _in(label: str, document: Document) -> bool:
    return label.casefold() in _all_words(document)


def _all_words(document: Document) -> str:
    return f"{document.text}\n{json.dumps(document.expected, ensure_ascii=False)}".casefold()


def _plain(said: str) -> str:
    try:
        return json.dumps(answers.parse(said), ensure_ascii=False).casefold()
    except ValueError:
        return said.casefold()
