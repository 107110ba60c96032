from __future__ import annotations

import pytest

from vllm_qualify.arguments.shell.config_file import Content
from vllm_qualify.arguments.shell.environment import ShellVariables
from vllm_qualify.kube import commandline

ENV = ShellVariables(
    values={"MODEL": "Qwen/Qwen3-8B-AWQ", "EXTRA": "--enforce-eager --port 8000"},
    unknown={"LEN": "key len of the ConfigMap c"},
)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("--model=$(MODEL)", "--model=Qwen/Qwen3-8B-AWQ"),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$(MODEL)", "$(MODEL)"),
        ("$$$(MODEL)", "$Qwen/Qwen3-8B-AWQ"),
        ("$MODEL", "$MODEL"),
        ("$(MODEL", "$(MODEL"),
    ],
)
def test_variables_are_replaced_as_the_kubelet_does(text: str, expanded: str) -> None:
    """An unknown name stays as it is, two dollars are one, and the shell's spelling means nothing here."""
    assert commandline.expand(text, ENV) == expanded


def test_without_a_shell_the_words_are_taken_as_they_are() -> None:
    """Blanks and quotes inside a word are nobody's business."""
    found = commandline.resolve((), ("--model", "a b", "--hf-overrides", '{"x": "$(MODEL)"}'), ENV)

    assert found.words == ("--model", "a b", "--hf-overrides", '{"x": "Qwen/Qwen3-8B-AWQ"}')


@pytest.mark.parametrize(
    ("word", "unknowns"),
    [
        ("--max-model-len=$(LEN)", {"$(LEN)": "key len of the ConfigMap c"}),
        ("$(NOBODY)", {}),
        ("$$(LEN)", {}),
        ("$(DB_SERVICE_HOST)", {"$(DB_SERVICE_HOST)": "a Service of the cluster"}),
    ],
)
def test_what_is_not_known_is_told_from_what_nobody_sets(word: str, unknowns: dict[str, str]) -> None:
    """What nothing sets reaches the container as it is written; what comes from elsewhere has a value there."""
    assert commandline.resolve((), (word,), ENV).unknowns == unknowns


def test_where_all_variables_of_a_map_may_be_set_any_name_may() -> None:
    """A map whose keys all become variables gives names that the manifest does not tell."""
    env = ShellVariables(rest="the ConfigMap c, which is not available")

    assert commandline.resolve((), ("$(TP)",), env).unknowns == {"$(TP)": "the ConfigMap c, which is not available"}


@pytest.mark.parametrize("written", ["${LEN}", "$LEN"])
def test_a_placeholder_that_kubernetes_leaves_alone_is_no_value(written: str) -> None:
    """It is either filled in before the manifest is applied, or a mistake; nobody can tell from the file."""
    found = commandline.resolve((), ("--a=" + written, "--b", written, '{"c": "$d"}', "US$5"), ShellVariables())
    told = commandline.resolve((), ("--b", written), ShellVariables(), given={"LEN": "4"})

    assert list(found.unknowns) == [written]
    assert found.unknowns[written].startswith("a template placeholder, as for envsubst")
    assert (told.words, told.unknowns) == (("--b", "4"), {})


@pytest.mark.parametrize("command", [("/bin/sh", "/s/start.sh"), ("bash", "-e", "/s/start.sh"), ("/s/start.sh",)])
def test_a_script_that_is_mounted_is_read(command: tuple[str, ...]) -> None:
    """By a shell or by its own path, with the arguments that it gets; where it is not at hand its words stay."""
    text = '#!/bin/sh\nexec vllm serve "$MODEL" "$@"\n'

    def files(path: str) -> Content | str:
        return Content(text=text, where="the map") if path == "/s/start.sh" else "it is in the image"

    found = commandline.resolve(command, ("--port", "1"), ENV, files=files)

    assert found.words == ("vllm", "serve", "Qwen/Qwen3-8B-AWQ", "--port", "1")
    assert commandline.resolve(command, (), ENV).words == command


@pytest.mark.parametrize("shell", [("sh", "-c"), ("/bin/bash", "-lc"), ("bash", "-e", "-c")])
def test_kubernetes_replaces_before_the_shell_reads(shell: tuple[str, ...]) -> None:
    """A script in command or in args is read with what the kubelet has put into it, and the unknown stays unknown."""
    script = "vllm serve $(MODEL) --max-model-len $(LEN)"

    in_command, in_args = commandline.resolve((*shell, script), (), ENV), commandline.resolve(shell, (script,), ENV)

    assert in_command == in_args
    assert in_command.words == ("vllm", "serve", "Qwen/Qwen3-8B-AWQ", "--max-model-len", "$(LEN)")
    assert in_command.unknowns == {"$(LEN)": "key len of the ConfigMap c"}
