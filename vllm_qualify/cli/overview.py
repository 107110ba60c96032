"""What ``vllm-qualify --help`` shows: the commands by what they are for. Made without argparse, which loads slowly."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.cli import terminal
from vllm_qualify.cli.commands import SUBJECTS

_INDENT = 15
_LINES = """\
usage: vllm-qualify COMMAND [options]

Qualifies vLLM images against your own manifests, as `pytest --image` does.
"""
_REST = """
options:
  -h, --help     show this help and exit
  --version      show the version and exit

examples:
  vllm-qualify doctor
  vllm-qualify preflight vllm/vllm-openai:v0.19.1 --gpu "RTX 3060" --driver 570.195.03
  vllm-qualify help preflight

exit codes:
    0  yes: it qualifies, should work, is back, or was done
    1  no: it does not, is worse, or has expired
    4  a mistake in what was given; one line for each on standard error
   10  nobody can tell
   20  production is not back
  130  interrupted by Ctrl-C

`vllm-qualify help COMMAND` shows options, examples and exit codes of a command.
"""


def text() -> str:
    """The whole page, as wide as the terminal."""
    return "\n".join([_LINES, *_subjects(), _REST.removeprefix("\n")])


def _subjects() -> Iterator[str]:
    for subject, rows in SUBJECTS.items():
        yield f"{subject}:"
        for name, sentence in rows.items():
            first, *more = _wrapped(sentence, max(20, terminal.width() - _INDENT))
            yield f"  {name:<{_INDENT - 2}}{first}"
            yield from (f"{'':<{_INDENT}}{line}" for line in more)
        yield ""


def _wrapped(sentence: str, width: int) -> list[str]:
    """The sentence in lines; ``textwrap`` would take longer to load than all the rest."""
    lines = [""]
    for word in sentence.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
