"""Which command of a shell's script starts vLLM, and with which words. Nothing is run. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.shell import engines, expansion, lexer
from vllm_qualify.arguments.shell.config_file import Files
from vllm_qualify.arguments.shell.environment import ShellVariables, Words
from vllm_qualify.arguments.shell.expansion import ShellScope
from vllm_qualify.arguments.shell.simple_commands import plain, simple_commands
from vllm_qualify.arguments.shell.tokens import Array, Text, Token, UnreadableScript, Word

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SCRIPT_OPTION = re.compile(r"-[a-z]*c[a-z]*")
_WITH_VALUE = frozenset({"+o", "-o", "--init-file", "--rcfile"})
_OPENS = frozenset({"case", "if", "until", "while"})
_CLOSES = frozenset({"done", "esac", "fi"})
_PASSED_OVER = frozenset({"!", "do", "elif", "else", "then", "time", "{", "}"})
_DECLARES = frozenset({"declare", "export", "local", "readonly", "typeset"})
_TESTS = frozenset({"[", "[[", "command", "grep", "test", "which"})
_UNDER_CONDITION = "the script sets it under a condition"
_DEEPEST = 5
SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh"})
"""Programs that read such scripts."""


def script_of(words: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """The script of ``sh -c SCRIPT NAME ARGUMENTS...`` and its arguments; ``None`` where no script is started so."""
    names = [word.rpartition("/")[2] for word in words]
    if names and names[0] in command_line.STARTERS:
        place = next((place for place, name in enumerate(names) if name in SHELLS), 0)
        words, names = words[place:], names[place:]
    if not names or names[0] not in SHELLS:
        return None
    rest = list(words[1:])
    while rest and rest[0].startswith(("-", "+")) and not _SCRIPT_OPTION.fullmatch(rest[0]):
        del rest[: 2 if rest[0] in _WITH_VALUE else 1]
    if len(rest) < len(("-c", "script")) or not _SCRIPT_OPTION.fullmatch(rest[0]):
        return None
    # What stands behind -c may be further options, as in `sh -c -e SCRIPT`.
    del rest[0]
    while len(rest) > 1 and rest[0].startswith("-"):
        del rest[: 2 if rest[0] in _WITH_VALUE else 1]
    return (rest[0], tuple(rest[2:])) if rest else None


def resolved(words: Sequence[str], env: ShellVariables, files: Files) -> Words | None:
    """What a shell starts that some words start; ``None`` where they start none, or a file that is not at hand.

    Args:
        words: as they are executed.
        env: the variables of the container.
        files: finds the file of ``sh FILE``.

    Raises:
        UnreadableScript: the script stands in the words, and cannot be read.
    """
    inner = script_of(words)
    if inner is not None:
        return read(inner[0], env, inner[1])
    named = _file_of(words)
    content = files(named[0]) if named else ""
    if named is None or isinstance(content, str):
        return None
    try:
        found = read(content.text, env, named[1])
    except UnreadableScript:
        # Then it is as good as not at hand.
        return None
    return found if command_line.starts_server(found.words) else None


def _file_of(words: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """The script that is started as a file, by a shell or by its own path, and its arguments."""
    rest = list(words)
    if rest and rest[0].rpartition("/")[2] in SHELLS:
        del rest[0]
        while rest and rest[0].startswith(("-", "+")):
            del rest[: 2 if rest[0] in _WITH_VALUE else 1]
    elif not rest or not rest[0].startswith("/"):
        return None
    return (rest[0], tuple(rest[1:])) if rest else None


def read(script: str, env: ShellVariables, arguments: Sequence[str] = (), *, depth: int = 0) -> Words:
    """Find the words with which a script starts vLLM; where it is one command only, that one's, whatever it is.

    Args:
        script: as the shell gets it.
        env: the variables that the shell is started with.
        arguments: its ``$1``, ``$2``...
        depth: how many shells stand around this one.

    Raises:
        UnreadableScript: it starts none, or has what is not read here.
    """
    if depth > _DEEPEST:
        raise UnreadableScript("starts nested shells")
    reader = _Reader(scope=ShellScope(env=env, positional=list(arguments), unknowns=dict(env.spellings)), depth=depth)
    reader.read(lexer.tokens(script))
    servers = list(dict.fromkeys(reader.servers))
    commands = servers or list(dict.fromkeys(reader.commands))
    if not servers and len(commands) != 1:
        raise UnreadableScript("does not start a recognisable vLLM server")
    gaps = (f"the script starts vLLM in {len(servers)} ways, which differ",) if len(servers) > 1 else ()
    return Words(words=_common(commands), unknowns=dict(reader.scope.unknowns), variables=dict(reader.given), gaps=gaps)


def commands(script: str, env: ShellVariables, arguments: Sequence[str] = ()) -> tuple[Words, ...]:
    """Every program that a script starts, each once, in the order in which it does; ``gaps`` are not told.

    Args:
        script: as the shell gets it.
        env: the variables that the shell is started with.
        arguments: its ``$1``, ``$2``...

    Raises:
        UnreadableScript: it has what is not read here.
    """
    reader = _Reader(scope=ShellScope(env=env, positional=list(arguments), unknowns=dict(env.spellings)), depth=0)
    reader.read(lexer.tokens(script))
    unknowns = dict(reader.scope.unknowns)
    return tuple(Words(words=words, unknowns=unknowns) for words in dict.fromkeys(reader.commands))


def _common(commands: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What several ways to start have in common, in the order of the first: the program, and options of one value.

    Raises:
        UnreadableScript: they start different programs.
    """
    first, *others = commands
    if not others:
        return first
    programs, lines = zip(*map(command_line.taken_apart, commands), strict=True)
    if len(set(programs)) > 1:
        raise UnreadableScript("starts vLLM by different programs")
    shared = [
        group for group in command_line.split(lines[0]) if all(group in command_line.split(line) for line in lines[1:])
    ]
    return (*programs[0], *(word for group in shared for word in group.argv))


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Goes through a script as the shell would, one simple command after the other."""

    scope: ShellScope
    depth: int
    servers: list[tuple[str, ...]] = field(default_factory=list)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    _blocks: int = 0
    _conditional: bool = False
    _last: tuple[str, ...] = ()

    def read(self, tokens: Sequence[Token]) -> None:
        for before, command, behind in simple_commands(tokens):
            tested = bool(self._last) and (self._last[0] in _TESTS or self._last[-1] in {"]", "]]"})
            piped = "|" in {before, behind}
            self._conditional = before == "||" or (before == "&&" and tested) or piped
            self._command(list(command))

    def _command(self, command: list[Word | Array]) -> None:
        while command and (word := plain(command[0])) and word in _PASSED_OVER | _OPENS | _CLOSES:
            self._blocks += (word in _OPENS) - (word in _CLOSES)
            del command[0]
        word = plain(command[0]) if command else ""
        if word in {"function", "select"}:
            raise UnreadableScript(f"has a {word!r}")
        if word == "for":
            self._blocks += 1
            self._assign(plain(command[1]) if len(command) > 1 else "", "", unsure=True)
            return
        assignments = 0
        while assignments < len(command) and _is_assignment(command[assignments]):
            assignments += 1
        words = [each for one in command[assignments:] if isinstance(one, tuple) for each in self._fields(one)]
        before = dict(self.scope.values)
        for one in command[:assignments]:
            self._set(one)
        if words:
            own = {name: value for name, value in self.scope.values.items() if before.get(name) != value}
            self.scope.values = before
            self._run(words, command[assignments:], own)

    def _fields(self, word: Word) -> list[str]:
        return expansion.fields(word, self.scope)

    def _set(self, one: Word | Array, *, exported: bool = False) -> None:
        if isinstance(one, Array):
            words = [each for word in one.words for each in self._fields(word)]
            if self._unsure:
                # What was there stays; what comes to it under a condition is not known.
                words = [self.scope.unknown(f"${{{one.name}[@]}}", _UNDER_CONDITION)]
            kept = self.scope.arrays.get(one.name, []) if one.append or self._unsure else []
            self.scope.arrays[one.name] = [*kept, *(word for word in words if word not in kept or not self._unsure)]
            return
        first = one[0]
        match = _ASSIGNMENT.match(first.text) if isinstance(first, Text) else None
        if match is None or not isinstance(first, Text):
            return
        value = expansion.text((Text(first.text[match.end() :], first.quoted), *one[1:]), self.scope)
        if match[2]:
            value = (self.scope.value(match[1]) or "") + value
        self._assign(match[1], value)
        if exported:
            self.scope.exported[match[1]] = self.scope.values[match[1]]

    @property
    def _unsure(self) -> bool:
        return self._conditional or self._blocks > 0

    def _assign(self, name: str, value: str, *, unsure: bool = False) -> None:
        if unsure or self._unsure:
            value = self.scope.unknown(f"${{{name}}}", _UNDER_CONDITION)
        self.scope.values[name] = value

    def _run(self, words: list[str], written: Sequence[Word | Array], own: dict[str, str]) -> None:
        """One command: some of the shell's own change what later ones get, one starts vLLM."""
        self._last = tuple(words)
        program = words[0]
        if program == "eval":
            raise UnreadableScript("uses 'eval'")
        if program in _DECLARES:
            self._declare(written[1:], exported=program == "export" or "-x" in words)
        elif program == "set":
            self._set_arguments(words[1:])
        elif program == "shift":
            self._set_arguments(["--", *self.scope.positional[_count(words[1:]) :]])
        elif program in {"read", "unset"}:
            for name in filter(_NAME.fullmatch, words[1:]):
                self._assign(name, "", unsure=True)
        elif program in {".", "source"}:
            self._source(words[1:])
        else:
            self._program(tuple(words), own)

    def _declare(self, written: Sequence[Word | Array], *, exported: bool) -> None:
        for one in written:
            if _is_assignment(one):
                self._set(one, exported=exported)
            elif exported and (name := plain(one) if isinstance(one, tuple) else "") in self.scope.values:
                self.scope.exported[name] = self.scope.values[name]

    def _set_arguments(self, words: Sequence[str]) -> None:
        if "--" in words:
            self.scope.positional = list(words[words.index("--") + 1 :])
            if self._unsure:
                self.scope.positional = [self.scope.unknown("$@", _UNDER_CONDITION)]

    def _source(self, words: Sequence[str]) -> None:
        """A virtual environment changes only where programs are found; any other file may set what it likes."""
        if words and words[0].rpartition("/")[2] != "activate":
            rest = f"the file {words[0]} that the script reads"
            self.scope.env = replace(self.scope.env, rest=rest)

    def _program(self, words: tuple[str, ...], own: dict[str, str]) -> None:
        if words[0] == "exec":
            words = words[3:] if words[1:2] == ("-a",) else words[1:]
            if not words:
                return
        if engines.engine_words(words):
            # What stands in them is the container's, not this shell's.
            self.commands.append(words)
            return
        inner = script_of(words)
        if inner is not None and not command_line.starts_server(words):
            scope = self.scope
            env = replace(scope.env, values={**scope.env.values, **scope.values, **own})
            found = read(inner[0], env, inner[1], depth=self.depth + 1)
            scope.unknowns.update(found.unknowns)
            words, own = found.words, {**own, **found.variables}
        self.commands.append(words)
        if command_line.starts_server(words):
            self.servers.append(words)
            self.given = {**self.scope.exported, **own}


def _count(words: Sequence[str]) -> int:
    return int(words[0]) if words and words[0].isdecimal() and words[0].isascii() else 1


def _is_assignment(one: Word | Array) -> bool:
    if isinstance(one, Array):
        return True
    first = one[0] if one else None
    return isinstance(first, Text) and not first.quoted and _ASSIGNMENT.match(first.text) is not None
