"""The simple commands of a shell's script, in the order in which they are written. Pure.

Source: POSIX, Shell Command Language, 2.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vllm_qualify.arguments.shell.tokens import Array, Operator, Text, Token, UnreadableScript, Word

_SEPARATORS = frozenset({"\n", "&", "&&", "(", ")", ";", "|", "|&", "||"})
_JOINS = frozenset({"&&", "|", "|&", "||"})
_END_OF_CASE = frozenset({";&", ";;", ";;&"})


def simple_commands(tokens: Sequence[Token]) -> Iterator[tuple[str, Sequence[Word | Array], str]]:
    """The simple commands with the operators before and behind them; where input and output go is left out.

    Raises:
        UnreadableScript: it defines a function.
    """
    before = ""
    found: list[Word | Array] = []
    read = list(_without_redirections(_without_patterns(tokens)))
    for place, token in enumerate(read):
        if not isinstance(token, Operator):
            found.append(token)
            continue
        if token.text == "(" and len(found) == 1 and Operator(")") in read[place + 1 : place + 2]:
            raise UnreadableScript("defines a function")
        if found:
            yield before, found, token.text
        elif token.text == "\n" and before in _JOINS:
            # A line may end behind an operator.
            continue
        before, found = token.text, []
    if found:
        yield before, found, ""


def _without_redirections(tokens: Iterable[Token]) -> Iterator[Token]:
    skip = False
    for token in tokens:
        if isinstance(token, Operator) and token.text not in _SEPARATORS:
            skip = True
        elif skip and not isinstance(token, Operator):
            skip = False
        else:
            skip = False
            yield token


def _without_patterns(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens with ``case`` and ``esac`` as commands of their own, without what stands between and ``)``."""
    depth, in_pattern = 0, False
    previous: Token = Operator("\n")
    after_case = False
    for token in tokens:
        name = plain(token) if isinstance(token, tuple) else ""
        if name == "case" and isinstance(previous, Operator):
            after_case, depth = True, depth + 1
            yield from (token, Operator("\n"))
        elif after_case:
            after_case, in_pattern = name != "in", name == "in"
        elif in_pattern and name == "esac":
            in_pattern, depth = False, depth - 1
            yield token
        elif in_pattern:
            in_pattern = token != Operator(")")
        elif depth and isinstance(token, Operator) and token.text in _END_OF_CASE:
            in_pattern = True
            yield Operator("\n")
        elif name == "esac" and depth and isinstance(previous, Operator):
            depth -= 1
            yield token
        else:
            yield token
        previous = token


def plain(word: Word | Array) -> str:
    """A word without quotes and variables; ``""`` for any other."""
    if isinstance(word, tuple) and len(word) == 1 and isinstance(word[0], Text) and not word[0].quoted:
        return word[0].text
    return ""
