"""Whether a text may come from a template, and how much that says. Asked by the look-up of origins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"[A-Za-z]{3,}")
# Words that so many messages hold that they tell none from another.
_COMMON_WORDS = """
and are argument arguments available but can cannot config currently does equal error expected failed following for
found from given got has have implemented input instead invalid its least model must none not only option parameter
please required set should size support supported than that the this type unexpected unknown unsupported use used
using value values was when will with yet you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_TELLING_LETTERS, _TELLING_WORDS = 18, 3
_VALUE = re.compile(r"Value error, (?P<text>.*?) \[type=value_error", re.DOTALL)
_ASSERTION = re.compile(r"Assertion failed, (?P<text>.*?) \[type=assertion_error", re.DOTALL)
_INNER = re.compile(
    r"^[ \t]*(?P<kind>[A-Za-z_][\w.]{0,100}(?:Error|Exception))(?:: |\()(?P<text>.+)", re.MULTILINE | re.DOTALL
)
_PARSER = re.compile(r"(?:^|\n)[\w .:/-]{0,80}error: (?:argument [^:\n]{1,200}: )?(?P<text>.+)", re.DOTALL)
_PASSED = re.compile(r"failed with error ['\"](?P<text>.+)['\"], please check", re.DOTALL)
_REMOTE = re.compile(r"(?<!\w)\w+\((?P<kind>[\w.]+)\)$")
_LONGEST = 20_000


def fits(parts: Sequence[str], text: str) -> bool:
    """Tell whether a text has the literal parts of a template in their order, from its beginning to its end.

    Args:
        parts: normalised, see `vllm_qualify.catalogue.messages`.
        text: normalised; behind the last part it may go on with a note, as exceptions of some kinds do.
    """
    first, last = parts[0], parts[-1]
    if not text.startswith(first):
        return False
    at = len(first)
    for part in parts[1:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if len(parts) == 1 or not last:
        return len(parts) > 1 or at == len(text) or text[at] in " ("
    return _ends(text, last, at)


def _ends(text: str, last: str, at: int) -> bool:
    if text.endswith(last) and len(text) - len(last) >= at:
        return True
    found = text.find(f"{last} ", at)
    return found >= 0


def telling(parts: Sequence[str]) -> bool:
    """Tell whether the literal parts are so long and so rare that their text alone says where it is from."""
    own = [word for part in parts for word in _WORD.findall(part) if word.lower() not in _COMMON]
    return len(own) >= _TELLING_WORDS and sum(map(len, own)) >= _TELLING_LETTERS


def readings(kind: str, message: str) -> Iterator[tuple[str, str]]:
    """What a message may be as it was raised: itself, or what a validator, a compiler or another process put it into.

    Args:
        kind: the type of the exception, with or without its module.
        message: as the log has it.

    Yields:
        Kind and normalised text, the whole message first.
    """
    message = message[:_LONGEST]
    remote = _REMOTE.search(kind)
    name = (remote["kind"] if remote else kind).rpartition(".")[2]
    yield name, _normalised(_unquoted(message) if name == "KeyError" else message)
    for pattern, inner in ((_VALUE, "ValueError"), (_ASSERTION, "AssertionError")):
        yield from ((inner, _normalised(found["text"])) for found in pattern.finditer(message))
    if found := _INNER.search(message):
        yield found["kind"].rpartition(".")[2], _normalised(found["text"].rstrip().strip("'\")"))
    for pattern in (_PARSER, _PASSED):
        if found := pattern.search(message):
            yield "", _normalised(found["text"])


def _unquoted(message: str) -> str:
    """A KeyError shows the text that it was given as Python writes it."""
    text = message.strip()
    quoted = len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]
    return text[1:-1].replace("\\n", "\n").replace("\\'", "'") if quoted else text


def _normalised(text: str) -> str:
    return " ".join(text.split())
