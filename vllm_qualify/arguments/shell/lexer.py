"""A shell's script as words and operators, by the rules of POSIX (Shell Command Language, 2.2 to 2.6). Pure.

Bash's arrays are read as well, because start scripts collect their options in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from vllm_qualify.arguments.shell.tokens import (
    Array,
    Operator,
    Output,
    Parameter,
    Piece,
    Text,
    Token,
    UnreadableScript,
    Word,
)

_OPERATOR = re.compile(r"&>>|&>|<<<|<<-|;;&|&&|\|\||;;|;&|<<|>>|<&|>&|<>|>\||\|&|[;&|<>()]")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SPECIAL = re.compile(r"[0-9@*#?$!-]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
_FORM = re.compile(r":?[-+=?]")
_ESCAPED_IN_QUOTES = frozenset('$`"\\')
# The 2 of 2>&1: a number at which a redirection begins is no word.
_STREAM = re.compile(r"\d+(?=[<>])", re.ASCII)
_DEEPEST = 50


def tokens(script: str) -> list[Token]:
    """Take a script apart.

    Raises:
        UnreadableScript: it is cut off, or has what is not read here.
    """
    return _Reader(script).tokens(until="")


class _Reader:
    """Reads from left to right; ``place`` is the next character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._depth = 0
        self._documents: list[str] = []

    def tokens(self, *, until: str) -> list[Token]:
        found: list[Token] = []
        self._deeper()
        while self._skip_blanks():
            if until and self._peek() == until:
                self._place += 1
                self._depth -= 1
                return found
            found.append(self._token())
        if until:
            raise UnreadableScript(f"ends before {until!r}")
        return found

    def _token(self) -> Token:
        if self._peek() == "\n":
            self._place += 1
            self._skip_documents()
            return Operator("\n")
        stream = _STREAM.match(self._text, self._place)
        operator = _OPERATOR.match(self._text, stream.end() if stream else self._place)
        if operator is not None and operator[0] in {"<", ">"} and self._text[operator.end() :][:1] == "(":
            raise UnreadableScript("reads a command's output as a file")
        if operator is None:
            return self._array() or self._word(_ends_word)
        self._place = operator.end()
        if operator[0] in {"<<", "<<-"}:
            self._expect_document()
        return Operator(operator[0])

    def _expect_document(self) -> None:
        """Remember the word that ends a text within the script, which begins on the next line."""
        place = self._place
        self._skip_blanks()
        self._documents.append("".join(piece.text for piece in self._word(_ends_word) if isinstance(piece, Text)))
        self._place = place

    def _skip_documents(self) -> None:
        for end in self._documents:
            found = re.compile(rf"^\t*{re.escape(end)}$", re.MULTILINE).search(self._text, self._place)
            if found is None:
                raise UnreadableScript(f"ends before {end!r}")
            self._place = found.end()
        self._documents.clear()

    def _array(self) -> Array | None:
        head = _ASSIGNMENT.match(self._text, self._place)
        if head is None or self._text[head.end() : head.end() + 1] != "(":
            return None
        self._place = head.end() + 1
        inside = [token for token in self.tokens(until=")") if token != Operator("\n")]
        words = tuple(token for token in inside if isinstance(token, tuple))
        if len(words) < len(inside):
            raise UnreadableScript("has an array, which is not supported here")
        return Array(head[0].rstrip("+="), "+=" in head[0], words)

    def _skip_blanks(self) -> bool:
        """Go to the next token; tell whether there is one."""
        while self._place < len(self._text):
            char = self._peek()
            if char in " \t\r":
                self._place += 1
            elif self._text.startswith(("\\\n", "\\\r\n"), self._place):
                self._place = self._text.index("\n", self._place) + 1
            elif char == "#":
                end = self._text.find("\n", self._place)
                self._place = len(self._text) if end < 0 else end
            else:
                return True
        return False

    def _peek(self) -> str:
        return self._text[self._place : self._place + 1]

    def _word(self, ends: Callable[[str], bool]) -> Word:
        pieces: list[Piece] = []
        while (char := self._peek()) and not ends(char):
            if char == "'":
                pieces.append(Text(self._through("'"), quoted=True))
            elif char == '"':
                pieces += self._double_quoted()
            elif char == "\\":
                pieces += self._escaped()
            elif char in "$`":
                pieces += self._dollar(quoted=False)
            else:
                self._place += 1
                pieces.append(Text(char))
        return _joined(pieces)

    def _through(self, mark: str) -> str:
        """What stands up to the next mark; the reader is behind that then."""
        end = self._text.find(mark, self._place + 1)
        if end < 0:
            raise UnreadableScript(f"has an unclosed quote ({mark})")
        inside, self._place = self._text[self._place + 1 : end], end + 1
        return inside

    def _escaped(self) -> list[Piece]:
        char = self._text[self._place + 1 : self._place + 2]
        self._place += 2
        # At a line's end it joins the lines; at the end of all it is itself.
        return [] if char == "\n" else [Text(char or "\\", quoted=True)]

    def _double_quoted(self) -> list[Piece]:
        pieces: list[Piece] = [Text("", quoted=True)]
        self._place += 1
        while char := self._peek():
            if char == '"':
                self._place += 1
                return pieces
            if char == "\\" and self._text[self._place + 1 : self._place + 2] in {*_ESCAPED_IN_QUOTES, "\n"}:
                pieces += self._escaped()
            elif char in "$`":
                pieces += self._dollar(quoted=True)
            else:
                self._place += 1
                pieces.append(Text(char, quoted=True))
        raise UnreadableScript('has an unclosed quote (")')

    def _dollar(self, *, quoted: bool) -> list[Piece]:
        start = self._place
        if self._peek() == "`":
            self._through("`")
            return [Output(self._text[start : self._place], quoted)]
        self._place += 1
        if self._text.startswith("((", self._place) or self._peek() == "(":
            self._balanced("(", ")")
            return [Output(self._text[start : self._place], quoted)]
        if self._peek() == "{":
            return [self._braced(start, quoted=quoted)]
        if self._peek() == "'" and not quoted:
            raise UnreadableScript("has a quote of the form $'...'")
        name = _NAME.match(self._text, self._place) or _SPECIAL.match(self._text, self._place)
        if name is None:
            return [Text("$", quoted)]
        self._place = name.end()
        return [Parameter(name[0], quoted=quoted, written=f"${{{name[0]}}}")]

    def _balanced(self, opens: str, closes: str) -> None:
        """Go behind the bracket that closes the one that is next; quotations inside are passed over."""
        depth = 0
        while char := self._peek():
            if char == "'":
                self._through("'")
                continue
            if char == "\\":
                self._place += 1
            depth += (char == opens) - (char == closes)
            self._place += 1
            if not depth:
                return
        raise UnreadableScript(f"ends before {closes!r}")

    def _braced(self, start: int, *, quoted: bool) -> Piece:
        self._place += 1
        name = _NAME.match(self._text, self._place) or _SPECIAL.match(self._text, self._place)
        if name is None:
            self._place = start + 1
            self._balanced("{", "}")
            return Output(self._text[start : self._place], quoted)
        self._place = name.end()
        whole = next((one for one in ("[@]", "[*]") if self._text.startswith(one, self._place)), "")
        self._place += len(whole)
        form = _FORM.match(self._text, self._place)
        if self._peek() == "}":
            self._place += 1
            return Parameter(name[0], form=whole, quoted=quoted, written=self._text[start : self._place])
        if form is None or whole:
            self._place = start + 1
            self._balanced("{", "}")
            return Output(self._text[start : self._place], quoted)
        self._place = form.end()
        operand = self._operand(quoted=quoted)
        return Parameter(name[0], form[0], operand, quoted, self._text[start : self._place])

    def _operand(self, *, quoted: bool) -> Word:
        self._deeper()
        pieces = self._operand_pieces(quoted=quoted)
        self._depth -= 1
        return _joined(pieces)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnreadableScript("is nested too deeply")

    def _operand_pieces(self, *, quoted: bool) -> list[Piece]:
        pieces: list[Piece] = []
        while (char := self._peek()) and char != "}":
            if char == '"':
                pieces += self._double_quoted()
            elif char == "'" and not quoted:
                pieces.append(Text(self._through("'"), quoted=True))
            elif char == "\\":
                pieces += self._escaped()
            elif char in "$`":
                pieces += self._dollar(quoted=quoted)
            else:
                self._place += 1
                pieces.append(Text(char, quoted))
        if not char:
            raise UnreadableScript("ends before '}'")
        self._place += 1
        return pieces


def _ends_word(char: str) -> bool:
    return char in " \t\r\n;&|<>()"


def _joined(pieces: list[Piece]) -> Word:
    """Neighbouring characters of one kind as one text."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, Text) and isinstance(last, Text) and piece.quoted is last.quoted:
            joined[-1] = Text(last.text + piece.text, piece.quoted)
        else:
            joined.append(piece)
    return tuple(joined)
