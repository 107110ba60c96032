"""The statements of a module that say what is wrong: what it raises, asserts and logs as an error.

A module is walked block by block, so that the texts of variables and the conditions around a statement are known there.
Nothing of it is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from catalogue_maker import templates
from catalogue_maker.guards import Guard, dotted, guard, mentioned, names, tidied
from catalogue_maker.templates import GAP, Template
from vllm_qualify.catalogue.messages import LOG, PARSER

_GUARDS = 4
"""The innermost conditions that are kept."""
_TOLD = 12
_LOGGER = re.compile(r"(?:^|\.)_?(?:log|logger|logging)$", re.IGNORECASE)
_LOGS = re.compile(r"(?:error|exception|critical|fatal)(?:_once)?")
_MESSAGE = ("message", "msg", "detail", "reason")
Later = Callable[[], Guard]
"""A condition that is only put into words where something below it is said; most are not."""
Branches = list[tuple[Sequence[ast.stmt], tuple[Later, ...]]]

_ERRORS = re.compile(r"(?:Error|Exception|Exit|Interrupt|Warning)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement.

    Attributes:
        function: with the classes and functions around it: ``CacheConfig._verify``; ``<module>`` outside of all.
        kind: the exception's type, `LOG`, `PARSER`; empty where it is only known when it runs.
        template: what it says; ``()`` where nothing of that is constant.
        code: its first line, as a traceback shows it.
        guards: the conditions around it, the innermost last.
        told: names that the text puts in or mentions, dotted.
    """

    function: str
    kind: str
    template: Template
    code: str
    guards: tuple[Guard, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Where the walk is. The mappings grow with the block, and each block has its own."""

    function: str = ""
    owner: str = ""
    guards: tuple[Later, ...] = ()
    texts: dict[str, Sequence[Template]] = field(default_factory=dict)
    told: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def within(self, *guards: Later) -> _Scope:
        return replace(
            self, guards=(*self.guards, *guards), texts={**self.texts}, told={**self.told}, aliases={**self.aliases}
        )

    def below(self, name: str, *, owner: str = "") -> _Scope:
        inside = f"{self.function}.{name}" if self.function else name
        return _Scope(function=inside, owner=owner, texts={**self.texts}, told={**self.told})


def statements(tree: ast.Module, text: str) -> Iterator[Statement]:
    """The statements of a module, in order.

    Args:
        tree: the module.
        text: its source.
    """
    yield from _Walk(text.splitlines()).block(tree.body, _Scope())


class _Walk:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def block(self, body: Sequence[ast.stmt], scope: _Scope) -> Iterator[Statement]:
        before: ast.stmt | None = None
        for node in body:
            left = _left_by(before, scope) if isinstance(node, ast.Raise | ast.Expr) else None
            yield from self._one(node, scope.within(left) if left else scope)
            before = node

    def _one(self, node: ast.stmt, scope: _Scope) -> Iterator[Statement]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self.block(node.body, scope.below(node.name, owner=scope.owner))
            case ast.ClassDef():
                yield from self.block(node.body, scope.below(node.name, owner=node.name))
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                _remember(node, scope)
            case ast.If():
                yield from self._branches(_if(node, scope), scope)
            case ast.Try() | ast.TryStar():
                yield from self._branches(_try(node), scope)
            case ast.Match():
                yield from self._branches(_match(node, scope), scope)
            case ast.For() | ast.AsyncFor() | ast.While():
                yield from self._branches([(node.body, ()), (node.orelse, ())], scope)
            case ast.With() | ast.AsyncWith():
                yield from self.block(node.body, scope)
            case ast.Raise() | ast.Assert() | ast.Expr():
                yield from self._said(node, scope)

    def _branches(self, branches: Branches, scope: _Scope) -> Iterator[Statement]:
        ends = []
        for body, guards in branches:
            inner = scope.within(*guards)
            yield from self.block(body, inner)
            ends.append(inner)
        _merge(scope, ends)

    def _said(self, node: ast.Raise | ast.Assert | ast.Expr, scope: _Scope) -> Iterator[Statement]:
        kind, message, others = _message(node, scope)
        if not kind and message is None:
            return
        guards = scope.guards
        if isinstance(node, ast.Assert):
            guards = (*guards, partial(guard, node.test, scope.aliases, holds=False))
        for template in _templates(node, message, scope):
            yield Statement(
                function=scope.function or "<module>",
                kind=kind.removeprefix("?"),
                template=template,
                code=self._code(node),
                guards=tuple(one() for one in guards[-_GUARDS:]),
                told=tuple(dict.fromkeys(_told(message, others, template, scope)))[:_TOLD],
            )

    def _code(self, node: ast.stmt) -> str:
        """The line that a traceback shows; of an assert the one where its test begins."""
        number = node.test.lineno if isinstance(node, ast.Assert) else node.lineno
        return tidied(self._lines[number - 1])


def _left_by(before: ast.stmt | None, scope: _Scope) -> Later | None:
    """The opposite of the test just before, where the function is left when that test holds."""
    if not isinstance(before, ast.If) or before.orelse:
        return None
    if not isinstance(before.body[-1], ast.Return | ast.Continue):
        return None
    return partial(guard, before.test, scope.aliases, holds=False)


def _if(node: ast.If, scope: _Scope) -> Branches:
    """The branches of a whole chain of ``elif``; the last one is reached where none of the tests holds."""
    branches: Branches = []
    failed: list[Later] = []
    current: ast.If | None = node
    rest: Sequence[ast.stmt] = ()
    while current is not None:
        branches.append((current.body, (partial(guard, current.test, scope.aliases),)))
        failed.append(partial(guard, current.test, scope.aliases, holds=False))
        rest = current.orelse
        following = rest[0] if len(rest) == 1 else None
        current = following if isinstance(following, ast.If) else None
    return [*branches, (rest, tuple(failed[-2:]))]


def _try(node: ast.Try | ast.TryStar) -> Branches:
    handlers: Branches = [(handler.body, (partial(_handled, handler),)) for handler in node.handlers]
    return [(node.body, ()), *handlers, (node.orelse, ()), (node.finalbody, ())]


def _handled(handler: ast.ExceptHandler) -> Guard:
    return Guard(text=tidied(f"except {ast.unparse(handler.type) if handler.type else 'anything'}"))


def _match(node: ast.Match, scope: _Scope) -> Branches:
    return [(case.body, (partial(_case, node.subject, case, scope),)) for case in node.cases]


def _case(subject: ast.expr, case: ast.match_case, scope: _Scope) -> Guard:
    text = tidied(f"{ast.unparse(subject)} is {ast.unparse(case.pattern)}")
    return Guard(text=text, names=tuple(names(subject, scope.aliases)))


def _remember(node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: _Scope) -> None:
    """Keep what a variable was given: its text, or what it is another name of."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if not isinstance(target, ast.Name) or node.value is None:
        return
    name = target.id
    if isinstance(node, ast.AugAssign) and name in scope.texts:
        parts = [templates.fold(ast.Name(id=name), scope.texts), templates.fold(node.value, scope.texts)]
        scope.texts[name] = [templates.join((one, two)) for one in parts[0] for two in parts[1]][: templates.MOST]
        scope.told[name] = (*scope.told.get(name, ()), *names(node.value, scope.aliases))
        return
    texts = templates.fold(node.value, scope.texts)
    if texts != (GAP,) or name in scope.texts:
        scope.texts[name], scope.told[name] = texts, tuple(names(node.value, scope.aliases))
    scope.aliases.pop(name, None)
    if isinstance(node.value, ast.Attribute) and (other := next(names(node.value, scope.aliases), "")):
        scope.aliases[name] = other


def _merge(scope: _Scope, ends: Sequence[_Scope]) -> None:
    """What a variable may be behind the branches is what any of them made of it."""
    for name in {name for end in ends for name, found in end.texts.items() if found != scope.texts.get(name)}:
        found = dict.fromkeys(one for end in ends for one in end.texts.get(name, ()))
        scope.texts[name] = tuple(found) if len(found) <= templates.MOST else (GAP,)
        scope.told[name] = tuple(dict.fromkeys(one for end in ends for one in end.told.get(name, ())))
        scope.aliases.pop(name, None)


def _message(node: ast.stmt, scope: _Scope) -> tuple[str, ast.expr | None, Sequence[ast.expr]]:
    """Kind, text, and what the text is given beside; no kind and no text where the statement says nothing."""
    match node:
        case ast.Assert(msg=message):
            return "AssertionError", message, ()
        case ast.Raise(exc=ast.Call(func=function) as call):
            return _kind(function), _argument(call), call.args
        case ast.Raise(exc=ast.Name() | ast.Attribute() as name) if _ERRORS.search(dotted(name)):
            return dotted(name).rpartition(".")[2], None, ()
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=attribute)) as call):
            kind = _logged(owner, attribute, scope)
            return (kind, _argument(call), call.args[1:]) if kind else ("", None, ())
    return "", None, ()


