"""Options of one letter, as vLLM's parser reads them."""

from __future__ import annotations

import pytest
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.preflight import short_options


@pytest.mark.parametrize(
    ("release", "words", "flag", "values"),
    [
        ("0.20.2", "-O3", "--optimization-level", ("3",)),
        ("0.20.2", "-O 3", "--optimization-level", ("3",)),
        ("0.10.2", "-O3", "-O", ("3",)),
        ("0.10.2", "-O 3", "-O", ("3",)),
        ("0.20.2", "-qawq", "-q", ("awq",)),
        ("0.20.2", "-tp 2", "-tp", ("2",)),
        ("0.20.2", "-tp2", "-tp2", ()),
        ("0.20.2", "-cc.mode=3", "-cc.mode", ("3",)),
        ("0.20.2", "-O eager", "-O", ("eager",)),
        ("0.20.2", "--port 1", "--port", ("1",)),
    ],
)
def test_a_letter_and_its_value(release: str, words: str, flag: str, values: tuple[str, ...]) -> None:
    """A value may follow one letter without a blank; two letters, as ``-tp2``, argparse does not take apart."""
    known = catalogue.find(Version(release))
    (group,) = command_line.split(words.split())

    assert known is not None
    found = short_options.spelt_out(group, known.parser(Entrypoint.SERVE))
    assert (found.flag, found.values) == (flag, values)
