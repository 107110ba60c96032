"""Everything that a release says when something is wrong, as rows of the catalogue's file of messages."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from catalogue_maker import message_rows, statements, templates
from catalogue_maker.statements import Statement
from catalogue_maker.subjects import Subjects
from vllm_qualify.catalogue import messages
from vllm_qualify.catalogue.messages import Message
from vllm_qualify.diagnosis import secondary_errors

_LEFT_OUT = re.compile(r"vllm/(?:benchmarks|third_party|vllm_flash_attn)/")
# The texts with which a process passes on that another one died; they would win over what that one said.
_PASSED_ON = re.compile(
    r"hit an exception|encountered a fatal error|failed to start|initialization failed|died unexpectedly"
    r"|is dead|has died|see (?:the )?(?:root cause|stack ?trace|above)|Error executing method|Unexpected exception",
    re.IGNORECASE,
)
_WRAPPING = frozenset({"EngineDeadError", "EngineGenerateError", "AsyncEngineDeadError", "MQEngineDeadError"})
_GUARDS = 3
_SUBJECTS = 5


class Extraction:
    """Reads packages; what it read of a file it knows again in the next release, where most files are the same."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Statement, ...]] = {}

    def rows(self, root: Path, package: str, subjects: Subjects) -> frozenset[str]:
        """The rows of a release, without the releases in which they stand.

        Args:
            root: the folder that holds the package.
            package: such as ``vllm``.
            subjects: the release's tables of arguments.
        """
        found: set[str] = set()
        for file in sorted(root.joinpath(package).rglob("*.py")):
            name = file.relative_to(root).as_posix()
            if not _LEFT_OUT.match(name):
                found.update(_rows(name, self._statements(file.read_bytes()), subjects))
        return frozenset(found)

    def _statements(self, content: bytes) -> tuple[Statement, ...]:
        digest = hashlib.sha256(content).digest()
        if digest not in self._known:
            self._known[digest] = _parsed(content.decode("utf-8", "replace"))
        return self._known[digest]


def _parsed(text: str) -> tuple[Statement, ...]:
    try:
        return tuple(statements.statements(ast.parse(text), text))
    except SyntaxError:
        # Written for a newer Python than the maker's, or a template of a source.
        return ()


def _rows(name: str, found: tuple[Statement, ...], subjects: Subjects) -> Iterator[str]:
    for statement in found:
        message = _message(name, statement, subjects)
        # What is only logged has no frame to be found by.
        if not _passes_on(statement) and (message.parts or message.kind not in {messages.LOG, messages.PARSER}):
            yield json.dumps(message_rows.to_row(message), ensure_ascii=False, separators=(",", ":"))


def _passes_on(statement: Statement) -> bool:
    said = " ".join(statement.template)
    if statement.kind in _WRAPPING or _PASSED_ON.search(said):
        return True
    return any(symptom.pattern.search(said) for symptom in secondary_errors.SYMPTOMS)


def _message(name: str, statement: Statement, subjects: Subjects) -> Message:
    parts = message_rows.normalised(templates.without_addresses(statement.template))
    known = bool(message_rows.anchor(parts))
    guards = statement.guards[-_GUARDS:]
    about = subjects.of(statement.told, function=statement.function)[:_SUBJECTS]
    hangs = subjects.of((one for guard in reversed(guards) for one in guard.names), function=statement.function)
    # The code of an assert is its condition.
    shown = guards if known or statement.kind != "AssertionError" else guards[:-1]
    return Message(
        file=name,
        function=statement.function,
        kind=statement.kind,
        parts=parts if known else (),
        guards=tuple(guard.text for guard in shown),
        about=tuple(about),
        depends_on=tuple([one for one in hangs if one not in about][:_SUBJECTS]),
        code="" if known else statement.code,
    )
