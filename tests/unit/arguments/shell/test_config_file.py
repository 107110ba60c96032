from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.shell import config_file
from vllm_qualify.arguments.shell.config_file import BadConfigFile, Content
from vllm_qualify.arguments.shell.environment import Words


def found(path: str) -> Content | str:
    """A container with one file."""
    return Content(text="port: 1", where="the map") if path == "/etc/vllm.yaml" else "it is in the image"


def test_keys_are_options_as_vllm_reads_them() -> None:
    """A switch that is on has no value, one that is off is left out, a list is several words, a mapping is JSON."""
    text = (
        "model: a/b\nmax-model-len: 8192\nenforce-eager: true\nenable-lora: false\nlora: [x, y]\nc: {d: 1}\nn: null\n"
    )

    words = [group.argv for group in config_file.options(text)]

    assert words == [
        ("--model", "a/b"),
        ("--max-model-len", "8192"),
        ("--enforce-eager",),
        ("--lora", "x", "y"),
        ("--c", '{"d": 1}'),
        ("--n", "None"),
    ]


@pytest.mark.parametrize("text", ["- a", "just a text", "a: [", "a: 2026-13-45", "{" * 2000])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    """In one sentence, whatever YAML makes of it."""
    with pytest.raises(BadConfigFile, match=r"is not YAML|is not a mapping"):
        config_file.options(text)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--config", "/etc/vllm.yaml"), ""),
        (("--port", "1", "--config=/etc/vllm.yaml"), ""),
        (("--config", "/opt/vllm.yaml"), "it is in the image"),
        (("--config", "$(X)"), "its path is not known: $(X) (a Secret)"),
    ],
)
def test_the_file_of_the_command_line_is_read(words: tuple[str, ...], problem: str) -> None:
    """Where it is at hand; otherwise it says why it is not."""
    read = config_file.of(Words(words=words, unknowns={"$(X)": "a Secret"}), found)

    assert read is not None
    assert read.problem == problem
    assert [str(group) for group in read.groups] == ([] if problem else ["--port 1"])
    assert {group.origin for group in read.groups} <= {"the map"}


def test_no_file_is_named() -> None:
    """Most command lines name none, and one without its path is the parser's to refuse."""
    assert config_file.of(Words(words=("--port", "1")), found) is None
    assert config_file.of(Words(words=("--config",)), found) is None


@given(st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True), st.text("ab1 /:{}", min_size=1)))
def test_values_come_through_as_they_are(options: dict[str, str]) -> None:
    """Text with blanks or colons stays one value."""
    read = config_file.options(yaml.safe_dump(options))

    assert {group.flag.removeprefix("--"): group.values for group in read} == {k: (v,) for k, v in options.items()}
    assert all(command_line.canonical(group.flag) == group.flag for group in read)
