"""What the type of an option makes of words."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from catalogue_maker import value_kinds
from catalogue_maker.opaque import opaque


def pairs(text: str) -> dict[str, int]:
    """As the early releases read ``image=4,video=0``."""
    try:
        return {key: int(number) for key, number in (one.split("=") for one in text.split(","))}
    except ValueError as error:
        raise argparse.ArgumentTypeError("expected KEY=VALUE") from error


def either(text: str) -> Any:
    """As 0.9 reads it: JSON between braces, else pairs."""
    return json.loads(text) if re.fullmatch(r"\s*{.*}\s*", text) else pairs(text)


def or_text(text: str) -> Any:
    """As ``--hf-overrides`` is read: a name, or JSON between braces."""
    return json.loads(text) if re.fullmatch(r"\s*{.*}\s*", text) else text


def unloaded(_text: str) -> Any:
    """Needs what the maker does not load."""
    return opaque("torch.dtype")


def broken(_text: str) -> Any:
    """Raises what argparse would not take for a refusal."""
    raise AttributeError("torch")


@pytest.mark.parametrize(
    ("convert", "kind"),
    [
        (json.loads, "json"),
        (pairs, "pairs"),
        (either, "json or pairs"),
        (or_text, "json or text"),
        (str, ""),
        (int, ""),
        (str.strip, ""),
        (unloaded, ""),
        (broken, ""),
        (None, ""),
        (opaque("pydantic.Json"), ""),
    ],
)
def test_a_type_is_asked_with_four_words(convert: Callable[[str], Any] | None, kind: str) -> None:
    """Its answers tell how it writes a mapping; where it does not answer, nothing is claimed."""
    assert value_kinds.kind(convert) == kind
