"""From the text of ``qualify.toml`` to ``Settings``, or to the list of everything that is wrong with it. Pure."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from vllm_qualify.config.lines import Keys, locate
from vllm_qualify.config.settings import Settings
from vllm_qualify.core import suggestions
from vllm_qualify.core.errors import BadConfig, Problem
from vllm_qualify.core.images import ImageRef

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

_PLACE = re.compile(r"(?P<what>.*) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)", re.DOTALL)
_MOST_SHOWN = 60
# What pydantic says is right but speaks of Python; the operator wrote TOML.
_WORDS = {
    "missing": "is missing; it must be given here",
    "bool_type": "must be true or false, without quotes",
    "dataclass_type": "must be a table",
    "dict_type": 'must be a table, as in { name = "value" }',
    "tuple_type": "must be an array, as in [...]",
    "string_type": "must be a string in quotes",
    "float_type": "must be a number without quotes",
    "int_type": "must be a whole number without quotes",
    "path_type": "must be the path of a file, in quotes",
    "string_pattern_mismatch": "must be a URL, such as http://litellm:4000",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


@functools.cache
def adapter() -> TypeAdapter[Settings]:
    """What reads the settings, made when the first file is read."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - as the package says.

    return TypeAdapter(Settings)


def parse(text: str, *, source: Path) -> Settings:
    """Read ``qualify.toml``.

    Args:
        text: content of the file.
        source: the file; relative paths in it are meant from its folder.

    Raises:
        BadConfig: the text is no TOML, or keys are unknown, missing, or hold what they cannot. All of it at once.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - as the package says.

    # A byte order mark is what Windows editors leave; tomllib would call it an invalid statement.
    text = text.removeprefix("\ufeff")
    data = _toml(text, source)
    try:
        settings = adapter().validate_python(data, context={"folder": source.parent})
    except ValidationError as error:
        findings = [(_keys(each), _message(each)) for each in error.errors()]
    else:
        findings = list(_contradictions(data, settings))
        if not findings:
            return settings
    raise BadConfig(str(source), placed(text, findings))


def _keys(error: ErrorDetails) -> Keys:
    """The place of an error; pydantic marks one of a key itself by another part, which the file does not have."""
    return tuple(part for part in error["loc"] if part != "[key]")


def placed(text: str, findings: list[tuple[Keys, str]]) -> Iterator[Problem]:
    """Turn findings on keys into problems with the line of each key."""
    lines = locate(text, [keys for keys, _ in findings])
    for keys, message in findings:
        yield Problem(key=dotted(keys), line=lines.get(keys), message=message)


def dotted(keys: Keys) -> str:
    """A path as an operator writes it: ``candidates[1]``, ``budgets.throughput.low``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def _toml(text: str, source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _PLACE.fullmatch(str(error))
        if match is None or match["line"] is None:
            last = len(text.rstrip("\n").split("\n"))
            what = match["what"] if match else str(error)
            raise BadConfig(str(source), [Problem(line=last, message=f"not valid TOML: {what} at the end")]) from error
        message = f"not valid TOML: {match['what']} (column {match['column']})"
        raise BadConfig(str(source), [Problem(line=int(match["line"]), message=message)]) from error
    except RecursionError as error:
        raise BadConfig(str(source), [Problem(message="is nested too deeply for settings")]) from error
    except ValueError as error:
        # A number of more digits than Python reads; where it stands is not told.
        raise BadConfig(str(source), [Problem(message=f"not valid TOML: {error}")]) from error


def _message(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "unexpected_keyword_argument":
        return _unknown(error["loc"])
    if kind == "value_error":
        return str(error["ctx"]["error"])
    said = _WORDS.get(kind) or error["msg"].replace("Input should", "must")
    return said if kind == "missing" else f"{said}, not {_shown(error['input'])}"


def _shown(value: object) -> str:
    """A value as TOML spells it, near enough, and short enough for a line."""
    moment = isinstance(value, (date, time))
    text = str(value) if moment else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _unknown(keys: Keys) -> str:
    known = sorted(_known(keys[:-1]))
    near = suggestions.nearest(str(keys[-1]), known)
    return "is not a known key; " + (f"did you mean {near}?" if near else f"known keys: {', '.join(known)}")


def _known(table: Keys) -> set[str]:
    """Names of the keys of a table, read off the types."""
    kind: Any = Settings
    for key in table:
        hint = get_type_hints(kind).get(str(key))
        if hint is None:  # What the operator named, as in [requirements.LATENCY].
            continue
        kind = next(each for each in (hint, *get_args(hint)) if is_dataclass(each))
    return {each.name for each in fields(kind)}


def _contradictions(data: dict[str, Any], settings: Settings) -> Iterator[tuple[Keys, str]]:
    """What no single key can know."""
    if settings.target == "kubernetes" and settings.cluster is None:
        yield ("target",), "is kubernetes, but there is no [cluster]; name its context, such as context = 'home-lab'"
    if settings.cluster is not None and "modes" not in data:
        yield ("cluster",), "names a cluster, but there is no [modes.ml]; name the manifest deployed there"
    band = settings.budgets.throughput
    if band.low > band.high:
        yield ("budgets", "throughput", "low"), f"is {band.low:g}, above high, which is {band.high:g}"
    known: set[ImageRef] = set()
    for index, candidate in enumerate(settings.candidates):
        if candidate in known:
            yield ("candidates", index), f"{candidate} is listed twice; list it once"
        known.add(candidate)
