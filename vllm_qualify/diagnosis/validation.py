"""What pydantic says of a value that does not fit: each field with its complaint, and the option that sets it. Pure.

The form is that of pydantic 2 (pydantic: ValidationError.__str__): a headline with the name of the model, then for each
complaint the path of the field, without indentation, and below it what is wrong. A complaint about the whole model has
no path.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

_HEADLINE = re.compile(r"\d{1,4} validation errors? for (?P<model>[A-Za-z_]\w{0,80})\s*$", re.MULTILINE)
_DETAILS = re.compile(r"\[type=\w{1,80}, input_value=(?P<value>.{0,2000}), input_type=\w{1,80}\]\s*$", re.DOTALL)
_PATH = re.compile(r"[A-Za-z_]\w{0,80}(?:\.\S.{0,300})?$")
_FURTHER = "For further information visit"
_LONGEST = 80
"""Characters of a value that are told."""
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One value that does not fit.

    Attributes:
        model: the class that refused it, such as ``CacheConfig``.
        field: its first name within the model; ``""`` when the complaint is about the whole.
        says: what is wrong.
        value: what was given, as pydantic shortened it; ``""`` where that is not said.
    """

    model: str
    field: str
    says: str
    value: str = ""


def complaints(message: str) -> tuple[Complaint, ...]:
    """What the message of a ``ValidationError`` complains of; nothing where it is of another form."""
    headline = _HEADLINE.search(message)
    if headline is None:
        return ()
    return tuple(_complaints(headline["model"], message[headline.end() :].strip("\n")))


def option_of(complaint: Complaint, options: Collection[str]) -> str:
    """The option that sets what is complained of, ``""`` if no release has one.

    vLLM names a field of its configurations as the option with underscores, and gives a configuration that is set as a
    whole an option named like its class (vllm: engine/arg_utils.py).

    Args:
        complaint: about what.
        options: those that there are, with their dashes.
    """
    own = f"--{complaint.field.replace('_', '-')}"
    whole = "--" + "-".join(word.lower() for word in _WORD.findall(complaint.model))
    return next((name for name in (whole, own) if name in options), "")


def refused(message: str) -> str:
    """What the message of an exception complains of, with the options that releases have; ``""`` if of none of them."""
    found = [each for each in complaints(message) if each.field]
    return told(found, _options()) if any(option_of(each, _options()) for each in found) else ""


@cache
def _options() -> frozenset[str]:
    from vllm_qualify import catalogue  # noqa: PLC0415 - it takes longer to load than most logs to read.

    return frozenset(name for release in catalogue.releases() for name in release.flags)


def told(found: Collection[Complaint], options: Collection[str]) -> str:
    """Complaints about fields as a sentence, the options before what is said of them; ``""`` if there are none."""
    fields: dict[tuple[str, str, str], list[str]] = {}
    for each in found:
        if each.field:
            said = fields.setdefault((option_of(each, options) or each.model, each.field, each.value), [])
            said.append(each.says)
    return "; ".join(_sentence(*key, said) for key, said in fields.items())


def _sentence(subject: str, field: str, value: str, said: list[str]) -> str:
    named = subject if subject == f"--{field.replace('_', '-')}" else f"{subject}, `{field}`"
    got = f"; it got {value[:_LONGEST]}" if value else ""
    return f"{named}: {', or: '.join(dict.fromkeys(said))}{got}"


def _complaints(model: str, body: str) -> Iterator[Complaint]:
    field, lines = "", list[str]()
    for line in (*body.split("\n"), None):
        # A message of several lines is indented in its first one only.
        if line is not None and not _PATH.match(line):
            lines.append(line.strip())
            continue
        yield from _of(model, field, lines)
        field, lines = (line or "").strip().partition(".")[0], []


def _of(model: str, field: str, lines: list[str]) -> Iterator[Complaint]:
    """The complaints about one field; each ends with the type and the value that was given."""
    said: list[str] = []
    for line in lines:
        if line.startswith(_FURTHER):
            continue
        said.append(line)
        if details := _DETAILS.search("\n".join(said)):
            text = "\n".join(said)[: details.start()].strip()
            yield Complaint(model=model, field=field, says=text, value=details["value"])
            said = []
    if said:
        yield Complaint(model=model, field=field, says="\n".join(said))
