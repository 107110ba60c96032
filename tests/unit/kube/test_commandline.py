from __future__ import annotations

import pytest

from vllm_qualify.kube import commandline
from vllm_qualify.shell.environment import Environment

ENV = Environment(
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
    env = Environment(rest="the ConfigMap c, which is not at hand")

    assert commandline.resolve((), ("$(TP)",), env).unknowns == {"$(TP)": "the ConfigMap c, which is not at hand"}


@pytest.mark.parametrize("shell", [("sh", "-c"), ("/bin/bash", "-lc"), ("bash", "-e", "-c")])
def test_kubernetes_replaces_before_the_shell_reads(shell: tuple[str, ...]) -> None:
    """A script in command or in args is read with what the kubelet has put into it, and the unknown stays unknown."""
    script = "vllm serve $(MODEL) --max-model-len $(LEN)"

    in_command, in_args = commandline.resolve((*shell, script), (), ENV), commandline.resolve(shell, (script,), ENV)

    assert in_command == in_args
    assert in_command.words == ("vllm", "serve", "Qwen/Qwen3-8B-AWQ", "--max-model-len", "$(LEN)")
    assert in_command.unknowns == {"$(LEN)": "key len of the ConfigMap c"}
