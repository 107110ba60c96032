"""Rules of the entrypoint and the model argument: which of the two ways to name the model does the image take? Pure.

Sources: the parsers of the releases; vllm-project/vllm#17944, #25967, #32292, #37133.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.catalogue import Release
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change, write_flag
from vllm_qualify.core.rules import RuleResult, row, weakest
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import ServeCommand, UnknownValue, leftovers

_MODEL = "--model"
# From here on `vllm serve --model X` is rewritten with a warning; before, it is a ValueError.
_REWRITTEN = Version("0.11.1")
_PORTABLE = "use the command python3 -m vllm.entrypoints.openai.api_server with --model; it works in all releases"


def model_argument(question: Question) -> Iterator[RuleResult]:
    """P16: the image's entrypoint takes the model where the manifest names it; else it fails, or serves another one."""
    release, command = question.release, question.command
    if release is None:
        return
    if command is None:
        yield _stop("the command does not start a recognisable vLLM server", Certainty.POSSIBLE, remedy=_PORTABLE)
        return
    words = leftovers(command.groups, question.parser) if question.parser else ()
    if words[:1] in (("serve",), ("vllm",)):
        drop = one_change(ChangeKind.FLAG, f"drop the argument {words[0]}", name=words[0])
        said = f"the image starts {command.entrypoint} itself, so {words[0]!r} is one argument too many (E18)"
        yield _stop(said, command.certainty, drop, remedy=_PORTABLE)
    elif command.entrypoint is Entrypoint.SERVE:
        yield from _served(release, command, words)
    else:
        positional = question.parser is not None and any(not flag.options for flag in question.parser.flags)
        yield from _module(release, command, words, positional=positional)


def _served(release: Release, command: ServeCommand, words: tuple[str, ...]) -> Iterator[RuleResult]:
    """``vllm serve``."""
    named = command.written(_MODEL)
    if named is None and not words and not command.has(_MODEL):
        yield _no_model(release, command)
    elif named is not None and release.version < _REWRITTEN:
        first = one_change(ChangeKind.FLAG, f"write {named} first, without {_MODEL}", name=_MODEL, value=named)
        yield _stop(f"vllm serve of v{release.version} refuses {_MODEL} (E20)", command.certainty, first)
    elif named is not None:
        said = f"vllm serve accepts {_MODEL} with a warning that it will be removed"
        yield RuleResult(severity=Severity.NOTE, actual=said, path=_MODEL, certainty=command.certainty)


def _module(
    release: Release, command: ServeCommand, words: tuple[str, ...], *, positional: bool
) -> Iterator[RuleResult]:
    """``python3 -m vllm.entrypoints.openai.api_server``."""
    if command.given(_MODEL):
        return
    if not words and not command.has(_MODEL):
        yield _no_model(release, command)
        return
    if why := command.unknown(words[0]):
        said = f"{why} may be {_MODEL}, or any other option"
        raise UnknownValue(_MODEL, said, unknown=said, remedy=why.remedy)
    remedy = write_flag(_MODEL, words[0])
    if positional:
        said = f"{words[0]} without {_MODEL} is accepted but ignored: it would serve {_default(release)}, with HTTP 200"
    else:
        said = f"{words[0]} without {_MODEL} is not recognized (E18)"
    yield _stop(said, command.certainty, remedy)


def _no_model(release: Release, command: ServeCommand) -> RuleResult:
    said = f"the command names no model: it would serve the default {_default(release)}"
    remedy = one_change(ChangeKind.FLAG, "name the model", name=_MODEL)
    return _stop(said, weakest(command.certainty, Certainty.PROBABLE), remedy)


def _default(release: Release) -> str:
    known = release.flags.get(_MODEL)
    return known.flag.default.strip("'\"") if known else "model"


def _stop(actual: str, certainty: Certainty, *remedies: Remedy, remedy: str = "") -> RuleResult:
    return RuleResult(certainty=certainty, actual=actual, path=_MODEL, remedies=remedies, remedy=remedy)


RULES = (row("P16", "model argument", "the entrypoint accepts the model as it is given", model_argument),)
