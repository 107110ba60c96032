from __future__ import annotations

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.arguments.shell import script
from vllm_qualify.arguments.shell.environment import ShellVariables, Words, unknown_in
from vllm_qualify.arguments.shell.tokens import UnreadableScript

ENV = ShellVariables(
    values={"MODEL": "Qwen/Qwen3-8B-AWQ", "EXTRA": "--enforce-eager --port 8000", "JSON": '{"a": 1}', "EMPTY": ""},
    unknown={"LEN": "key len of the ConfigMap c"},
)


def read(text: str, *arguments: str) -> Words:
    """What a script starts."""
    return script.read(text, ENV, arguments)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vllm serve x --port 8000", "vllm serve x --port 8000"),
        ("exec vllm serve x", "vllm serve x"),
        ("exec -a server vllm serve x", "vllm serve x"),
        ("VLLM_USE_V1=0 vllm serve x", "vllm serve x"),
        ("vllm serve $MODEL ${EXTRA}", "vllm serve Qwen/Qwen3-8B-AWQ --enforce-eager --port 8000"),
        ("vllm serve x \\\n  --port 8000\n", "vllm serve x --port 8000"),
        ("vllm serve x --overrides '{\"a\": 1}'", "vllm serve x --overrides '{\"a\": 1}'"),
        ('vllm serve x --overrides "{\\"a\\": 1}"', "vllm serve x --overrides '{\"a\": 1}'"),
        ('vllm serve x --overrides "$JSON"', "vllm serve x --overrides '{\"a\": 1}'"),
        ("vllm serve x --overrides $JSON", "vllm serve x --overrides '{\"a\":' '1}'"),
        ("vllm serve x $EMPTY --port '1'", "vllm serve x --port 1"),
        ('vllm serve x "$EMPTY"', "vllm serve x ''"),
        ("vllm serve a#b # a comment", "vllm serve a#b"),
        ("vllm serve ${UNSET:-x} --max-num-seqs=${N-4}", "vllm serve x --max-num-seqs=4"),
        ("vllm serve ${EMPTY:-x} y${EMPTY-z}", "vllm serve x y"),
        ("vllm serve ${UNSET:-\"a b\"} ${UNSET:-'c d' e}${UNSET-f}", "vllm serve 'a b' 'c d' ef"),
        ("vllm serve x ${MODEL:+--tokenizer $MODEL}", "vllm serve x --tokenizer Qwen/Qwen3-8B-AWQ"),
        ("vllm serve x ${UNSET:+--tokenizer y}", "vllm serve x"),
        ("vllm serve x > log 2>&1 &\nwait", "vllm serve x"),
        ("vllm serve x 2>&1 | tee /var/log/vllm.log", "vllm serve x"),
        ("set -euo pipefail; cd /srv && pip install -q x && vllm serve x", "vllm serve x"),
        ("sleep 1; uv run --no-sync vllm serve x", "uv run --no-sync vllm serve x"),
        ("source /opt/venv/bin/activate\nvllm serve $MODEL", "vllm serve Qwen/Qwen3-8B-AWQ"),
        ('M=a/b\nexport N=2\nvllm serve $M -tp "$N"', "vllm serve a/b -tp 2"),
        ('A=(--port 8000)\nA+=(--dtype half)\nvllm serve x "${A[@]}"', "vllm serve x --port 8000 --dtype half"),
        ('set -- vllm serve x; exec "$@"', "vllm serve x"),
        ("cat > /tmp/x <<'EOF'\nvllm serve y; $(\nEOF\nvllm serve x", "vllm serve x"),
        ("if [ -d /m ]; then ls /m; fi\nvllm serve x", "vllm serve x"),
        ("echo start &&\nvllm serve x", "vllm serve x"),
        ("bash -c 'exec vllm serve $MODEL'", "vllm serve Qwen/Qwen3-8B-AWQ"),
        ("while true; do vllm serve x; sleep 1; done", "vllm serve x"),
        ("case $A in a|b) echo x;; *) exit 1 ;; esac; vllm serve x", "vllm serve x"),
        ("case $A in (a) vllm serve x; esac", "vllm serve x"),
        ("case $A in\n  a) case $B in c) ls;; esac;;\n  b)\n    exit 1\n    ;;\nesac\nvllm serve x", "vllm serve x"),
        ("ray start --head --port 6379 && python3 -m vllm.entrypoints.openai.api_server --model x",
         "python3 -m vllm.entrypoints.openai.api_server --model x"),
    ],
)  # fmt: skip
def test_the_command_that_starts_vllm_is_found(text: str, words: str) -> None:
    """Words, quotes and variables are read as a shell reads them, whatever stands around the command."""
    found = read(text)

    assert found.words == tuple(shlex.split(words))
    assert not any(unknown_in(word, found.unknowns) for word in found.words)


