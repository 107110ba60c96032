from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import commandline

ENV = {"MODEL": "Qwen/Qwen3-8B-AWQ", "EXTRA": "--enforce-eager --port 8000", "JSON": '{"a": 1}'}


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
    words = commandline.resolve((), ("--model", "a b", "--hf-overrides", '{"x": "$(MODEL)"}'), ENV)

    assert words == ("--model", "a b", "--hf-overrides", '{"x": "Qwen/Qwen3-8B-AWQ"}')


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("vllm serve Qwen/Qwen3-8B-AWQ --port 8000", "vllm serve Qwen/Qwen3-8B-AWQ --port 8000"),
        ("exec vllm serve x", "vllm serve x"),
        ("VLLM_USE_V1=0 vllm serve x", "vllm serve x"),
        ("vllm serve $MODEL ${EXTRA}", "vllm serve Qwen/Qwen3-8B-AWQ --enforce-eager --port 8000"),
        ("vllm serve $(MODEL)", "vllm serve Qwen/Qwen3-8B-AWQ"),
        ("vllm serve x \\\n  --port 8000\n", "vllm serve x --port 8000"),
        ("vllm serve x --overrides '{\"a\": 1}'", "vllm serve x --overrides '{\"a\": 1}'"),
        ("vllm serve a#b", "vllm serve a#b"),
    ],
)
@pytest.mark.parametrize("shell", [("sh", "-c"), ("/bin/bash", "-lc"), ("bash", "-e", "-c")])
def test_a_shell_with_one_simple_command_is_read(shell: tuple[str, ...], script: str, words: str) -> None:
    """What a shell would execute is what is compared, whether the script is in command or in args."""
    assert commandline.resolve((*shell, script), (), ENV) == tuple(shlex.split(words))
    assert commandline.resolve(shell, (script,), ENV) == tuple(shlex.split(words))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("vllm serve x; sleep 1", "uses ';'"),
        ("pip install x && vllm serve x", "uses '&&'"),
        ("vllm serve x | tee log", "uses '|'"),
        ("vllm serve x > log", "uses '>'"),
        ("cd /x\nvllm serve x", "runs several lines"),
        ("vllm serve `cat model`", "runs a command"),
        ("vllm serve $(cat model)", "runs a command"),
        ("vllm serve 'x", "cannot be split"),
        ("vllm serve $TOKEN", "the variable TOKEN, whose value the manifest does not give"),
        ("vllm serve --overrides $JSON", "special to a shell"),
    ],
)
def test_a_script_beyond_that_is_refused_with_its_reason(script: str, said: str) -> None:
    """A guess at what a script does would be worse than none."""
    with pytest.raises(commandline.ShellScript) as caught:
        commandline.resolve(("sh", "-c", script), (), ENV)

    assert said in str(caught.value)


@given(st.lists(st.text(alphabet="ab -_={}\"':,/0", min_size=1), min_size=1))
def test_a_quoted_command_line_comes_back_word_by_word(words: list[str]) -> None:
    """Quoting for a shell and reading the script are each other's inverse."""
    script = shlex.join(["vllm", *words])

    assert commandline.resolve(("sh", "-c", script), (), {}) == ("vllm", *words)
