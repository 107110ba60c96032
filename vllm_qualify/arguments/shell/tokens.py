"""What a shell's script is made of: words of pieces, arrays, operators. Pure."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableScript(ValueError):
    """A script whose command line cannot be known without running it; the message names the part, as in ``uses X``."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters as they are; quoted ones are never split."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$NAME``, or ``${NAME:-operand}`` with the form ``:-``, or ``${NAME[@]}`` with the form ``[@]``."""

    name: str
    form: str = ""
    operand: Word = ()
    quoted: bool = False
    written: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """What only a run would tell: the output of a command, the result of a calculation."""

    written: str
    quoted: bool = False


Piece = Text | Parameter | Output
Word = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """``NAME=(words)``, or ``NAME+=(words)``."""

    name: str
    append: bool
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """What separates commands, or leads input and output elsewhere; a line's end is one as well."""

    text: str


Token = Operator | Word | Array