def test_arguments_of_the_shell_are_those_of_its_script() -> None:
    """``sh -c SCRIPT NAME ARGUMENTS`` gives them to ``$@``, as start scripts in Compose files have it."""
    words = ("/bin/bash", "-c", 'exec vllm serve x "$@" --served-model-name $1', "--", "--port", "8000")

    inner = script.script_of(words)

    assert inner == (words[2], ("--port", "8000"))
    assert read(*inner[:1], *inner[1]).words == (
        *("vllm", "serve", "x", "--port", "8000"),
        *("--served-model-name", "--port"),
    )


@pytest.mark.parametrize(
    ("text", "word", "source"),
    [
        ("vllm serve x --max-model-len $LEN", "${LEN}", "key len of the ConfigMap c"),
        ("vllm serve x --max-model-len ${LEN:-8192}", "${LEN}", "key len of the ConfigMap c"),
        ("vllm serve x --max-model-len $(LEN)", "$(LEN)", "key len of the ConfigMap c"),
        ("vllm serve x -tp $(nvidia-smi -L | wc -l)", "$(nvidia-smi...", "only a run can tell"),
        ("vllm serve x -tp `nproc`", "`nproc`", "only a run can tell"),
        ("vllm serve x --port $((8000 + 1))", "$((8000...", "only a run can tell"),
        ("vllm serve x --max-num-seqs ${MODEL%%/*}", "${MODEL%%/*}", "only a run can tell"),
        ("vllm serve x --port $PORT", "${PORT}", "nothing that preflight can read sets it"),
        ("N=1\nif [ -n x ]; then N=2; fi\nvllm serve x -tp $N", "${N}", "the script sets it under a condition"),
        ('[ -n "$A" ] && N=2\nvllm serve x -tp $N', "${N}", "the script sets it under a condition"),
        ("N=1 || N=2; vllm serve x -tp $N", "${N}", "the script sets it under a condition"),
        (". /etc/vllm.env; vllm serve x -tp $N", "${N}", "the file /etc/vllm.env that the script reads"),
        ("read N; vllm serve x -tp $N", "${N}", "the script sets it under a condition"),
        ("N=$(nproc --all)\nvllm serve x -tp $N", "$(nproc...", "only a run can tell"),
    ],
)
def test_what_is_not_known_stays_in_the_words_with_its_source(text: str, word: str, source: str) -> None:
    """No value is made up: neither the default of a variable that is set elsewhere, nor one of two branches."""
    found = read(text)

    assert found.words[-1] == word
    assert found.unknowns[word] == source


def test_a_list_that_grows_under_a_condition_is_known_in_part() -> None:
    """What is always there stays readable; the rest is a word that may be any option."""
    found = read('A=(--port 1)\nif [ -n "$X" ]; then A+=(--dtype half); fi\nvllm serve x "${A[@]}"')

    assert found.words == ("vllm", "serve", "x", "--port", "1", "${A[@]}")
    assert "${A[@]}" in found.unknowns


@pytest.mark.parametrize(
    "text",
    [
        "if a; then vllm serve m --port 1 --dtype half; else vllm serve m --enforce-eager --port 1; fi",
        "vllm serve m --dtype half --port 1 || vllm serve m --port 1",
        "case $A in a) vllm serve m --port 1 ;; *) vllm serve m --port 1 --dtype half;; esac",
    ],
)
def test_of_several_ways_only_what_they_have_in_common_is_known(text: str) -> None:
    """The rest may be there or not, and that is said."""
    found = read(text)

    assert found.words == ("vllm", "serve", "m", "--port", "1")
    assert found.gaps == ("the script starts vLLM in 2 ways, which differ",)


