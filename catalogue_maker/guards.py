"""Under which condition a statement is reached, as source text, and which names conditions and texts mention."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST = 160
"""Characters of one condition; a longer one is cut, since people read it."""

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.In: ast.NotIn, ast.Is: ast.IsNot,
}  # fmt: skip
_OPPOSITE |= {other: one for one, other in _OPPOSITE.items()}
_NAMED = re.compile(r"--[a-z][a-z0-9-]+|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\b[a-z]+(?:_[a-z0-9]+)+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One condition.

    Attributes:
        text: as source text, tidied.
        names: that it mentions, in order, dotted: ``self.cache_config.cache_dtype``.
    """

    text: str
    names: tuple[str, ...] = ()


def guard(test: ast.expr, aliases: Mapping[str, str], *, holds: bool = True) -> Guard:
    """The condition that a test holds, or that it does not.

    Args:
        test: of an ``if`` or an ``assert``.
        aliases: by the name of a local variable, the dotted name that it was assigned.
        holds: which of the two.
    """
    return Guard(text=tidied(ast.unparse(test if holds else negated(test))), names=tuple(names(test, aliases)))


def tidied(text: str) -> str:
    """One line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 4].rstrip()} ..."


def negated(test: ast.expr) -> ast.expr:
    """The opposite of a test, without ``not`` where there is a plain way to say it."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(left=left, ops=[operator], comparators=comparators):
            return ast.Compare(left=left, ops=[_OPPOSITE[type(operator)]()], comparators=comparators)
        case ast.BoolOp(op=ast.Or(), values=values):
            return ast.BoolOp(op=ast.And(), values=[negated(value) for value in values])
    return ast.UnaryOp(op=ast.Not(), operand=test)


def names(node: ast.AST, aliases: Mapping[str, str]) -> Iterator[str]:
    """The dotted names in an expression, and the options and variables that its texts name."""
    if isinstance(node, ast.Name | ast.Attribute) and (name := dotted(node)):
        first, dot, rest = name.partition(".")
        if dot or not first.isupper():
            yield aliases.get(first, first) + dot + rest
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from mentioned(node.value)
    for child in ast.iter_child_nodes(node):
        yield from names(child, aliases)


def mentioned(text: str) -> Iterator[str]:
    """The words of a text that may be options, environment variables, or fields of a configuration."""
    yield from _NAMED.findall(text)


def dotted(node: ast.expr) -> str:
    """``a.b.c``; empty for what is no chain of attributes."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
