"""What the type of an option makes of words: it is asked, with words that tell JSON from pairs and from plain text."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from catalogue_maker.opaque import is_opaque

_BROKEN, _OBJECT, _PAIR, _WORD = "{image}", '{"image": 4}', "image=4", "image"
# By what becomes of these four words: read as a mapping (True), as something else (None), or refused (False).
_KINDS: dict[tuple[bool | None, ...], str] = {
    (False, True, False, False): "json",
    (False, True, None, None): "json or text",
    (False, True, True, False): "json or pairs",
    (False, False, True, False): "pairs",
}
_PLAIN = frozenset({"bool", "float", "int", "str"})


def kind(convert: Any) -> str:
    """How an option writes a mapping; ``""`` where it takes any text, or where the maker cannot tell.

    Args:
        convert: the ``type`` of the option, a function of the release itself.
    """
    if convert is None or is_opaque(convert) or getattr(convert, "__name__", "") in _PLAIN:
        return ""
    try:
        answers = tuple(_mapping(convert, word) for word in (_BROKEN, _OBJECT, _PAIR, _WORD))
    except Exception:  # noqa: BLE001  # What argparse would not take for a refusal needs what is not loaded here.
        return ""
    return _KINDS.get(answers, "")


def _mapping(convert: Callable[[str], Any], word: str) -> bool | None:
    """Whether a word is read as a mapping, ``None`` where as something else; ``False`` where it is refused."""
    try:
        value = convert(word)
    except (ArgumentTypeError, TypeError, ValueError):
        return False
    if is_opaque(value):
        raise LookupError(word)
    return True if isinstance(value, dict) and "image" in value else None
