"""Which metrics an expression of PromQL reads; for the judges of the operator's dashboards and alerts. Pure.

Only names of vLLM's own metrics are looked for, so the grammar is not needed: such a name holds a colon, which no
label, function or keyword does. What has to be known is where a name is none: in a string, a comment, a range or a
label's value. With more than one colon it is the name of a recording rule, by Prometheus' own convention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = "vllm:"

_NAME = re.compile(r"vllm:[a-zA-Z0-9_]+", re.ASCII)
_MOST_BRANCHES = 200
# What is not closed goes on to the end.
_STRING = r"\"(?:[^\"\\]|\\.)*+(?:\"|\Z|\\)|'(?:[^'\\]|\\.)*+(?:'|\Z|\\)|`[^`]*+(?:`|\Z)"
# Grafana's variables: $name, ${name:format}, [[name]].
_VARIABLE = r"\$\{[^}]*+(?:\}|\Z)|\[\[[^\]]*+(?:\]\]|\Z)"
_TOKEN = re.compile(
    rf"(?P<comment>\#[^\n]*)|(?P<variable>{_VARIABLE})|(?P<range>\[[^\]]*+(?:\]|\Z))|(?P<string>{_STRING})"
    r"|(?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<number>[0-9][0-9a-zA-Z_.]*)|(?P<operator>!=|!~|=~|==|=)|(?P<mark>\S)",
    re.ASCII | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A name that an expression reads.

    Attributes:
        name: of the metric, or a regular expression over names.
        line: of the expression, counted from 0.
        regex: it is a regular expression, anchored at both ends as all of Prometheus' are.
    """

    name: str
    line: int = 0
    regex: bool = False


def reads(expression: str) -> tuple[Read, ...]:
    """The metrics of vLLM that an expression reads, each as often as it does; those of recording rules are left out."""
    return tuple(_reads(expression))


def _reads(expression: str) -> Iterator[Read]:
    # The last three tokens say whether a string is a label's value: NAME, OPERATOR, STRING.
    before, operator, depth = "", "", 0
    for match in _TOKEN.finditer(expression):
        kind, text = match.lastgroup or "", match.group()
        if kind in {"comment", "variable", "range"}:
            continue
        if kind == "mark":
            depth += (text == "{") - (text == "}")
        elif PREFIX in text and kind == "word" and depth <= 0:
            yield from _named(text, expression.count("\n", 0, match.start()))
        elif PREFIX in text and kind == "string" and depth > 0:
            line = expression.count("\n", 0, match.start())
            yield from _value(_unquoted(text), line, label=before, operator=operator)
        before, operator = _before(kind, text, before, operator)


def _before(kind: str, text: str, before: str, operator: str) -> tuple[str, str]:
    if kind == "word":
        return text, ""
    return (before, text) if kind == "operator" and before and not operator else ("", "")


def _value(value: str, line: int, *, label: str, operator: str) -> Iterator[Read]:
    if not label:
        # Since Prometheus 3 a name in quotes may stand inside the braces.
        yield from _named(value, line)
    elif label == "__name__" and operator == "=":
        yield from _named(value, line)
    elif label == "__name__" and operator == "=~":
        yield from names_matched(value, line)


def names_matched(pattern: str, line: int = 0) -> Iterator[Read]:
    """What a regular expression over names asks for: the names that it lists, else the expression itself."""
    for branch in branches(pattern):
        if _NAME.fullmatch(branch):
            yield Read(name=branch, line=line)
        elif PREFIX in branch:
            yield Read(name=branch, line=line, regex=True)


def branches(pattern: str) -> tuple[str, ...]:
    """A regular expression without its plain alternatives: ``vllm:(a|b)`` as ``vllm:a`` and ``vllm:b``.

    What is no plain alternative stays as it is, and so does an expression with too many of them.
    """
    done: list[str] = []
    left = [_bare(pattern)]
    while left:
        if len(left) + len(done) > _MOST_BRANCHES:
            return (pattern,)
        one = left.pop()
        parts = _top_level(one)
        if len(parts) > 1:
            left += reversed(parts)
        elif opened := _GROUP.search(one):
            inner = _top_level(opened["inner"])
            left += [one[: opened.start()] + part + one[opened.end() :] for part in reversed(inner)]
        else:
            done.append(one)
    return tuple(dict.fromkeys(done))


# A group that holds no other, is not repeated and begins with no question mark but that of (?:...).
_GROUP = re.compile(r"(?<!\\)\((?:\?:)?(?P<inner>[^()?*+\\\[\]{}][^()\\\[\]{}]*)\)(?![*+?{])")


def _bare(pattern: str) -> str:
    return pattern.removeprefix("^").removesuffix("$")


def _top_level(pattern: str) -> list[str]:
    """The alternatives outside of groups and classes."""
    parts, depth, bracket, start, skip = [], 0, False, 0, False
    for place, letter in enumerate(pattern):
        if skip:
            skip = False
        elif letter == "\\":
            skip = True
        elif bracket:
            bracket = letter != "]"
        elif letter == "[":
            bracket = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and depth == 0:
            parts.append(pattern[start:place])
            start = place + 1
    return [*parts, pattern[start:]]


def _named(word: str, line: int) -> Iterator[Read]:
    if _NAME.fullmatch(word):
        yield Read(name=word, line=line)


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    return inner if text.startswith("`") else _ESCAPE.sub(r"\1", inner)