def test_what_a_branch_sets_is_not_known() -> None:
    """In a case as well as behind an if."""
    found = read("N=1; case $A in a) N=2;; esac; vllm serve m -tp $N")

    assert found.unknowns[found.words[-1]] == "the script sets it under a condition"


def test_what_the_script_hands_to_the_server_is_told() -> None:
    """An exported variable and one in front of the command are the server's; the shell's own are not."""
    found = read("A=1; export VLLM_USE_V1=0; VLLM_LOGGING_LEVEL=DEBUG vllm serve x")

    assert found.variables == {"VLLM_USE_V1": "0", "VLLM_LOGGING_LEVEL": "DEBUG"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vllm serve x || python3 -m vllm.entrypoints.openai.api_server", "starts vLLM by different programs"),
        ("/start.sh; wait", "does not start a recognisable vLLM server"),
        ("select x in a b; do vllm serve $x; done", "has a 'select'"),
        ("serve() { vllm serve x; }; serve", "defines a function"),
        ("eval vllm serve x", "uses 'eval'"),
        ("vllm serve 'x", "has an unclosed quote"),
        ('vllm serve "x', "has an unclosed quote"),
        ("vllm serve ${X:-y", "ends before"),
        ("vllm serve $(cat x", "ends before"),
        ("vllm serve <(cat x)", "reads a command's output as a file"),
        ("cat <<EOF\nvllm serve x", "ends before 'EOF'"),
        ("", "does not start a recognisable vLLM server"),
        ("A=(" * 100, "is nested too deeply"),
        ("vllm serve " + "${A:-" * 100, "is nested too deeply"),
    ],
)
def test_a_script_beyond_that_is_refused_with_its_reason(text: str, said: str) -> None:
    """A guess at what a script does would be worse than none."""
    with pytest.raises(UnreadableScript) as caught:
        read(text)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ("sh", "-c", "s"),
        ("/bin/bash", "-lc", "s"),
        ("bash", "-e", "-o", "pipefail", "-c", "s"),
        ("bash", "-c", "-e", "s"),
        ("tini", "--", "bash", "-c", "s"),
        ("/usr/bin/env", "bash", "-c", "s"),
    ],
)
def test_the_script_of_a_shell_is_found(words: tuple[str, ...]) -> None:
    """Whatever options the shell has, and whatever starts it."""
    assert script.script_of(words) == ("s", ())


@pytest.mark.parametrize("words", [(), ("bash",), ("bash", "/start.sh"), ("sh", "-c"), ("vllm", "-c", "s")])
def test_no_script_is_found_where_none_is(words: tuple[str, ...]) -> None:
    """A file is not read, and other programs have options of the same name."""
    assert script.script_of(words) is None


@given(st.lists(st.text(alphabet="ab -_={}\"':,/0$`\\\n#*~", min_size=1), min_size=1))
def test_a_quoted_command_line_comes_back_word_by_word(words: list[str]) -> None:
    """Quoting for a shell and reading the script are each other's inverse."""
    assert read(shlex.join(["vllm", "serve", *words])).words == ("vllm", "serve", *words)


@given(st.text(alphabet="ab =$(){}'\"`\\\n#;&|<>:-+?@*[]!", max_size=60))
def test_no_script_is_a_surprise(text: str) -> None:
    """Every text is either read or refused in words."""
    with contextlib.suppress(UnreadableScript):
        assert read(f"vllm serve {text}").words[:2]


@given(st.text(alphabet="ab:/-.", min_size=1), st.sampled_from(["$X", "${X}", "${X:-d}", '"$X"', "$(X)"]))
def test_an_unknown_value_is_never_lost(around: str, reference: str) -> None:
    """Wherever it stands in a word, and through however many variables it goes, it is still known to be unknown."""
    env = ShellVariables(unknown={"X": "a Secret"})

    found = script.read(f"A=a{reference}{around}\nB=$A\nvllm serve m --x=$B --y={around}{reference}", env)

    assert all(unknown_in(word, found.unknowns) for word in found.words[3:])
    assert len(found.words) == 5
