"""A command line that a page shows and no program takes is found, without running it."""

from __future__ import annotations

import pytest

from tests import command_words


@pytest.mark.parametrize(
    "line",
    [
        "pytest --image vllm/vllm-openai:v0.8.5.post1 --dry-run -k classification",
        "script/qualify --pick newest --image 'vllm/vllm-openai:>=v0.8.5' --max-tries 3",
        "vllm-qualify run --target local --image vllm/vllm-openai:v0.8.5.post1",
        "kubectl logs --previous POD | vllm-qualify diagnose",
        "kubectl describe pod POD > events; vllm-qualify diagnose --events events --exit-code 137 vllm.log",
        "script/test -e unit  # the quick part",
        "python -m lab up",
        "cd examples && uv pip compile vllm.in",
    ],
)
def test_what_the_programs_take_is_fine(line: str) -> None:
    """Ours by their parsers, those of others by their names; what stands behind a redirection is a file."""
    assert command_words.problems(line) == ""


@pytest.mark.parametrize(
    "line",
    [
        "pytest --imaeg vllm/vllm-openai:v0.8.5.post1",
        "pytest --target elsewhere",
        "script/qualify --streams many",
        "vllm-qualify run --no-such-option",
        "vllm-qualify diagnoze vllm.log",
        "vllm-qualify diagnose --exit vllm.log --bogus",
        "kubectl logs POD | vllm-qualify diagnose --format yaml",
        "script/test -e no-such-part",
        "python -m no_such_module",
        "vllm-qualfy report",
    ],
)
def test_what_no_program_takes_is_told(line: str) -> None:
    """Options, values, commands, parts and programs that there are not."""
    assert command_words.problems(line) != ""


def test_words_that_stand_for_any_value_get_one() -> None:
    """What a sentence writes in capitals or as dots is no value that a parser would take."""
    assert command_words.placed("pytest --max-downtime SECONDS --image ...") == "pytest --max-downtime 1 --image 1"
    assert command_words.placed("vllm-qualify plan [RUN] --file FILE...") == "vllm-qualify plan 1 --file 1"
