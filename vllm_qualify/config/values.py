"""The types of single values in ``qualify.toml``: each reads one, or says what it should have been. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from packaging.version import InvalidVersion, Version

from vllm_qualify.core import images

if TYPE_CHECKING:
    from pydantic import ConfigDict, GetCoreSchemaHandler, ValidationInfo
    from pydantic_core import CoreSchema

NO_OTHER_KEYS: ConfigDict = {"extra": "forbid"}
"""Of every table: a key that nobody reads is a mistake that would be lost."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What pydantic holds a value to, said when a file is read: naming the settings does not load pydantic.

    Attributes:
        say: makes the annotations that pydantic knows.
    """

    say: Callable[[], tuple[object, ...]]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """What pydantic asks every annotation for."""
        return handler.generate_schema(Annotated[(source, *self.say())])


def within(**bounds: Any) -> Limits:
    """A value within bounds, which have the names of those of ``pydantic.Field``."""

    def say() -> tuple[object, ...]:
        from pydantic import Field  # noqa: PLC0415 - as ``Limits`` says.

        return (Field(**bounds),)

    return Limits(say)


def read_by(function: Callable[..., object]) -> Limits:
    """A value that a function reads further, or refuses, after pydantic took its type."""

    def say() -> tuple[object, ...]:
        from pydantic import AfterValidator  # noqa: PLC0415 - as ``Limits`` says.

        return (AfterValidator(function),)

    return Limits(say)


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


def _as_image() -> tuple[object, ...]:
    from pydantic import BeforeValidator, WithJsonSchema  # noqa: PLC0415 - as ``Limits`` says.

    shown = {"type": "string", "minLength": 1, "examples": ["vllm/vllm-openai:v0.8.5.post1"]}
    return BeforeValidator(_candidate), WithJsonSchema(shown)


Candidate = Annotated[images.ImageRef, Limits(_as_image)]
FilePath = Annotated[Path, read_by(_rooted)]
Positive = Annotated[float, within(strict=True, gt=0, allow_inf_nan=False)]
Count = Annotated[int, within(strict=True, ge=1)]
AnyNumber = Annotated[int, within(strict=True, ge=0)]
Rounds = Annotated[int, within(strict=True, ge=3)]
Share = Annotated[float, within(strict=True, ge=0, le=1)]
Words = Annotated[str, within(min_length=1)]
Argv = Annotated[tuple[Words, ...], within(min_length=1)]
Address = Annotated[str, within(pattern=r"^https?://[^/\s]+")]
VariableName = Annotated[str, read_by(_variable)]
ReleaseName = Annotated[str, read_by(_release)]
RemoteFolder = Annotated[str, read_by(_plain_folder)]