def _kind(function: ast.expr) -> str:
    """The type; ``?`` where a function makes the exception, so that the type is only known when it runs."""
    name = dotted(function).rpartition(".")[2]
    return name if name[:1].isupper() or (name.startswith("_") and name[1:2].isupper()) else "?"


def _logged(owner: ast.expr, attribute: str, scope: _Scope) -> str:
    receiver = dotted(owner)
    if _LOGS.fullmatch(attribute) and _LOGGER.search(receiver):
        return LOG
    if attribute == "error" and receiver.rpartition(".")[2].endswith("parser"):
        return PARSER
    if attribute == "exit" and receiver == "sys":
        return "SystemExit"
    made = isinstance(owner, ast.Call) and dotted(owner.func) == "super" and attribute == "__init__"
    return scope.owner if made and _ERRORS.search(scope.owner) else ""


def _argument(call: ast.Call) -> ast.expr | None:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    texts = [*call.args[:1], *(named[name] for name in _MESSAGE if name in named)]
    return texts[0] if texts else None


def _templates(node: ast.stmt, message: ast.expr | None, scope: _Scope) -> tuple[Template, ...]:
    found = templates.fold(message, scope.texts) if message is not None else ()
    if isinstance(node, ast.Expr):
        found = tuple(templates.percent(one) for one in found) if len(_arguments(node)) > 1 else found
        return tuple(one for one in found if templates.words(one))
    return tuple({one if templates.words(one) else (): None for one in found}) or ((),)


def _arguments(node: ast.Expr) -> Sequence[ast.expr]:
    return node.value.args if isinstance(node.value, ast.Call) else ()


def _told(message: ast.expr | None, others: Sequence[ast.expr], template: Template, scope: _Scope) -> Iterator[str]:
    """The names that the text is about: those that it mentions, then those whose values it puts in."""
    for part in template:
        yield from mentioned(part)
    for expression in (message, *others):
        for name in names(expression, scope.aliases) if expression is not None else ():
            yield name
            yield from scope.told.get(name, ())
