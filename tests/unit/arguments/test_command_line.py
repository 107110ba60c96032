import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.command_line import Entrypoint, Group
from vllm_qualify.core.records import Certainty

API_SERVER = ("python3", "-m", "vllm.entrypoints.openai.api_server")
words = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from(["--a", "--a=b", "-tp", "2", "-1", "--", "-", "--x=="]))
)


@given(words)
@example(["--served-model-name", "a", "b", "--port=80", "-0.5", "--", "--late"])
def test_the_groups_are_the_command_line_again(line: list[str]) -> None:
    """Nothing is lost, added or moved when a command line is taken apart."""
    assert [word for group in command_line.split(line) for word in group.argv] == line


@given(words)
def test_each_option_begins_a_group(line: list[str]) -> None:
    """Before a bare double dash, a word that is an option is never taken for a value."""
    head = line[: line.index("--")] if "--" in line else line

    groups = command_line.split(head)

    assert [word.partition("=")[0] for word in head if command_line.is_option(word)] == [
        g.flag for g in groups if g.flag
    ]


def test_the_words_of_the_story_fall_into_groups() -> None:
    """Switches stand alone, values stay with their option, however they are joined to it."""
    line = ("Qwen/Qwen3-8B-AWQ", "--enforce-eager", "--gpu-memory-utilization=0.90", "-tp", "2", "--seed", "-1")

    assert command_line.split(line) == (
        Group(values=("Qwen/Qwen3-8B-AWQ",)),
        Group(flag="--enforce-eager"),
        Group(flag="--gpu-memory-utilization", values=("0.90",), joined=True),
        Group(flag="-tp", values=("2",)),
        Group(flag="--seed", values=("-1",)),
    )


@pytest.mark.parametrize(
    ("option", "read_as"),
    [
        ("--max_model_len", "--max-model-len"),
        ("--speculative_config.model_name", "--speculative-config"),
        ("-tp", "-tp"),
        ("", ""),
    ],
)
def test_options_have_one_spelling(option: str, read_as: str) -> None:
    """Underscores count as dashes, and a dotted key belongs to the option before its dot."""
    assert command_line.canonical(option) == read_as


def test_secrets_are_found_in_every_spelling() -> None:
    """Keys are known whether they follow their option or are joined to it."""
    assert command_line.secrets(("--api-key", "one", "two", "--hf_token=three", "--model", "m")) == {
        "one",
        "two",
        "three",
    }


@pytest.mark.parametrize(
    ("release", "entrypoint", "certainty"),
    [
        ("0.5.5", Entrypoint.API_SERVER, Certainty.CERTAIN),
        ("0.8.5.post1", Entrypoint.API_SERVER, Certainty.CERTAIN),
        ("0.10.2", Entrypoint.API_SERVER, Certainty.CERTAIN),
        ("0.11.0", Entrypoint.API_SERVER, Certainty.POSSIBLE),
        ("0.11.2", Entrypoint.API_SERVER, Certainty.POSSIBLE),
        ("0.12.0", Entrypoint.SERVE, Certainty.CERTAIN),
        ("0.33.0", Entrypoint.SERVE, Certainty.CERTAIN),
    ],
)
def test_the_release_tells_the_entrypoint(release: str, entrypoint: Entrypoint, certainty: Certainty) -> None:
    """Images changed their entrypoint in a release that is known up to 0.11, and there it is said to be a guess."""
    known = command_line.entrypoint_of(Version(release))

    assert (known.entrypoint, known.certainty) == (entrypoint, certainty)


def test_a_tag_without_a_release_is_a_guess() -> None:
    """The image behind ``latest`` is recent, which is all that is known of it."""
    assert command_line.entrypoint_of(None).certainty is Certainty.POSSIBLE


@pytest.mark.parametrize(
    ("command", "entrypoint"),
    [
        (("vllm", "serve"), Entrypoint.SERVE),
        (("/usr/local/bin/vllm", "serve"), Entrypoint.SERVE),
        (("env", "vllm", "serve"), Entrypoint.SERVE),
        (API_SERVER, Entrypoint.API_SERVER),
        (("/usr/bin/python3.12", "-u", *API_SERVER[1:]), Entrypoint.API_SERVER),
        (("env", "VLLM_USE_V1=0", *API_SERVER), Entrypoint.API_SERVER),
    ],
)
def test_the_command_of_a_manifest_outranks_the_release(command: tuple[str, ...], entrypoint: Entrypoint) -> None:
    """What the manifest executes is certain, and only the words behind it are arguments."""
    known = command_line.command_line(Version("0.11.0"), command=command, args=("--model", "m", "-u"))

    assert (known.entrypoint, known.argv, known.certainty) == (entrypoint, ("--model", "m", "-u"), Certainty.CERTAIN)


def test_arguments_alone_go_to_the_entrypoint_of_the_image() -> None:
    """Without a command the arguments are handed to what the image starts."""
    known = command_line.command_line(Version("0.12.0"), args=("m", "--enforce-eager"))

    assert (known.entrypoint, known.argv) == (Entrypoint.SERVE, ("m", "--enforce-eager"))


@pytest.mark.parametrize(
    "command", [("vllm",), ("sleep", "infinity"), ("python3", "app.py"), ("env", "A=b"), ("vllm", "bench")]
)
def test_another_program_is_refused(command: tuple[str, ...]) -> None:
    """A command that starts no server is named, and so is what was expected."""
    with pytest.raises(command_line.UnknownCommand, match=r"vllm serve .* or `python3 -m"):
        command_line.entrypoint_of(Version("0.12.0"), command)
