"""`core.errors`, and that every exception of the package is either for its user or, for a reason, not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import vllm_qualify
from vllm_qualify.core.errors import EXIT_USAGE, BadConfig, BadConfigs, Problem, UserError

INTERNAL = {
    "BadConfigFile": "a part of a sentence; whoever asked knows which file it is about",
    "BadRequirement": "becomes a finding of preflight",
    "BadSchema": "a part of a sentence; whoever asked knows which file it is about",
    "BadSpan": "the package's own catalogue is wrong",
    "BadStatus": "a part of a sentence; becomes SwitchFailed",
    "BadYaml": "a part of a sentence; whoever asked knows which file it is about",
    "Blocked": "becomes the outcome of a case",
    "Cut": "is told as a transport failure, a fact about the candidate",
    "DeadlinePassed": "a part of a sentence; whoever waited knows what did not end",
    "Flood": "is told as a transport failure, a fact about the candidate",
    "LostProcess": "is told as a transport failure, a fact about the candidate",
    "NoLiteral": "the package's own table of symptoms is wrong",
    "NoTorchPin": "a part of a sentence; becomes EnvironmentUnavailable",
    "TooLarge": "is told as a transport failure, a fact about the candidate",
    "Undecided": "becomes the outcome of a case",
    "UnknownCommand": "becomes an unknown of the command line",
    "UnknownValue": "becomes a finding of preflight",
    "Unexpected": "is told as what a client package met, a fact about the candidate",
    "Unqualified": "becomes the outcome of a case",
    "Unreadable": "is told as a transport failure, a fact about the candidate",
    "UnreadableScript": "a part of a sentence; becomes an unknown of the command line",
    "UnreadableText": "a part of a sentence; whoever asked knows which file it is about",
}
# What runs as soon as it is imported, or only within an engine.
SCRIPTS = ("__main__", "sitecustomize")


def exceptions() -> Iterator[type[BaseException]]:
    """Every public exception of the package, where it is defined."""
    for found in pkgutil.walk_packages(vllm_qualify.__path__, f"{vllm_qualify.__name__}."):
        if not found.name.endswith(SCRIPTS):
            module = importlib.import_module(found.name)
            for name, one in inspect.getmembers(module, inspect.isclass):
                if issubclass(one, BaseException) and one.__module__ == found.name and not name.startswith("_"):
                    yield one


def test_every_exception_is_for_the_user_or_internal_for_a_reason() -> None:
    """A new exception is a `UserError`, or has its reason here not to be; no reason outlives its exception."""
    others = {one.__name__ for one in exceptions() if not issubclass(one, UserError)}

    assert others == set(INTERNAL)


def test_every_problem_is_a_line() -> None:
    """A problem is a line of its own, whichever file it is in, and such files end a command as a usage error."""
    first = BadConfig("a.toml", [Problem(line=2, message="is wrong"), Problem(line=1, message="is missing")])
    both = BadConfigs([first, BadConfig("b.toml", [Problem(message="is empty")])])

    assert both.lines == ("a.toml:1: is missing", "a.toml:2: is wrong", "b.toml: is empty")
    assert both.exit_code == EXIT_USAGE
