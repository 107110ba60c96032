"""The changes of an upgrade as ``git apply`` takes them, there and back. Pure.

A patch lies in the folder of the run, which others may read: no line of it may be a secret, so lines around a change
are left out where one of them is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError
from vllm_qualify.kube import edits
from vllm_qualify.upgrade.edits import FileChange

_MOST_CONTEXT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One patch.

    Attributes:
        text: unified diffs, a file after the other.
        options: what ``git apply`` has to be given for it.
    """

    text: str = field(repr=False)
    options: tuple[str, ...] = ()


def of(changed: Iterable[FileChange], *, reverse: bool = False) -> Patch:
    """Write the patch.

    Args:
        changed: the files.
        reverse: write the way back.

    Raises:
        UserError: a line that changes holds a secret.
    """
    diffs: list[str] = []
    context = _MOST_CONTEXT
    for change in changed:
        before, after = (change.after, change.before) if reverse else (change.before, change.after)
        diff, shown = _without_secrets(before, after, path=change.path)
        diffs.append(diff)
        context = min(context, shown)
    text = "".join(diffs)
    options = (("--unidiff-zero",) if context == 0 else (), ("--whitespace=nowarn",) if "\r\n" in text else ())
    return Patch(text=text, options=(*options[0], *options[1]))


def _without_secrets(before: str, after: str, *, path: str) -> tuple[str, int]:
    """A diff, and how many lines around each change it shows: as many as give no secret away."""
    hidden = _secret_lines(before) | _secret_lines(after)
    for context in range(_MOST_CONTEXT, -1, -1):
        diff = edits.unified(before, after, path=path, context=context)
        if not any(line[1:] in hidden for line in diff.split("\n")):
            return diff, context
    raise UserError(
        f"{path}: a line that has to change also holds a secret, and others read a patch; put the secret on a "
        "line of its own, or better, in the environment"
    )


def _secret_lines(text: str) -> set[str]:
    """The lines that are not kept as they are wherever this program writes a text down."""
    return set(text.split("\n")) - set(redaction.text(text).split("\n"))
