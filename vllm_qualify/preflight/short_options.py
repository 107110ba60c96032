"""Options of one letter as vLLM's parser and argparse read them: ``-O3``, ``-O 3`` and ``-qawq``. Pure."""

from __future__ import annotations

import re

from vllm_qualify.arguments.command_line import Group
from vllm_qualify.arguments.parser_report import ParserFacts

_ATTACHED = re.compile(r"(?P<flag>-[A-Za-z])(?P<value>[^.].*)", re.DOTALL)
_LEVELS = frozenset("0123")
_OPTIMIZATION = "--optimization-level"


def spelt_out(group: Group, parser: ParserFacts) -> Group:
    """The option with its value apart, as the parser finds it; unchanged where it is none of one letter.

    Since 0.12.0 ``-O3`` and ``-O 3`` are rewritten to ``--optimization-level 3`` before argparse sees them
    (vllm/utils/argparse_utils.py); before, ``-O`` was short for ``--compilation-config``.
    """
    if parser.find(group.flag) is not None:
        return group
    attached = _ATTACHED.fullmatch(group.flag)
    flag, first = (attached["flag"], (attached["value"],)) if attached else (group.flag, ())
    values = (*first, *group.values)
    if flag == "-O" and parser.find(flag) is None:
        known = parser.find(_OPTIMIZATION) is not None and (attached or set(values[:1]) <= _LEVELS)
        return Group(flag=_OPTIMIZATION, values=values) if known else group
    return Group(flag=flag, values=values) if attached and parser.find(flag) is not None else group
