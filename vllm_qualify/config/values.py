"""The types of single values in ``qualify.toml``: each reads one, or says what it should have been. No I/O."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

from vllm_qualify.core import images

NO_OTHER_KEYS = ConfigDict(extra="forbid")
"""Of every table: a key that nobody reads is a mistake that would be lost."""


def _candidate(value: object) -> images.ImageRef:
    """Read a candidate; the message is the one that ``--image`` gives."""
    if isinstance(value, images.ImageRef):
        return value
    if not isinstance(value, str):
        raise images.BadImage(
            f"{value!r} is not an image reference; expected a string such as vllm/vllm-openai:v0.8.5.post1"
        )
    return images.parse(value)


def _rooted(path: Path, info: ValidationInfo) -> Path:
    """Make a path relative to the file that named it, not to where the command was started."""
    folder: Path = info.context["folder"] if info.context else Path()
    return folder / path


def _variable(name: str) -> str:
    """Refuse what is no name of a variable; what was refused is not shown, for it is likely the key itself."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(
            "must be the name of an environment variable, such as LITELLM_MASTER_KEY, never the key itself"
        )
    return name


def _release(text: str) -> str:
    """A release as versions are written, whether it came as one or as the tag of an image."""
    try:
        return str(Version(text.removeprefix("v")))
    except InvalidVersion as error:
        raise ValueError(f"must be a release of vLLM, such as 0.15.1, not {text}") from error


def _plain_folder(path: str) -> str:
    """Refuse what a remote shell would not take as one word: ssh joins its arguments with spaces."""
    if not re.fullmatch(r"(/[A-Za-z0-9._/-]*)?", path):
        raise ValueError("must be an absolute path of letters, digits, dots, dashes and underscores")
    return path


Candidate = Annotated[
    images.ImageRef,
    BeforeValidator(_candidate),
    WithJsonSchema({"type": "string", "minLength": 1, "examples": ["vllm/vllm-openai:v0.8.5.post1"]}),
]
FilePath = Annotated[Path, AfterValidator(_rooted)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1)]
Rounds = Annotated[int, Field(strict=True, ge=3)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Words = Annotated[str, Field(min_length=1)]
Argv = Annotated[tuple[Words, ...], Field(min_length=1)]
Address = Annotated[str, Field(pattern=r"^https?://[^/\s]+")]
VariableName = Annotated[str, AfterValidator(_variable)]
ReleaseName = Annotated[str, AfterValidator(_release)]
RemoteFolder = Annotated[str, AfterValidator(_plain_folder)]
