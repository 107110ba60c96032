"""What a text in a source comes to when it runs: its literal parts, with a gap wherever a value is put in.

A template is a tuple of parts; between two parts there is a gap. ``("No ", " found")`` is ``f"No {thing} found"``.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

Template = tuple[str, ...]
Known = Mapping[str, Sequence[Template]]
"""By the name of a variable, what its text may be."""

MOST = 6
"""Alternatives that one expression may have; beyond, it is a gap."""
GAP: Template = ("", "")
_NOTHING: Template = ("",)
_PERCENT = re.compile(r"%(?:\(\w+\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?(?P<kind>[diouxXeEfFgGcrsa%])")
_ADDRESS = re.compile(r"https?://[^\s'\"`)>]+")
# What hands its text on as it is, but for blanks.
_SAME = frozenset({"cleandoc", "dedent", "strip", "lstrip", "rstrip", "str", "_", "fill"})


def fold(expression: ast.expr | None, known: Known) -> tuple[Template, ...]:
    """All that the expression may be; one gap where nothing of it is known.

    Args:
        expression: of the source.
        known: texts of the variables that it may use.
    """
    found = _fold(expression, known)
    return tuple(dict.fromkeys(found)) if len(found) <= MOST else (GAP,)


def join(parts: Iterable[Template]) -> Template:
    """One template behind the other."""
    whole = [""]
    for first, *others in parts:
        whole[-1] += first
        whole += others
    return tuple(whole)


def percent(text: Template) -> Template:
    """The template of a text that ``%`` fills, as in ``logger.error("No %s", name)``."""
    return _filled(text, _percents)


def without_addresses(template: Template) -> Template:
    """A gap where an address of the web stands: it differs from release to release, and tells nothing of the cause."""
    return _filled(template, _ADDRESS.split)


def words(template: Template) -> int:
    """How many words of three letters or more stand in it."""
    return sum(len(re.findall(r"[A-Za-z]{3,}", part)) for part in template)


def _fold(node: ast.expr | None, known: Known) -> tuple[Template, ...]:  # noqa: PLR0911 - one for each way to write.
    match node:
        case ast.Constant(value=str() | int() | float() as value):
            return ((str(value),),)
        case ast.JoinedStr(values=values):
            return _product([fold(value, known) for value in values])
        case ast.FormattedValue(value=ast.Name(id=name)) if name.isupper():
            return tuple(known.get(name, (GAP,)))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _product([fold(left, known), fold(right, known)])
        case ast.BinOp(left=left, op=ast.Mod()):
            return tuple(map(percent, fold(left, known)))
        case ast.IfExp(body=body, orelse=other):
            return (*fold(body, known), *fold(other, known))
        case ast.Name(id=name):
            return tuple(known.get(name, (GAP,)))
        case ast.Call():
            return _call(node, known)
    return (GAP,)


def _call(node: ast.Call, known: Known) -> tuple[Template, ...]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if name == "format" and owner is not None:
        return tuple(_filled(one, _braces) for one in fold(owner, known))
    if name == "join" and isinstance(owner, ast.Constant) and node.args:
        return _joined(str(owner.value), node.args[0], known)
    if name in _SAME:
        text = node.args[0] if node.args and name in {"cleandoc", "dedent", "fill", "str", "_"} else owner
        return fold(text, known)
    return (GAP,)


def _joined(separator: str, members: ast.expr, known: Known) -> tuple[Template, ...]:
    if not isinstance(members, ast.List | ast.Tuple):
        return (GAP,)
    parts: list[Sequence[Template]] = []
    for member in members.elts:
        parts += [((separator,),)] if parts else []
        parts.append(fold(member, known))
    return _product(parts)


def _product(parts: Sequence[Sequence[Template]]) -> tuple[Template, ...]:
    """Each choice of alternatives; where they are too many, those with alternatives are gaps."""
    count = 1
    for alternatives in parts:
        count *= len(alternatives)
    chosen = parts if count <= MOST else [one if len(one) == 1 else (GAP,) for one in parts]
    return tuple(join((_NOTHING, *choice)) for choice in product(*chosen))


def _filled(template: Template, pieces: Callable[[str], list[str]]) -> Template:
    """The template with the gaps that its own parts stand for, such as ``%s``."""
    return tuple(piece for part in template for piece in pieces(part))


def _percents(part: str) -> list[str]:
    pieces, at = [""], 0
    for found in _PERCENT.finditer(part):
        pieces[-1] += part[at : found.start()]
        if found["kind"] == "%":
            pieces[-1] += "%"
        else:
            pieces.append("")
        at = found.end()
    pieces[-1] += part[at:]
    return pieces


def _braces(part: str) -> list[str]:
    pieces = [""]
    try:
        for literal, field, _, _ in string.Formatter().parse(part):
            pieces[-1] += literal
            if field is not None:
                pieces.append("")
    except ValueError:
        return [part]
    return pieces
