"""``.env`` files and those of ``env_file``: one NAME=VALUE a line, with comments and quotes. Pure."""

from __future__ import annotations

import re

from vllm_qualify.container.interpolation import Variables, interpolated

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>[^\r\n]*))""",
    re.MULTILINE | re.VERBOSE | re.ASCII,
)
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", '\\"': '"', "\\\\": "\\", "\\$": "$$"}
_ESCAPE = re.compile(r"\\[nrt\"\\$]")


def read(text: str, variables: Variables) -> dict[str, str]:
    """Read the variables of a file; later ones may name those above.

    Args:
        text: of the file.
        variables: for ``${NAME}`` in values without single quotes.
    """
    known: dict[str, str] = {}
    for line in _LINE.finditer(text):
        around = Variables(values={**known, **variables.values}, unknowns=variables.unknowns)
        known[line["name"]] = _value(line, around)
    return known


def _value(line: re.Match[str], variables: Variables) -> str:
    if line["single"] is not None:
        return line["single"]
    if line["double"] is not None:
        return interpolated(_ESCAPE.sub(lambda found: _ESCAPES[found[0]], line["double"]), variables)
    return interpolated(_COMMENT.sub("", line["plain"]).strip(), variables)
