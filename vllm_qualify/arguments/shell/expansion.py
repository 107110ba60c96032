"""A shell's parameters put into its words; what is not known stays in them as a spelling of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vllm_qualify.arguments.shell.environment import ShellVariables
from vllm_qualify.arguments.shell.tokens import Output, Parameter, Piece, Text, Word

_ALL = frozenset({"@", "*"})
_WHOLE_ARRAY = frozenset({"[@]", "[*]"})


@dataclass(slots=True, kw_only=True)
class ShellScope:
    """What is known of a shell's variables at one place of its script; commands change it one after the other.

    Attributes:
        env: the variables that the shell was started with.
        positional: its arguments, ``$1`` first.
        values: what the script itself set.
        arrays: arrays that the script itself set.
        exported: variables that the script hands to the programs it starts.
        unknowns: by spelling, where a value that is not known comes from.
    """

    env: ShellVariables
    positional: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    exported: dict[str, str] = field(default_factory=dict)
    unknowns: dict[str, str] = field(default_factory=dict)

    def unknown(self, written: str, source: str) -> str:
        """Remember where an unknown value comes from, and give the spelling that stands for it."""
        # A value is split at blanks, and what stands for one must outlive that.
        head, *rest = written.split()
        spelling = f"{head}..." if rest else head
        self.unknowns.setdefault(spelling, source)
        return spelling

    def value(self, name: str) -> str | None:
        """The value of a variable, which may hold spellings of unknown ones; ``None`` where nothing sets it."""
        if name in self.values:
            return self.values[name]
        if name in self.arrays:
            return next(iter(self.arrays[name]), "")
        if name.isdecimal():
            place = int(name)
            return self.positional[place - 1] if 0 < place <= len(self.positional) else None
        if name in self.env.values:
            return self.env.values[name]
        source = self.env.source(name)
        return self.unknown(f"${{{name}}}", source) if source else None


def fields(word: Word, scope: ShellScope) -> list[str]:
    """The words that the shell makes of one: none of an empty variable, several of one with blanks."""
    found: list[str] = []
    current: str | None = None
    for piece in _flat(word, scope):
        parts, joins_before, joins_after = _parts(piece, scope)
        for place, part in enumerate(parts):
            if current is not None and (place or not joins_before):
                found.append(current)
                current = None
            current = (current or "") + part
        if not joins_after and current is not None:
            found.append(current)
            current = None
    return found if current is None else [*found, current]


def _flat(word: Word, scope: ShellScope) -> Iterator[Piece]:
    """The pieces, with the operand's own for a parameter that it stands for; its quotations keep their blanks."""
    for piece in word:
        operand = None if piece.quoted or not isinstance(piece, Parameter) else _operand(piece, scope)
        yield from [piece] if operand is None else _flat(operand, scope)


def text(word: Word, scope: ShellScope) -> str:
    """The one text of a word where the shell does not split, as behind ``NAME=``."""
    return "".join(" ".join(_values(piece, scope)) for piece in word)


def _parts(piece: Piece, scope: ShellScope) -> tuple[Sequence[str], bool, bool]:
    """The words of a piece, and whether the first and the last of them join what stands before and behind."""
    values = list(_values(piece, scope))
    if isinstance(piece, Text) and (piece.quoted or not _has_blank(piece.text)):
        return values, True, True
    if piece.quoted:
        return values, True, True
    whole = " ".join(values)
    return whole.split(), not whole[:1].isspace(), not whole[-1:].isspace()


def _has_blank(text: str) -> bool:
    return any(char.isspace() for char in text)


def _values(piece: Piece, scope: ShellScope) -> Iterator[str]:
    if isinstance(piece, Text):
        yield piece.text
    elif isinstance(piece, Output):
        yield scope.unknown(piece.written, _source_of_output(piece.written, scope))
    elif piece.name in _ALL:
        yield from scope.positional if piece.quoted else [" ".join(scope.positional)]
    elif piece.form in _WHOLE_ARRAY:
        yield from _array(piece, scope)
    else:
        yield _parameter(piece, scope)


def _array(piece: Parameter, scope: ShellScope) -> Sequence[str]:
    known = scope.arrays.get(piece.name)
    if known is not None:
        return known
    value = scope.value(piece.name)
    return [
        scope.unknown(f"${{{piece.name}[@]}}", "nothing that preflight can read sets it") if value is None else value
    ]


def _parameter(piece: Parameter, scope: ShellScope) -> str:
    operand = _operand(piece, scope)
    if operand is not None:
        return text(operand, scope)
    value = scope.value(piece.name)
    if value is None and not piece.name.isdecimal():
        value = scope.unknown(f"${{{piece.name}}}", "nothing that preflight can read sets it")
    return value or ""


def _operand(piece: Parameter, scope: ShellScope) -> Word | None:
    """What stands for a parameter in place of its value; ``None`` where that is the value itself."""
    action = piece.form[-1:]
    if piece.name in _ALL or piece.form in _WHOLE_ARRAY or not action:
        return None
    value = scope.value(piece.name)
    given = bool(value) if piece.form.startswith(":") else value is not None
    if action == "+":
        # Of an unknown value nobody knows whether it is empty.
        return None if value in scope.unknowns else piece.operand if given else ()
    if action == "?" or given:
        return None
    if action == "=":
        scope.values[piece.name] = text(piece.operand, scope)
    return piece.operand


def _source_of_output(written: str, scope: ShellScope) -> str:
    """``$(NAME)`` may be Kubernetes' reference to a variable that is not known here."""
    return scope.env.source(written[2:-1]) or "only a run can tell"
